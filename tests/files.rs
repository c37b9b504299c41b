//! Files as people have them, damaged, edited and misencoded: one case a folder in `fixtures/files/`, and beside it
//! what `latscope inspect` says of it. `LATSCOPE_ACCEPT=1` writes the latter anew; read the difference before you
//! commit it.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{latscope, root};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    about: String,
    /// How many invocations all files of the case hold together.
    invocations: u64,
    inspect: String,
}

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir(root().join("fixtures/files"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    cases
}

fn run(args: &[&str], folder: &Path) -> (String, String) {
    let output = latscope()
        .args(args)
        .arg(folder.strip_prefix(root()).unwrap())
        .current_dir(root())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[test]
fn every_case_is_read_as_it_should_be() {
    let cases = cases();
    assert!(cases.len() > 35, "the cases were not found");
    for folder in cases {
        let path = folder.with_extension("toml");
        let text = fs::read_to_string(&path).unwrap();
        let case: Case = toml::from_str(&text).unwrap();
        let (inspected, error) = run(&["inspect"], &folder);
        assert_eq!(error, "", "{}", case.about);
        if std::env::var_os("LATSCOPE_ACCEPT").is_some() && inspected != case.inspect {
            let (head, _) = text.split_once("inspect = ").unwrap();
            fs::write(&path, format!("{head}inspect = '''\n{inspected}'''\n")).unwrap();
        } else {
            assert_eq!(inspected, case.inspect, "{}: {}", path.display(), case.about);
        }
        let (summary, _) = run(&["summary", "--format", "json", "--input"], &folder);
        let summary: serde_json::Value = serde_json::from_str(&summary).unwrap_or_default();
        let invocations = summary["ledger"]["invocations"].as_u64().unwrap_or(0);
        assert_eq!(
            invocations,
            case.invocations,
            "{}: {}",
            path.display(),
            case.about
        );
    }
}

#[test]
fn explained_rejections_are_listed_with_their_places_and_counted() {
    let (_, error) = run(
        &["summary", "--explain-rejected", "--input"],
        &root().join("fixtures/files/look-alikes"),
    );
    let file = "fixtures/files/look-alikes/logs.txt";
    for line in [
        format!("rejected {file}:1: REPORT without Billed Duration"),
        format!("rejected {file}:2: REPORT of another platform"),
        "2 rejected: REPORT of another platform".to_owned(),
    ] {
        assert!(error.lines().any(|found| found == line), "{line}\n{error}");
    }
}

#[test]
fn lines_that_look_like_a_report_s_change_nothing_about_it() {
    for case in [
        "fields-of-an-application",
        "fields-of-an-application-in-time",
        "retry-lost-report",
    ] {
        let folder = root().join("fixtures/files").join(case);
        let (summary, _) = run(
            &["summary", "--format", "json", "--by", "start,status", "--input"],
            &folder,
        );
        let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
        let groups = summary["groups"].as_array().unwrap();
        let found: Vec<_> = groups
            .iter()
            .map(|group| (&group["start"], &group["status"]))
            .collect();
        assert_eq!(found, [(&"warm".into(), &"success".into())], "{case}");
    }
}
