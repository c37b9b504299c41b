//! `latscope fetch` as a user runs it, against moto, which plays CloudWatch Logs: everything is fetched, once each.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use common::fetching::{self, assert_once_each, events, now, puts, reports, said};
use common::peers::{Logs, Server};
use common::{Folder, latscope};

/// One moto for all tests of this file; each has groups of its own.
fn moto() -> &'static Server {
    static MOTO: OnceLock<Server> = OnceLock::new();
    MOTO.get_or_init(Server::moto)
}

fn logs() -> Logs<'static> {
    moto().logs("eu-west-1")
}

/// A `fetch` of moto into a folder.
fn fetch(folder: &Folder, args: &str) -> Command {
    fetching::fetch(folder, &moto().url(), args)
}

/// Runs a command that must succeed, and gives its standard error.
#[track_caller]
fn done(command: &mut Command) -> String {
    said(command, 0)
}

#[test]
fn fifty_thousand_events_in_many_streams_come_once_each_and_are_not_fetched_twice() {
    let group = "/aws/lambda/pages";
    let from = now() - 3_000_000;
    logs().group(group);
    for stream in 0..25 {
        let events = reports(2000, from + stream, 1400);
        logs().stream(group, &format!("2026/11/20/[7]{stream:032x}"), &puts(&events));
    }
    let folder = Folder::new();
    // Few slices, so that most have several pages.
    let said = done(&mut fetch(
        &folder,
        &format!("--log-group {group} --since 1h --rate 1000"),
    ));
    assert!(said.contains("50,000 events"), "{said}");
    assert!(said.contains("The window is complete."), "{said}");
    assert_once_each(&folder, 50_000);
    let again = done(&mut fetch(
        &folder,
        &format!("--log-group {group} --since 1h --rate 1000"),
    ));
    assert!(again.contains("The window is complete."), "{again}");
    assert_once_each(&folder, 50_000);
}

#[test]
fn the_window_is_kept_to_the_millisecond() {
    let group = "/aws/lambda/bounds";
    let base = now() / 1000 * 1000 - 1_800_000;
    let messages: Vec<(i64, String)> = [-1, 0, 1, 998, 999, 1000]
        .iter()
        .map(|offset| (base + offset, format!("END RequestId: {offset}")))
        .collect();
    logs()
        .group(group)
        .stream(group, "2026/11/20/[1]b", &puts(&messages));
    let folder = Folder::new();
    let shown = |millis: i64| latscope::vocab::Timestamp::from_epoch_millis(millis).to_string();
    done(&mut fetch(
        &folder,
        &format!(
            "--log-group {group} --since {} --until {}",
            shown(base),
            shown(base + 999)
        ),
    ));
    let mut kept: Vec<String> = events(&folder).into_values().flatten().collect();
    kept.sort();
    assert_eq!(
        kept,
        ["END RequestId: 0", "END RequestId: 1", "END RequestId: 998"]
    );
    // One more millisecond is one more call, and one more event.
    let said = done(&mut fetch(
        &folder,
        &format!(
            "-vv --log-group {group} --since {} --until {}",
            shown(base),
            shown(base + 1000)
        ),
    ));
    assert_eq!(said.matches(" events in ").count(), 1, "{said}");
    assert_once_each(&folder, 4);
}

#[test]
fn prefixes_and_regions_choose_groups() {
    let from = now() - 600_000;
    for region in ["us-east-1", "eu-central-1"] {
        for group in ["/prod/a", "/prod/b", "/stage/a"] {
            let events = reports(3, from, 10);
            moto().logs(region).group(group).stream(
                group,
                &format!("2026/11/20/[1]{region}"),
                &puts(&events),
            );
        }
    }
    let folder = Folder::new();
    done(&mut fetch(
        &folder,
        "--log-group-prefix /prod/ --region us-east-1,eu-central-1 --since 1h",
    ));
    let groups: Vec<String> = events(&folder).into_keys().map(|(group, _)| group).collect();
    let expected = [
        "arn:aws:logs:eu-central-1:123456789012:log-group:/prod/a",
        "arn:aws:logs:eu-central-1:123456789012:log-group:/prod/b",
        "arn:aws:logs:us-east-1:123456789012:log-group:/prod/a",
        "arn:aws:logs:us-east-1:123456789012:log-group:/prod/b",
    ];
    assert_eq!(groups, expected.map(|group| [group; 3]).concat());
}

#[test]
fn streams_are_chosen_by_prefix_and_a_wider_fetch_gets_the_rest() {
    let group = "/aws/lambda/streams";
    let from = now() - 600_000;
    logs().group(group);
    for stream in ["2026/11/20/[1]a", "2026/11/21/[1]a"] {
        logs().stream(group, stream, &puts(&reports(5, from, 10)));
    }
    let folder = Folder::new();
    // moto ignores the prefix, and sends the other stream too.
    done(&mut fetch(
        &folder,
        &format!("--log-group {group} --stream-prefix 2026/11/20/ --since 1h"),
    ));
    assert_once_each(&folder, 5);
    done(&mut fetch(&folder, &format!("--log-group {group} --since 1h")));
    assert_once_each(&folder, 10);
}

/// The log of a function that logs its prompts.
fn indiscreet(from: i64) -> Vec<(i64, String)> {
    let id = "79b5e81f-9cdd-4145-b1f6-7c50ef8a2a36";
    let lines = [
        format!("START RequestId: {id} Version: 7\n"),
        "{\"level\":\"INFO\",\"message\":\"prompt: PLANTED SECRET\"}".to_owned(),
        "PLANTED SECRET in a line of text".to_owned(),
        format!(
            "2026-11-20T10:00:00.000Z\t{id}\tINFO\t{{\"requestId\":\"{id}\",\"modelId\":\"amazon.nova-lite-v1:0\",\
             \"inference_ms\":812.4,\"prompt\":\"PLANTED SECRET\",\"answer\":{{\"text\":\"PLANTED SECRET\"}}}}\n"
        ),
        "RequestId: 00000000-0000-4000-8000-000000000001 Error: PLANTED SECRET\nRuntime.Unknown".to_owned(),
        format!("REPORT RequestId: {id} PLANTED SECRET"),
        format!("END RequestId: {id}\n"),
        format!(
            "REPORT RequestId: {id}\tDuration: 900.25 ms\tBilled Duration: 901 ms\tMemory Size: 512 MB\t\
             Max Memory Used: 90 MB\t\n"
        ),
    ];
    (from..).zip(lines).collect()
}

#[test]
fn no_prompt_reaches_the_disk() {
    let group = "/aws/lambda/indiscreet";
    logs()
        .group(group)
        .stream(group, "2026/11/20/[7]c", &puts(&indiscreet(now() - 600_000)));
    for (more, kept) in [("", 6), (" --all-events", 8)] {
        let folder = Folder::new();
        let said = done(&mut fetch(
            &folder,
            &format!("-vv --log-group {group} --since 1h{more}"),
        ));
        assert!(!said.contains("PLANTED"), "{said}");
        let events = events(&folder);
        assert_eq!(events.len(), kept);
        assert!(
            !events
                .values()
                .flatten()
                .any(|message| message.contains("PLANTED"))
        );
        let mut files = 0;
        for_every_file(&folder.path().join(".latscope"), &mut |path| {
            files += 1;
            let bytes = fs::read(path).unwrap();
            assert!(
                !bytes.windows(7).any(|bytes| bytes == b"PLANTED"),
                "{}",
                path.display()
            );
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o077, 0);
            }
        });
        assert!(files >= 4);
        // What was kept says what the whole log said.
        let summary = latscope()
            .args(["summary", "--by", "model"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let summary = String::from_utf8(summary.stdout).unwrap();
        assert!(
            summary.contains("nova-lite") && summary.contains("812"),
            "{summary}"
        );
        assert!(summary.contains("1 rejected"), "{summary}");
    }
}

/// Access log records of an HTTP API about the invocations of [`reports`], with what may be somebody's address.
fn access_log(count: usize, from: i64) -> Vec<(i64, String)> {
    let record = |n: usize| {
        let at = from + i64::try_from(n).unwrap() * 10;
        let line = format!(
            "{{\"requestId\":\"r{n}=\",\"ip\":\"PLANTED\",\"requestTimeEpoch\":\"{at}\",\"routeKey\":\"POST /PLANTED\",\
             \"status\":\"200\",\"responseLatency\":\"{}\",\"integrationLatency\":\"{}\",\
             \"integrationRequestId\":\"{n:08x}-0000-4000-8000-000000000000\",\"userAgent\":\"PLANTED agent\"}}",
            n % 900 + 9,
            n % 900 + 4
        );
        (at, line)
    };
    (0..count).map(record).collect()
}

#[test]
fn an_access_log_is_fetched_beside_the_log_of_its_function_and_joins() {
    let [function, gateway] = ["/aws/lambda/joined", "/aws/apigateway/joined"];
    let from = now() - 600_000;
    logs()
        .group(function)
        .stream(function, "2026/11/20/[7]h", &puts(&reports(20, from, 10)));
    let mut lines = access_log(20, from);
    // One of a request that reached no function.
    lines.push((
        from + 500,
        "{\"requestId\":\"refused=\",\"routeKey\":\"-\",\"status\":\"429\",\"integrationRequestId\":\"-\"}"
            .to_owned(),
    ));
    logs().group(gateway).stream(gateway, "api/prod", &puts(&lines));
    let args = format!("--log-group {function} --log-group {gateway} --since 1h");
    let folder = Folder::new();
    let plan = fetch(&folder, &format!("{args} --dry-run")).output().unwrap();
    let plan = String::from_utf8(plan.stdout).unwrap();
    for filter in [
        "Filter of groups in /aws/lambda/: ?",
        "Filter of other groups, pass 1: ?",
        "Filter of other groups, pass 2: ?",
    ] {
        assert!(plan.contains(filter), "{plan}");
    }
    done(&mut fetch(&folder, &args));
    assert_once_each(&folder, 41);
    let kept: Vec<String> = events(&folder).into_values().flatten().collect();
    assert!(
        !kept.iter().any(|message| message.contains("PLANTED")),
        "{kept:?}"
    );
    let summary = latscope()
        .args(["summary", "--by", "", "--format", "json"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let json: serde_json::Value = serde_json::from_slice(&summary.stdout).unwrap();
    let ledger = &json["ledger"];
    for (bin, count) in [
        ("report_records", 20),
        ("gateway_records", 21),
        ("gateway_joined", 20),
        ("rejected", 0),
        ("ignored", 0),
    ] {
        assert_eq!(ledger[bin], count, "{ledger}");
    }
    // Nothing is asked for again.
    let again = done(&mut fetch(&folder, &format!("-vv {args} --until 5m")));
    assert_eq!(again.matches(" events in ").count(), 0, "{again}");
}

fn for_every_file(folder: &Path, take: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => for_every_file(&path, take),
            false => take(&path),
        }
    }
}

#[test]
fn a_fetch_that_is_killed_goes_on_where_it_was() {
    let group = "/aws/lambda/killed";
    let from = now() - 3_000_000;
    logs()
        .group(group)
        .stream(group, "2026/11/20/[7]d", &puts(&reports(3000, from, 900)));
    let folder = Folder::new();
    // About one slice a tenth of a second.
    let args = format!("-vv --log-group {group} --since 1h --rate 10");
    let mut killed = fetch(&folder, &args)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(killed.stderr.take().unwrap()).lines();
    let calls = lines
        .map_while(Result::ok)
        .filter(|line| line.contains(" events in "));
    assert_eq!(calls.take(4).count(), 4);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let manifest = fs::read_to_string(folder.path().join(".latscope/manifest.ndjson")).unwrap();
    let done_before = manifest.matches("{\"segment\":").count();
    assert!((2..=5).contains(&done_before), "{manifest}");
    // A report on half a fetch would mislead.
    let early = latscope()
        .arg("summary")
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(early.status.code(), Some(4));
    let said = done(&mut fetch(&folder, &args));
    let calls = said.matches(" events in ").count();
    let whole = done(&mut fetch(&Folder::new(), &args))
        .matches(" events in ")
        .count();
    assert!(calls + 2 <= whole, "{calls} of {whole}");
    assert_once_each(&folder, 3000);
}

#[test]
fn following_brings_what_comes_and_what_came_late() {
    let group = "/aws/lambda/followed";
    let stream = "2026/11/20/[7]e";
    logs()
        .group(group)
        .stream(group, stream, &[(now() - 60_000, "END RequestId: early")]);
    let folder = Folder::new();
    let mut follower = fetch(&folder, &format!("--log-group {group} --since 10m --follow"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = BufReader::new(follower.stderr.take().unwrap());
    let mut lines = stderr.lines().map_while(Result::ok);
    let mut wait_for = |text: &str| assert!(lines.any(|line| line.contains(text)), "no line with {text}");
    wait_for(": 1 new event, 1 in the window");
    // Its time lies before what was fetched.
    logs().stream(
        group,
        "2026/11/20/[7]late",
        &[(now() - 30_000, "END RequestId: late")],
    );
    logs().put(group, stream, &[(now(), "END RequestId: new")]);
    wait_for(" new events, 3 in the window");
    // As a terminal does it.
    let interrupted = Command::new("kill")
        .args(["-INT", &follower.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupted.success());
    assert_eq!(follower.wait().unwrap().code(), Some(0));
    assert_once_each(&folder, 3);
}

#[test]
fn an_export_to_s3_reads_like_a_fetch() {
    let group = "/aws/lambda/exported";
    let from = now() - 600_000;
    logs()
        .group(group)
        .stream(group, "2026/11/20/[7]f", &puts(&reports(40, from, 1000)));
    let python = common::peers::venv().join("bin/python");
    let folder = Folder::new();
    let script = format!(
        "import boto3, os, sys\n\
         make = lambda name: boto3.client(name, region_name='eu-west-1', endpoint_url='{}',\n\
         \x20   aws_access_key_id='test', aws_secret_access_key='test')\n\
         s3, logs = make('s3'), make('logs')\n\
         s3.create_bucket(Bucket='exports', CreateBucketConfiguration={{'LocationConstraint': 'eu-west-1'}})\n\
         logs.create_export_task(logGroupName='{group}', fromTime={from}, to={}, destination='exports',\n\
         \x20   destinationPrefix='out')\n\
         for entry in s3.list_objects_v2(Bucket='exports')['Contents']:\n\
         \x20   path = os.path.join('saved', entry['Key'])\n\
         \x20   os.makedirs(os.path.dirname(path), exist_ok=True)\n\
         \x20   s3.download_file('exports', entry['Key'], path)\n",
        moto().url(),
        from + 600_000
    );
    done(
        Command::new(python)
            .arg("-c")
            .arg(script)
            .current_dir(folder.path()),
    );
    done(&mut fetch(&folder, &format!("--log-group {group} --since 1h")));
    let counts = |args: &[&str]| {
        let output = latscope()
            .args(["summary", "--by", "", "--format", "json"])
            .args(args)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        json["groups"].clone()
    };
    let fetched = counts(&[]);
    assert_eq!(fetched[0]["invocations"], 40);
    assert_eq!(fetched, counts(&["--input", "saved"]));
}

#[test]
fn two_fetches_at_once_take_turns() {
    let group = "/aws/lambda/turns";
    let from = now() - 3_000_000;
    logs()
        .group(group)
        .stream(group, "2026/11/20/[7]g", &puts(&reports(300, from, 9000)));
    let folder = Folder::new();
    let args = format!("--log-group {group} --since 1h --rate 10");
    let mut both: Vec<_> = (0..2)
        .map(|_| {
            let mut command = fetch(&folder, &args);
            command.stdout(Stdio::null()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    let said: Vec<String> = both
        .drain(..)
        .map(|child| {
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(0));
            String::from_utf8(output.stderr).unwrap()
        })
        .collect();
    let waited = said
        .iter()
        .filter(|said| said.contains("another fetch uses the store"))
        .count();
    assert_eq!(waited, 1, "{said:?}");
    assert_once_each(&folder, 300);
}
