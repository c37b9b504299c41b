//! Runs of `latscope fetch`, and what they leave in the store.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::SystemTime;

use latscope::source::store::Store;
use latscope::source::{Item, read_file};
use latscope::vocab::Timestamp;

use super::peers::Put;
use super::{Folder, latscope};

/// Milliseconds since the epoch.
pub fn now() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

/// The beginning of the minute so many minutes ago.
pub fn minutes_ago(minutes: i64) -> i64 {
    (now() / 60_000 - minutes) * 60_000
}

/// `--since` and `--until` of a window in milliseconds since the epoch.
pub fn window(from: i64, to: i64) -> String {
    let shown = |millis: i64| Timestamp::from_epoch_millis(millis).to_string();
    format!("--since {} --until {}", shown(from), shown(to))
}

/// A `fetch` into a folder.
pub fn fetch(folder: &Folder, url: &str, args: &str) -> Command {
    let mut command = latscope();
    super::aws_environment(&mut command);
    command
        .arg("fetch")
        .args(args.split(' ').filter(|arg| !arg.is_empty()))
        .args(["--endpoint-url", url])
        .current_dir(folder.path());
    command
}

/// Runs a command that must end with this code, and gives its standard error.
#[track_caller]
pub fn said(command: &mut Command, code: i32) -> String {
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    stderr
}

/// The messages of the events of a store, as often as they are there, by group and id.
pub type Events = BTreeMap<(String, String), Vec<String>>;

/// Every event of the store in a folder, which must be sound. None where there is no store yet.
#[track_caller]
pub fn events(folder: &Folder) -> Events {
    let mut events = Events::new();
    let Some(store) = Store::open(&folder.path().join(".latscope")).unwrap() else {
        return events;
    };
    assert!(store.verify().unwrap().is_sound());
    for path in store.segments().iter().filter_map(|segment| store.path(segment)) {
        read_file(&path, &mut |item| {
            if let Item::Event(event) = item {
                let key = (
                    event.log_group.unwrap().into_owned(),
                    event.event_id.unwrap().into_owned(),
                );
                events.entry(key).or_default().push(event.message.into_owned());
            }
        })
        .unwrap();
    }
    events
}

/// Asserts that these many events are there, once each.
#[track_caller]
pub fn assert_once_each(folder: &Folder, count: usize) {
    let events = events(folder);
    assert_eq!(events.len(), count);
    let repeated: Vec<_> = events.iter().filter(|(_, copies)| copies.len() > 1).collect();
    assert_eq!(repeated, []);
}

/// `REPORT` lines in the order of time.
pub fn reports(count: usize, from: i64, step_ms: i64) -> Vec<(i64, String)> {
    let report = |n: usize| {
        let line = format!(
            "REPORT RequestId: {n:08x}-0000-4000-8000-000000000000\tDuration: {}.25 ms\tBilled Duration: {} ms\t\
             Memory Size: 512 MB\tMax Memory Used: 90 MB\t\n",
            n % 900,
            n % 900 + 1
        );
        (from + i64::try_from(n).unwrap() * step_ms, line)
    };
    (0..count).map(report).collect()
}

/// Events as they are put.
pub fn puts(events: &[(i64, String)]) -> Vec<Put<'_>> {
    events
        .iter()
        .map(|(at, message)| (*at, message.as_str()))
        .collect()
}
