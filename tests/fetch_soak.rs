//! `latscope fetch` is killed over and over again, and goes on: in the end the store holds what was logged, once each.
//!
//! `LATSCOPE_SOAK` is how often it is killed, 12 times where it is not set; `LATSCOPE_SOAK_SEED` repeats the moments of
//! a run that failed and printed its seed, as far as the machine goes at the same pace.
//!
//! ```sh
//! LATSCOPE_SOAK=200 cargo test --test fetch_soak -- --nocapture
//! ```

// SIGKILL, and a file that is locked while its process lives.
#![cfg(unix)]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::fetching::{Events, events, fetch, minutes_ago, puts, reports, said, window};
use common::peers::Server;
use common::{Folder, latscope};
use latscope::source::store::Store;
use serde_json::json;

const REGION: &str = "eu-west-1";
const GROUPS: [&str; 3] = ["/soak/a", "/soak/b", "/soak/c"];

/// Events of each group.
const EVENTS: usize = 1500;

/// A window that was long ago, so that all of its slices are settled.
const MINUTES: i64 = 30;

/// A number from the environment.
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// Everything that was logged, under the ids that moto gave.
fn logged(moto: &Server, from: i64) -> Events {
    let logs = moto.logs(REGION);
    let mut all = Events::new();
    for (number, group) in GROUPS.into_iter().enumerate() {
        let number = i64::try_from(number).unwrap();
        logs.group(group);
        for stream in 0..2 {
            let events = reports(EVENTS / 2, from + 300 * number + 7 * stream, 2000);
            logs.stream(group, &format!("2026/11/20/[7]{stream}"), &puts(&events));
        }
        let page = logs.call(
            "FilterLogEvents",
            &json!({"logGroupName": group, "limit": 10_000}),
        );
        assert_eq!(page["nextToken"], json!(null));
        for event in page["events"].as_array().unwrap() {
            let text = |key: &str| event[key].as_str().unwrap().to_owned();
            let group = format!("arn:aws:logs:{REGION}:123456789012:log-group:{group}");
            // A report is kept as it is, but for the end of its line.
            all.entry((group, text("eventId")))
                .or_default()
                .push(text("message").trim_end_matches('\n').to_owned());
        }
    }
    assert_eq!(all.len(), EVENTS * GROUPS.len());
    all
}

/// Where a kill fell.
#[derive(Debug, Default)]
struct Falls {
    /// Nothing of this run was in the store yet.
    before_first_commit: u32,
    /// Some of this run was there.
    in_the_middle: u32,
    /// The run had come to its end by itself.
    after_the_end: u32,
    /// Of all of these, those of a run with `--follow`.
    following: u32,
    /// How often a store was begun.
    stores: u32,
    /// Kills that left files behind that did not count.
    with_leftovers: u32,
}

struct Soak {
    moto: Server,
    from: i64,
    logged: Events,
    folder: Folder,
    random: fastrand::Rng,
    falls: Falls,
}

impl Soak {
    fn args(&self, is_following: bool) -> String {
        let groups = GROUPS.map(|group| format!("--log-group {group}")).join(" ");
        match is_following {
            // It goes on to what is being logged, which is nothing.
            true => {
                let since = window(self.from, self.from);
                let since = since.split(" --until").next().unwrap();
                format!("{groups} {since} --rate 30 --follow")
            }
            false => {
                let window = window(self.from, self.from + MINUTES * 60_000);
                format!("{groups} {window} --rate 30")
            }
        }
    }

    fn start(&self, is_following: bool) -> Child {
        let mut command = fetch(&self.folder, &self.moto.url(), &self.args(is_following));
        let stderr = File::create(self.folder.path().join("stderr")).unwrap();
        command.stdout(Stdio::null()).stderr(stderr).spawn().unwrap()
    }

    /// Kills one run at a random moment, and looks at what it left.
    fn kill_one(&mut self, longest: Duration, is_following: bool) {
        let before = segments(&self.folder);
        let mut child = self.start(is_following);
        sleep(longest.mul_f64(self.random.f64()));
        let ended = child.try_wait().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        self.falls.following += u32::from(is_following);
        if let Some(status) = ended {
            let stderr = fs::read_to_string(self.folder.path().join("stderr")).unwrap();
            assert_eq!(status.code(), Some(0), "{stderr}");
            self.falls.after_the_end += 1;
        } else if segments(&self.folder) == before {
            self.falls.before_first_commit += 1;
        } else {
            self.falls.in_the_middle += 1;
        }
        self.falls.with_leftovers += u32::from(!leftovers(&self.folder).is_empty());
        // What is there is sound at every moment.
        for (key, messages) in &events(&self.folder) {
            assert_eq!(self.logged.get(key), Some(messages));
        }
        if ended.is_some() || self.random.u8(..) < 40 {
            self.begin_anew();
        }
    }

    /// Goes on with an empty store, so that early and late moments are met. What was there is finished first.
    fn begin_anew(&mut self) {
        self.finish();
        self.folder = Folder::new();
        self.falls.stores += 1;
    }

    /// Fetches to the end, and asserts that the store holds what was logged, and nothing else.
    fn finish(&self) {
        let stderr = said(&mut fetch(&self.folder, &self.moto.url(), &self.args(false)), 0);
        assert!(stderr.contains("The window is complete."), "{stderr}");
        let events = events(&self.folder);
        assert_eq!(events.len(), self.logged.len());
        for (key, messages) in &events {
            assert_eq!(self.logged.get(key), Some(messages));
        }
        let verify: &mut Command = &mut latscope();
        said(
            verify.args(["store", "verify"]).current_dir(self.folder.path()),
            0,
        );
        assert_eq!(leftovers(&self.folder), Vec::<String>::new());
    }
}

/// The files of the segments that count.
fn segments(folder: &Folder) -> Vec<String> {
    let store = Store::open(&folder.path().join(".latscope")).unwrap();
    store.map_or(Vec::new(), |store| {
        store
            .segments()
            .iter()
            .map(|segment| segment.file.clone())
            .collect()
    })
}

/// The files of a store that belong to nothing in it.
fn leftovers(folder: &Folder) -> Vec<String> {
    let (store, listed) = (folder.path().join(".latscope"), segments(folder));
    let mut files = Vec::new();
    files_below(&store, "", &mut files);
    files.retain(|file| {
        !listed.contains(file) && !["manifest.ndjson", "lock", ".gitignore"].contains(&file.as_str())
    });
    files
}

fn files_below(folder: &Path, name: &str, files: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap();
        let name = match name {
            "" => file.to_owned(),
            above => format!("{above}/{file}"),
        };
        match path.is_dir() {
            true => files_below(&path, &name, files),
            false => files.push(name),
        }
    }
}

#[test]
fn a_fetch_that_is_killed_at_any_moment_goes_on() {
    let kills = setting("LATSCOPE_SOAK").unwrap_or(12);
    let seed = setting("LATSCOPE_SOAK_SEED").unwrap_or_else(|| fastrand::u64(..));
    // Seen when the test fails, and with --nocapture.
    eprintln!("LATSCOPE_SOAK_SEED={seed}");
    let (moto, from) = (Server::moto(), minutes_ago(120));
    let logged = logged(&moto, from);
    let mut soak = Soak {
        moto,
        from,
        logged,
        folder: Folder::new(),
        random: fastrand::Rng::with_seed(seed),
        falls: Falls::default(),
    };
    // Once before it is measured: the first run of a program is slower.
    soak.begin_anew();
    let begun = Instant::now();
    assert!(soak.start(false).wait().unwrap().success());
    let whole = begun.elapsed();
    soak.begin_anew();
    for kill in 0..kills {
        soak.kill_one(whole, kill % 6 == 4);
    }
    soak.finish();
    eprintln!("a whole run took {whole:?}; {kills} kills: {:?}", soak.falls);
}
