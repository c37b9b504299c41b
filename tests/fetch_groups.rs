//! Which log groups `latscope fetch` reads, against ministack, which knows ARNs and patterns of names. It knows no
//! filter as latscope writes them, so that every event is asked for.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::process::Command;
use std::sync::OnceLock;

use common::Folder;
use common::fetching::{assert_once_each, events, fetch, minutes_ago, puts, reports, said, window};
use common::peers::Server;
use common::wire::{Answer, Wire};
use serde_json::json;

const HERE: &str = "eu-west-1";
const THERE: &str = "us-east-1";

/// Regions, groups and how many events are in them.
const GROUPS: [(&str, &str, usize); 8] = [
    (HERE, "/prod/chat-a", 3),
    (HERE, "/prod/chat-b", 4),
    (HERE, "/stage/chat", 5),
    (HERE, "/prod/Chat-c", 6),
    (HERE, "/both", 7),
    (HERE, "/prod/search", 8),
    (THERE, "/both", 9),
    (THERE, "/there/chat", 10),
];

/// ministack with these groups, and the minute of their events.
fn ministack() -> &'static (Server, i64) {
    static MINISTACK: OnceLock<(Server, i64)> = OnceLock::new();
    MINISTACK.get_or_init(|| {
        let (ministack, from) = (Server::ministack(), minutes_ago(30));
        for (region, group, count) in GROUPS {
            let events = reports(count, from, 1000);
            ministack
                .logs(region)
                .group(group)
                .stream(group, "2026/11/20/[7]a", &puts(&events));
        }
        (ministack, from)
    })
}

/// A `fetch` of the minute into a folder; `AWS_REGION` is eu-west-1.
fn minute(folder: &Folder, args: &str) -> Command {
    let (ministack, from) = ministack();
    let window = window(*from, from + 60_000);
    fetch(
        folder,
        &ministack.url(),
        &format!("{args} {window} --all-events --rate 100"),
    )
}

/// Asserts which groups come, with how many events each.
#[track_caller]
fn assert_fetched(folder: &Folder, expected: &[(&str, &str, usize)]) {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for (group, _) in events(folder).into_keys() {
        match counts.last_mut().filter(|(last, _)| *last == group) {
            Some((_, count)) => *count += 1,
            None => counts.push((group, 1)),
        }
    }
    let mut expected: Vec<(String, usize)> = expected
        .iter()
        .map(|(region, group, count)| (arn(region, group), *count))
        .collect();
    expected.sort();
    assert_eq!(counts, expected);
    assert_once_each(folder, expected.iter().map(|(_, count)| count).sum());
}

fn arn(region: &str, group: &str) -> String {
    format!("arn:aws:logs:{region}:000000000000:log-group:{group}")
}

#[test]
fn a_pattern_finds_every_group_with_the_text_in_its_name() {
    let folder = Folder::new();
    said(&mut minute(&folder, "--log-group-pattern chat"), 0);
    // As AWS does it, and ministack does not, upper and lower case are told apart.
    assert_fetched(
        &folder,
        &[
            (HERE, "/prod/chat-a", 3),
            (HERE, "/prod/chat-b", 4),
            (HERE, "/stage/chat", 5),
        ],
    );
}

#[test]
fn an_arn_names_its_region_whatever_the_environment_and_the_arguments_say() {
    for star in ["", ":*"] {
        for region in ["", " --region eu-west-1", " --region eu-central-1,eu-west-1"] {
            let folder = Folder::new();
            let args = format!("--log-group {}{star}{region}", arn(THERE, "/both"));
            let stderr = said(&mut minute(&folder, &args), 0);
            assert!(!stderr.contains("no log group"), "{stderr}");
            assert_fetched(&folder, &[(THERE, "/both", 9)]);
        }
    }
}

#[test]
fn names_are_not_looked_for_in_the_region_of_an_arn() {
    // By the environment, and by the arguments.
    for region in ["", " --region eu-west-1"] {
        let folder = Folder::new();
        let args = format!(
            "--log-group {} --log-group /both --log-group-pattern chat-a{region}",
            arn(THERE, "/there/chat")
        );
        said(&mut minute(&folder, &args), 0);
        assert_fetched(
            &folder,
            &[
                (HERE, "/both", 7),
                (HERE, "/prod/chat-a", 3),
                (THERE, "/there/chat", 10),
            ],
        );
    }
}

#[test]
fn without_a_configured_region_an_arn_is_enough_and_a_name_is_not() {
    let folder = Folder::new();
    let by_arn = format!("--log-group {}", arn(THERE, "/both"));
    said(minute(&folder, &by_arn).env_remove("AWS_REGION"), 0);
    assert_fetched(&folder, &[(THERE, "/both", 9)]);
    let with_name = format!("{by_arn} --log-group /there/chat");
    let stderr = said(minute(&folder, &with_name).env_remove("AWS_REGION"), 2);
    assert!(stderr.contains("no region: give --region REGION"), "{stderr}");
}

#[test]
fn a_group_that_is_named_in_several_ways_is_fetched_once() {
    let folder = Folder::new();
    let arn = arn(HERE, "/prod/search");
    let args = format!(
        "-vv --log-group /prod/search --log-group /prod/search --log-group {arn} --log-group {arn}:* \
         --log-group-prefix /prod/sea --log-group-pattern search --region {HERE},{HERE}"
    );
    let stderr = said(&mut minute(&folder, &args), 0);
    assert_eq!(stderr.matches(" events in ").count(), 1, "{stderr}");
    assert_fetched(&folder, &[(HERE, "/prod/search", 8)]);
}

#[test]
fn a_region_without_the_group_is_told_and_the_others_are_fetched() {
    let folder = Folder::new();
    let args = format!("--log-group /prod/search --log-group /both --region {HERE},{THERE}");
    let stderr = said(&mut minute(&folder, &args), 0);
    let notice = "no log group /prod/search in us-east-1\n";
    assert!(stderr.contains(notice), "{stderr}");
    assert_eq!(stderr.matches("no log group").count(), 1, "{stderr}");
    assert_fetched(
        &folder,
        &[(HERE, "/both", 7), (THERE, "/both", 9), (HERE, "/prod/search", 8)],
    );
}

#[test]
fn an_unknown_group_is_answered_with_names_that_are_like_it() {
    let folder = Folder::new();
    let stderr = said(&mut minute(&folder, "--log-group /prod/serch"), 4);
    assert!(
        stderr.contains("no log group \"/prod/serch\" in eu-west-1\nlike it: /prod/search"),
        "{stderr}"
    );
    // A part of a name is no name, and neither is one in other letters.
    for name in [
        "/prod/chat",
        "/PROD/SEARCH",
        "both",
        "/stage/chat/",
        "étage",
        "日本",
    ] {
        let stderr = said(&mut minute(&folder, &format!("--log-group {name}")), 4);
        assert!(stderr.contains(&format!("no log group {name:?}")), "{stderr}");
        assert!(stderr.contains("give --region REGION"), "{stderr}");
    }
    assert!(!folder.path().join(".latscope").exists());
}

#[test]
fn what_matches_no_group_is_an_error() {
    let folder = Folder::new();
    for asked in [
        "--log-group-pattern nothing-like-this",
        "--log-group-prefix /nowhere",
    ] {
        let regions = format!("--region {HERE},{THERE}");
        let stderr = said(&mut minute(&folder, &format!("{asked} {regions}")), 4);
        let expected = format!("no log group matches {asked} in {HERE}, {THERE}");
        assert!(stderr.contains(&expected), "{stderr}");
    }
    assert!(!folder.path().join(".latscope").exists());
}

#[test]
fn groups_of_several_pages_are_all_found() {
    // moto, like AWS, tells 50 at a time; it ignores patterns and leaves the choice to whoever asks.
    let (moto, from) = (Server::moto(), minutes_ago(30));
    let logs = moto.logs(HERE);
    for number in 0..60 {
        let group = format!("/many/{number:02}");
        logs.group(&group).stream(
            &group,
            "2026/11/20/[7]a",
            &[(
                from + number,
                "END RequestId: 00000000-0000-4000-8000-000000000000",
            )],
        );
    }
    logs.group("/others/1");
    let folder = Folder::new();
    let window = window(from, from + 60_000);
    let args = format!("--log-group-prefix /many/ {window} --rate 300");
    said(&mut fetch(&folder, &moto.url(), &args), 0);
    assert_once_each(&folder, 60);
}

#[test]
fn a_group_that_a_pattern_finds_is_asked_for_its_class() {
    // Of a pattern AWS documents that the answer holds no class.
    let wire = Wire::start(|call| match call.action.as_str() {
        "DescribeLogGroups" => {
            let mut group = json!({
                "logGroupName": "/rare/chat",
                "arn": format!("{}:*", arn(HERE, "/rare/chat")),
            });
            if call.body.get("logGroupNamePattern").is_none() {
                group["logGroupClass"] = json!("INFREQUENT_ACCESS");
            }
            Answer::ok(json!({"logGroups": [group]}))
        }
        "StartQuery" => Answer::ok(json!({"queryId": "1"})),
        "GetQueryResults" => Answer::ok(json!({"status": "Complete", "results": []})),
        other => panic!("{other}"),
    });
    let folder = Folder::new();
    let window = window(minutes_ago(30), minutes_ago(29));
    let args = format!("--log-group-pattern chat {window}");
    let stderr = said(&mut fetch(&folder, &wire.url, &args), 0);
    assert!(
        stderr.contains("/rare/chat: of the Infrequent Access class"),
        "{stderr}"
    );
    assert_eq!(wire.calls_of("FilterLogEvents").len(), 0);
    assert_eq!(wire.calls_of("StartQuery").len(), 1);
}
