//! The store of fetched events: what it keeps, what a crash leaves of it, and that stores of earlier versions are
//! still read.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use latscope::source::store::{
    Capture, Committed, Damage, Fetch, LogGroup, SegmentState, Store, StoreError, StoredEvent,
};
use latscope::source::{Item, read_file};
use latscope::vocab::{TimeRange, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;

const STREAM: &str = "2026/11/20/[7]f52eb170daaa9785270520ba21658d97";

fn at(millis: i64) -> Timestamp {
    Timestamp::from_epoch_millis(millis)
}

fn range(from: i64, to: i64) -> TimeRange {
    TimeRange::new(at(from), at(to))
}

fn group(name: &str) -> LogGroup {
    LogGroup {
        account: Some("123456789012".to_owned()),
        region: "eu-west-1".to_owned(),
        name: format!("/aws/lambda/{name}"),
    }
}

fn usual() -> Capture {
    Capture {
        patterns: vec!["REPORT".to_owned()],
        reduction: 1,
        ..Capture::default()
    }
}

fn all() -> Capture {
    Capture {
        patterns: Vec::new(),
        all_events: true,
        ..usual()
    }
}

fn event<'a>(id: &'a str, millis: i64, message: &'a str) -> StoredEvent<'a> {
    StoredEvent {
        event_id: Some(id),
        at: at(millis),
        ingested_at: Some(at(millis + 500)),
        log_stream: STREAM,
        message,
    }
}

fn fetch() -> Fetch {
    Fetch {
        window: range(0, 100),
        groups: vec![group("chat")],
        regions: vec!["eu-west-1".to_owned()],
        complete: false,
        capture: usual(),
        incomplete: vec!["stopped".to_owned()],
    }
}

/// A folder for a store that does not yet exist.
fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("work/.latscope");
    (folder, store)
}

fn write(dir: &Path) -> Store {
    Store::open_for_writing(dir, &mut || panic!("somebody holds the lock")).unwrap()
}

fn read(dir: &Path) -> Store {
    Store::open(dir).unwrap().unwrap()
}

/// Commits a segment with an event at each of these times.
fn put(
    store: &mut Store,
    group: &LogGroup,
    range: TimeRange,
    settled: bool,
    capture: &Capture,
    times: &[i64],
) -> Committed {
    let mut segment = store.begin(group, range).unwrap();
    for time in times {
        segment
            .push(&event(&format!("id{time}"), *time, &format!("message {time}\n")))
            .unwrap();
    }
    store
        .commit(segment.finish().unwrap(), state(settled), capture)
        .unwrap()
}

fn state(settled: bool) -> SegmentState {
    if settled {
        SegmentState::Settled
    } else {
        SegmentState::Unsettled
    }
}

fn ranges(store: &Store) -> Vec<(i64, i64)> {
    let millis = |range: TimeRange| (range.from.as_epoch_millis(), range.to.as_epoch_millis());
    store
        .segments()
        .iter()
        .map(|segment| millis(segment.range))
        .collect()
}

/// The files of segments, finished or not.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut folders = vec![dir.join("segments")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files
}

#[test]
fn stored_events_are_read_as_they_were() {
    let (_folder, dir) = place();
    let mut store = write(&dir);
    let chat = group("chat");
    let hostile = "{\"message\":\"inner\",\"timestamp\":1}\n\u{0}\u{2028}\"\\ é";
    let long = "x".repeat(200_000);
    let mut segment = store.begin(&chat, range(0, 100)).unwrap();
    for (id, time, message, is_new) in [
        ("a", 5, "REPORT RequestId: 1\n", true),
        ("a", 5, "REPORT RequestId: 1\n", false),
        ("b", 2, hostile, true),
        ("c", 2, hostile, true),
        ("d", 7, &long, true),
        ("e", 7, "", true),
    ] {
        assert_eq!(segment.push(&event(id, time, message)).unwrap(), is_new, "{id}");
    }
    let row = StoredEvent {
        event_id: None,
        ingested_at: None,
        ..event("", 9, "row \t one\n")
    };
    assert!(segment.push(&row).unwrap());
    assert!(
        !segment
            .push(&StoredEvent {
                message: "row one",
                ..row
            })
            .unwrap()
    );
    assert!(
        segment
            .push(&StoredEvent {
                log_stream: "other",
                ..row
            })
            .unwrap()
    );
    let committed = store
        .commit(segment.finish().unwrap(), SegmentState::Settled, &usual())
        .unwrap();
    assert_eq!((committed.segment.events, committed.segment.duplicates), (7, 2));
    assert_eq!(
        (committed.segment.first, committed.segment.last),
        (Some(at(2)), Some(at(9)))
    );
    drop(store);

    let store = read(&dir);
    let path = store.path(&store.segments()[0]).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), store.segments()[0].bytes);
    let mut found = Vec::new();
    read_file(&path, &mut |item| match item {
        Item::Event(event) => {
            assert_eq!(
                event.log_group.as_deref(),
                Some("arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/chat")
            );
            found.push((
                event.event_id.map(String::from),
                event.at.unwrap().as_epoch_millis(),
                event.log_stream.unwrap().into_owned(),
                event.message.into_owned(),
            ));
        }
        Item::Rejected { place, reason } => panic!("{place:?} {reason}"),
        Item::Member { .. } | Item::Read(_) => {}
    })
    .unwrap();
    let expected = [
        (Some("a"), 5, STREAM, "REPORT RequestId: 1\n"),
        (Some("b"), 2, STREAM, hostile),
        (Some("c"), 2, STREAM, hostile),
        (Some("d"), 7, STREAM, &long),
        (Some("e"), 7, STREAM, ""),
        (None, 9, STREAM, "row \t one\n"),
        (None, 9, "other", "row \t one\n"),
    ]
    .map(|(id, time, stream, text)| (id.map(String::from), time, stream.to_owned(), text.to_owned()));
    assert_eq!(found, expected);
}

#[test]
fn one_event_alone_is_read_whatever_its_message_is() {
    for message in [
        "plain",
        "{\"events\":[{\"message\":\"x\",\"timestamp\":1}]}",
        "[{\"message\":\"x\"}]",
        "a,b,c\n1,2,3",
    ] {
        let (_folder, dir) = place();
        let mut store = write(&dir);
        for id in [Some("1"), None] {
            let mut segment = store.begin(&group("chat"), range(0, 100)).unwrap();
            let one = StoredEvent {
                event_id: id,
                ingested_at: None,
                ..event("", 5, message)
            };
            segment.push(&one).unwrap();
            store
                .commit(segment.finish().unwrap(), SegmentState::Settled, &usual())
                .unwrap();
        }
        assert!(store.verify().unwrap().is_sound(), "{message}");
        let mut found = Vec::new();
        for path in store.segments().iter().filter_map(|segment| store.path(segment)) {
            read_file(&path, &mut |item| {
                if let Item::Event(event) = item {
                    found.push(event.message.into_owned());
                }
            })
            .unwrap();
        }
        assert_eq!(found, [message]);
    }
}

#[test]
fn many_frames_are_one_file() {
    let (_folder, dir) = place();
    let mut store = write(&dir);
    let mut segment = store.begin(&group("chat"), range(0, 100_000)).unwrap();
    for n in 0..20_000 {
        let message = format!(
            "{:x} {}",
            (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            "word ".repeat(40)
        );
        segment.push(&event(&n.to_string(), n, &message)).unwrap();
    }
    store
        .commit(segment.finish().unwrap(), SegmentState::Settled, &usual())
        .unwrap();
    let verified = store.verify().unwrap();
    assert!(verified.is_sound(), "{verified:?}");
    let packed = store.segments()[0].bytes;
    assert!((10_000..2_000_000).contains(&packed), "{packed}");
}

#[test]
fn a_segment_without_events_is_a_line_alone() {
    let (_folder, dir) = place();
    let mut store = write(&dir);
    put(&mut store, &group("chat"), range(0, 10), true, &usual(), &[]);
    assert!(files(&dir).is_empty());
    drop(store);
    let mut store = write(&dir);
    assert_eq!(
        store.missing(&group("chat"), range(0, 15), &usual()),
        [range(10, 15)]
    );
    assert!(store.verify().unwrap().is_sound());
    let committed = put(&mut store, &group("chat"), range(0, 20), true, &usual(), &[5]);
    assert_eq!(committed.replaced.len(), 1);
    assert_eq!(ranges(&read(&dir)), [(0, 20)]);
}

#[test]
fn what_a_new_segment_holds_too_is_replaced() {
    let (_folder, dir) = place();
    let mut store = write(&dir);
    let chat = group("chat");
    put(&mut store, &chat, range(0, 10), false, &usual(), &[1]);
    put(&mut store, &chat, range(10, 20), true, &usual(), &[11]);
    put(&mut store, &chat, range(20, 30), true, &all(), &[21]);
    put(&mut store, &chat, range(25, 45), true, &usual(), &[41]);
    put(&mut store, &group("other"), range(0, 10), false, &usual(), &[1]);
    let before = files(&dir);
    let committed = put(&mut store, &chat, range(0, 40), true, &usual(), &[1, 11]);
    let replaced: Vec<_> = committed.replaced.iter().map(|segment| segment.range).collect();
    assert_eq!(
        replaced,
        [range(0, 10), range(10, 20)],
        "all events are more than the usual ones"
    );
    let kept = [(20, 30), (25, 45), (0, 10), (0, 40)];
    assert_eq!(ranges(&store), kept);
    assert_eq!(ranges(&read(&dir)), kept);
    assert_eq!(files(&dir).len(), 4);
    // The same range again has another name.
    let again = put(&mut store, &chat, range(0, 40), true, &usual(), &[1]);
    assert_eq!(again.replaced[0].file, committed.segment.file);
    assert!(!before.contains(&store.path(&again.segment).unwrap()));
    assert!(store.verify().unwrap().is_sound());
}

#[test]
fn a_damaged_segment_is_missing_and_discarded() {
    let (_folder, dir) = place();
    let mut store = write(&dir);
    let chat = group("chat");
    for from in [0, 10, 20, 30] {
        put(
            &mut store,
            &chat,
            range(from, from + 10),
            true,
            &all(),
            &[from + 1],
        );
    }
    let path = |index: usize| store.path(&store.segments()[index]).unwrap();
    fs::remove_file(path(0)).unwrap();
    let mut bytes = fs::read(path(1)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path(1), &bytes).unwrap();
    bytes.push(0);
    fs::write(path(2), &bytes).unwrap();
    let found: Vec<_> = store
        .segments()
        .iter()
        .map(|segment| store.check(segment))
        .collect();
    assert_eq!(
        (&found[0], &found[1], &found[3]),
        (&Err(Damage::Missing), &Err(Damage::Content), &Ok(()))
    );
    assert!(matches!(found[2], Err(Damage::Size { .. })));
    assert_eq!(store.missing(&chat, range(0, 40), &usual()), [range(0, 30)]);
    assert!(!store.verify().unwrap().is_sound());
    let unknown = LogGroup {
        account: None,
        ..chat.clone()
    };
    let mut discard = |group: &LogGroup, window| {
        let discarded = store
            .discard_damaged(std::slice::from_ref(group), window)
            .unwrap();
        discarded.iter().map(|segment| segment.range).collect::<Vec<_>>()
    };
    assert_eq!(discard(&group("other"), range(0, 40)), []);
    assert_eq!(discard(&chat, range(20, 20)), []);
    assert_eq!(discard(&chat, range(29, 40)), [range(20, 30)]);
    assert_eq!(discard(&unknown, range(0, 40)), [range(0, 10), range(10, 20)]);
    assert!(store.verify().unwrap().is_sound());
    assert_eq!(files(&dir).len(), 1);
    assert_eq!(ranges(&read(&dir)), [(30, 40)]);
    // Several parts heal it, none of which covers what was damaged.
    for part in [range(0, 13), range(13, 26), range(26, 40)] {
        put(&mut store, &chat, part, true, &usual(), &[]);
    }
    assert_eq!(store.missing(&chat, range(0, 40), &usual()), []);
    let mut store = read(&dir);
    assert!(matches!(
        store.discard_damaged(&[chat], range(0, 40)),
        Err(StoreError::ReadOnly { .. })
    ));
}

#[test]
fn a_crash_while_the_manifest_is_written_costs_the_last_line_alone() {
    let (_folder, dir) = place();
    let mut store = write(&dir);
    let chat = group("chat");
    put(&mut store, &chat, range(0, 10), true, &usual(), &[1]);
    put(&mut store, &chat, range(10, 20), false, &usual(), &[11]);
    store.record_fetch(fetch()).unwrap();
    put(&mut store, &chat, range(10, 30), true, &usual(), &[11]);
    drop(store);
    let manifest = dir.join("manifest.ndjson");
    let whole = fs::read(&manifest).unwrap();
    let text = String::from_utf8(whole.clone()).unwrap();
    assert_eq!(text.lines().count(), 7, "{text}");
    assert_eq!(
        text.matches("REPORT").count(),
        1,
        "a capture is told once: {text}"
    );
    for length in 0..=whole.len() {
        fs::write(&manifest, &whole[..length]).unwrap();
        let finished = text[..length].matches('\n').count();
        let expected: &[(i64, i64)] = match finished {
            0..=2 => &[],
            3 => &[(0, 10)],
            4 | 5 => &[(0, 10), (10, 20)],
            6 => &[(0, 10), (10, 20), (10, 30)],
            _ => &[(0, 10), (10, 30)],
        };
        let store = read(&dir);
        assert_eq!(ranges(&store), expected, "{length}");
        assert!(store.damaged_lines().is_empty(), "{length}");
        assert_eq!(store.latest_fetch().is_some(), finished >= 5, "{length}");
    }
    // Every line is cut once where files are still there, and the store goes on.
    for (index, _) in text.match_indices('\n') {
        let (_copy, other) = place();
        copy(&dir, &other);
        fs::write(other.join("manifest.ndjson"), &whole[..index]).unwrap();
        let mut store = write(&other);
        let kept = ranges(&store).len();
        put(&mut store, &chat, range(90, 99), true, &usual(), &[91]);
        drop(store);
        let store = read(&other);
        assert_eq!(
            (ranges(&store).len(), store.damaged_lines()),
            (kept + 1, &[][..]),
            "{index}"
        );
        assert!(store.verify().unwrap().unlisted.is_empty(), "{index}");
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn what_a_crash_leaves_is_removed_and_nothing_else() {
    let (_folder, dir) = place();
    let mut store = write(&dir);
    let committed = put(&mut store, &group("chat"), range(0, 10), true, &usual(), &[1]);
    let listed = store.path(&committed.segment).unwrap();
    drop(store);
    let temporary = listed.with_file_name("0-10-8.ndjson.zst.tmp");
    let renamed = listed.with_file_name("0-10-7.ndjson.zst");
    let foreign = listed.with_file_name("notes.txt");
    for path in [&temporary, &renamed, &foreign, &dir.join("manifest.ndjson.tmp")] {
        fs::write(path, "x").unwrap();
    }
    let store = read(&dir);
    let mut unlisted = store.verify().unwrap().unlisted;
    unlisted.sort();
    assert_eq!(unlisted, [renamed.clone(), temporary.clone()]);
    let store = write(&dir);
    assert!(!temporary.exists() && !renamed.exists() && !dir.join("manifest.ndjson.tmp").exists());
    assert!(listed.exists() && foreign.exists());
    drop(store);
}

#[test]
fn damaged_lines_are_put_aside_by_the_next_writer() {
    let (_folder, dir) = place();
    let mut store = write(&dir);
    let chat = group("chat");
    let committed = put(&mut store, &chat, range(0, 10), true, &usual(), &[1]);
    let unsettled = put(&mut store, &chat, range(10, 20), false, &usual(), &[11]);
    put(&mut store, &chat, range(10, 30), true, &usual(), &[11, 21]);
    store.record_fetch(fetch()).unwrap();
    drop(store);
    let manifest = dir.join("manifest.ndjson");
    let text = fs::read_to_string(&manifest).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let of = |what: &str, file: &str| {
        let is_it = |line: &&&str| line.contains(what) && line.contains(file);
        *lines.iter().find(is_it).unwrap()
    };
    // Of a segment that is there, of segments that are not, and one that says nothing.
    let (segment, dropped) = (of("segment", &committed.segment.file), of("dropped", ""));
    let damaged = [
        segment.replace("\"settled\"", "\"settler\""),
        dropped.replace('[', "("),
    ];
    let whole = text.replace(segment, &damaged[0]).replace(dropped, &damaged[1]);
    fs::write(&manifest, format!("{whole}\0\u{1}\n")).unwrap();

    let store = read(&dir);
    assert_eq!(store.damaged_lines().len(), 3);
    assert_eq!(ranges(&store), [(10, 20), (10, 30)]);
    assert!(!store.verify().unwrap().is_sound());
    let mut store = write(&dir);
    assert_eq!(
        ranges(&store),
        [(10, 30)],
        "what was no longer there does not come back"
    );
    assert_eq!(store.missing(&chat, range(0, 30), &usual()), [range(0, 10)]);
    for store in [&store, &read(&dir)] {
        let verified = store.verify().unwrap();
        assert!(
            verified.is_sound() && verified.unlisted.is_empty(),
            "{verified:?}"
        );
        assert!(store.latest_fetch().is_some());
    }
    let aside = fs::read_to_string(dir.join("manifest.damaged")).unwrap();
    assert!(
        aside.starts_with(&format!("{}\n{}\n\0\u{1}\n", damaged[0], damaged[1])),
        "{aside}"
    );
    assert_eq!(
        (aside.lines().count(), aside.contains(&unsettled.segment.file)),
        (5, true)
    );
    let again = put(&mut store, &chat, range(0, 10), true, &usual(), &[1]);
    assert_ne!(again.segment.file, committed.segment.file);
    drop(store);

    // What is damaged later comes behind it.
    let mut text = fs::read_to_string(&manifest).unwrap();
    text.push_str("later\n");
    fs::write(&manifest, text.replacen("format", "gormat", 1)).unwrap();
    let mut store = write(&dir);
    let next = put(&mut store, &chat, range(0, 10), true, &usual(), &[1]);
    assert_ne!(next.segment.file, again.segment.file);
    let later = fs::read_to_string(dir.join("manifest.damaged")).unwrap();
    assert!(
        later.starts_with(&aside) && later.contains("gormat") && later.ends_with("later\n"),
        "{later}"
    );
    assert!(read(&dir).verify().unwrap().is_sound());
}

#[test]
fn a_damaged_line_of_a_capture_does_not_cost_its_segments() {
    let (_folder, dir) = place();
    let mut store = write(&dir);
    let chat = group("chat");
    put(&mut store, &chat, range(0, 10), true, &usual(), &[1]);
    put(&mut store, &chat, range(10, 20), true, &all(), &[11]);
    store.record_fetch(fetch()).unwrap();
    drop(store);
    let manifest = dir.join("manifest.ndjson");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("patterns", "pattern")).unwrap();
    assert_eq!(read(&dir).damaged_lines().len(), 2);
    let mut store = write(&dir);
    assert!(store.verify().unwrap().is_sound() && store.latest_fetch().is_some());
    assert_eq!(ranges(&store), [(0, 10), (10, 20)]);
    // What was asked for is not known, so it is asked for again, and only all that there is replaces it.
    let window = range(0, 20);
    assert_eq!(store.missing(&chat, window, &usual()), [window]);
    assert_eq!(store.covered(&chat, window, &usual()).missing, [window]);
    assert_eq!(put(&mut store, &chat, window, true, &usual(), &[1]).replaced, []);
    let again = read(&dir);
    assert_eq!(again.segments(), store.segments());
    assert_eq!(again.missing(&chat, window, &usual()), []);
    assert_eq!(
        put(&mut store, &chat, window, true, &all(), &[1, 11])
            .replaced
            .len(),
        3
    );
}

#[test]
fn what_a_fetch_replaces_meanwhile_is_no_damage() {
    let (_folder, dir) = place();
    let mut store = write(&dir);
    let chat = group("chat");
    for from in [0, 10] {
        put(
            &mut store,
            &chat,
            range(from, from + 10),
            false,
            &usual(),
            &[from],
        );
    }
    let reader = read(&dir);
    put(&mut store, &chat, range(0, 10), true, &usual(), &[1]);
    let verified = reader.verify().unwrap();
    assert!(
        verified.is_sound() && verified.unlisted.is_empty(),
        "{verified:?}"
    );
    assert_eq!(verified.segments.len(), 1);
    fs::remove_file(store.path(&store.segments()[0]).unwrap()).unwrap();
    assert!(!reader.verify().unwrap().is_sound());
    assert!(!store.verify().unwrap().is_sound());
}

#[test]
fn a_folder_without_a_name_is_refused() {
    let dir = Path::new("");
    let error = Store::open_for_writing(dir, &mut || {}).unwrap_err();
    assert!(error.to_string().contains("name a folder"), "{error}");
    assert!(matches!(Store::open(dir), Err(StoreError::Unnamed)));
}

#[test]
fn coverage_asks_for_whole_segments_that_are_as_wide() {
    let (_folder, dir) = place();
    let mut store = write(&dir);
    let chat = group("chat");
    let of_stream = Capture {
        stream_prefix: Some("2026".to_owned()),
        ..usual()
    };
    let other_keys = Capture {
        timing_keys: vec!["key".to_owned()],
        ..usual()
    };
    put(&mut store, &chat, range(0, 10), true, &usual(), &[]);
    put(&mut store, &chat, range(10, 20), false, &other_keys, &[11]);
    put(&mut store, &chat, range(20, 30), true, &of_stream, &[21]);
    for (range, reason) in [
        (range(5, 15), "covered by others"),
        (range(30, 40), "too much at once"),
        (range(32, 34), "too much at once"),
        (range(25, 45), "stopped"),
        (range(60, 70), "elsewhere"),
    ] {
        let segment = store.begin(&chat, range).unwrap();
        let state = SegmentState::Incomplete(reason.to_owned());
        store.commit(segment.finish().unwrap(), state, &all()).unwrap();
    }
    let missing = |wanted: &Capture, from, to| store.covered(&chat, range(from, to), wanted).missing;
    assert_eq!(missing(&usual(), 0, 50), [range(20, 50)]);
    assert_eq!(missing(&of_stream, 0, 50), [range(30, 50)]);
    assert_eq!(missing(&all(), 0, 50), [range(0, 50)]);
    assert_eq!(missing(&usual(), 2, 18), []);
    let reasons = |from, to| store.covered(&chat, range(from, to), &usual()).incomplete;
    assert_eq!(reasons(0, 50), ["too much at once", "stopped"]);
    assert_eq!(reasons(0, 20), [""; 0]);
    assert_eq!(reasons(41, 50), ["stopped"]);
    // An incomplete segment counts nowhere as fetched.
    assert_eq!(store.missing(&chat, range(30, 45), &all()), [range(30, 45)]);
    let unknown = LogGroup {
        account: None,
        ..chat.clone()
    };
    assert_eq!(
        store.covered(&unknown, range(0, 50), &usual()).missing,
        [range(20, 50)]
    );
    let elsewhere = store.covered(&group("other"), range(0, 50), &usual());
    assert_eq!(
        (elsewhere.missing, elsewhere.incomplete),
        (vec![range(0, 50)], vec![])
    );
}

#[test]
fn a_damaged_first_line_does_not_cost_the_others() {
    let (_folder, dir) = place();
    put(
        &mut write(&dir),
        &group("chat"),
        range(0, 10),
        true,
        &usual(),
        &[1],
    );
    let manifest = dir.join("manifest.ndjson");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replacen("format", "gormat", 1)).unwrap();
    let store = read(&dir);
    assert_eq!((ranges(&store), store.damaged_lines()), (vec![(0, 10)], &[1][..]));
    // A segment elsewhere on the disk is none.
    fs::write(&manifest, text.replace("segments/", "../segments/")).unwrap();
    assert_eq!(read(&dir).damaged_lines(), [3]);
}

#[test]
fn a_writer_that_does_not_finish_leaves_nothing_behind() {
    let (_folder, dir) = place();
    let mut store = write(&dir);
    let mut segment = store.begin(&group("chat"), range(0, 10)).unwrap();
    let long = "x".repeat(2 << 20);
    segment.push(&event("1", 1, &long)).unwrap();
    assert_eq!(files(&dir).len(), 1, "a frame was written");
    drop(segment);
    let mut segment = store.begin(&group("chat"), range(0, 10)).unwrap();
    segment.push(&event("1", 1, "short")).unwrap();
    let finished = segment.finish().unwrap();
    assert_eq!((files(&dir).len(), finished.events()), (1, 1));
    drop(finished);
    assert!(files(&dir).is_empty());
    assert!(store.prune(at(100)).unwrap().segments.is_empty());
}

#[test]
fn workers_write_while_another_thread_commits() {
    let (_folder, dir) = place();
    let mut store = write(&dir);
    let (send, receive) = mpsc::channel();
    for worker in 0..4_i64 {
        let (place, send) = (store.place().unwrap(), send.clone());
        std::thread::spawn(move || {
            for n in 0..8 {
                let from = n * 10;
                let mut segment = place
                    .begin(&group(&worker.to_string()), range(from, from + 10))
                    .unwrap();
                segment.push(&event("1", from, "text")).unwrap();
                send.send(segment.finish().unwrap()).unwrap();
            }
        });
    }
    drop(send);
    for finished in receive {
        store.commit(finished, SegmentState::Settled, &usual()).unwrap();
    }
    let names: HashSet<&str> = store
        .segments()
        .iter()
        .map(|segment| segment.file.rsplit('-').next().unwrap())
        .collect();
    assert_eq!((store.segments().len(), names.len()), (32, 32));
    assert!(store.verify().unwrap().is_sound());
}

#[test]
fn one_writes_at_a_time_and_all_may_read() {
    let (_folder, dir) = place();
    let mut first = write(&dir);
    let place = first.place().unwrap();
    let (send, receive) = mpsc::channel();
    let (other, waits) = (dir.clone(), send.clone());
    let second = std::thread::spawn(move || {
        let store = Store::open_for_writing(&other, &mut || waits.send("waits").unwrap()).unwrap();
        send.send("writes").unwrap();
        ranges(&store)
    });
    assert_eq!(receive.recv(), Ok("waits"));
    put(&mut first, &group("chat"), range(0, 10), true, &usual(), &[1]);
    assert_eq!(ranges(&read(&dir)), [(0, 10)]);
    drop(first);
    assert!(receive.try_recv().is_err(), "a worker may still write");
    drop(place);
    assert_eq!(receive.recv(), Ok("writes"));
    assert!(receive.recv().is_err(), "it is said once");
    assert_eq!(
        second.join().unwrap(),
        [(0, 10)],
        "what was committed meanwhile is read"
    );
}

#[test]
fn dead_lines_are_left_out_and_names_stay_unique() {
    let (_folder, dir) = place();
    let mut store = write(&dir);
    let chat = group("chat");
    let mut names = HashSet::new();
    for n in 0..400 {
        let committed = put(
            &mut store,
            &chat,
            range(0, 10),
            false,
            &usual(),
            if n == 399 { &[1] } else { &[] },
        );
        assert!(names.insert(committed.segment.file));
        store
            .record_fetch(Fetch {
                window: range(n, n + 1),
                ..fetch()
            })
            .unwrap();
    }
    store.prune(at(10)).unwrap();
    put(&mut store, &group("other"), range(0, 10), true, &usual(), &[2]);
    drop(store);
    let lines = || {
        fs::read_to_string(dir.join("manifest.ndjson"))
            .unwrap()
            .lines()
            .count()
    };
    assert!(lines() > 1000);
    let mut store = write(&dir);
    assert_eq!(lines(), 1 + 1 + 1 + 100);
    assert_eq!(store.latest_fetch().unwrap().window, range(399, 400));
    assert_eq!(ranges(&store), [(0, 10)]);
    let committed = put(&mut store, &chat, range(0, 10), true, &usual(), &[1]);
    assert!(names.insert(committed.segment.file), "a name was used again");
    assert!(store.verify().unwrap().is_sound());
}

#[test]
fn old_segments_are_pruned() {
    let (_folder, dir) = place();
    let mut store = write(&dir);
    for from in [0, 10, 20] {
        put(
            &mut store,
            &group("chat"),
            range(from, from + 10),
            true,
            &usual(),
            &[from],
        );
    }
    let pruned = store.prune(at(29)).unwrap();
    assert_eq!((pruned.segments.len(), pruned.events()), (2, 2));
    assert!(pruned.bytes() > 0);
    assert_eq!(files(&dir).len(), 1);
    drop(store);
    let mut store = read(&dir);
    assert_eq!(ranges(&store), [(20, 30)]);
    assert!(matches!(store.prune(at(99)), Err(StoreError::ReadOnly { .. })));
    assert!(matches!(
        store.begin(&group("chat"), range(0, 1)),
        Err(StoreError::ReadOnly { .. })
    ));
}

#[test]
fn a_newer_store_is_refused_and_left_as_it_is() {
    let (_folder, dir) = place();
    assert!(Store::open(&dir).unwrap().is_none());
    put(
        &mut write(&dir),
        &group("chat"),
        range(0, 10),
        true,
        &usual(),
        &[1],
    );
    let manifest = dir.join("manifest.ndjson");
    let newer = fs::read_to_string(&manifest)
        .unwrap()
        .replace("store/v1", "store/v2");
    fs::write(&manifest, &newer).unwrap();
    let message = format!(
        "store at {} was written by a newer latscope (format latscope.store/v2); this one reads \
         latscope.store/v1: update latscope, or use another --store",
        dir.display()
    );
    assert_eq!(Store::open(&dir).unwrap_err().to_string(), message);
    let error = Store::open_for_writing(&dir, &mut || {}).unwrap_err();
    assert_eq!(error.to_string(), message);
    assert_eq!(fs::read_to_string(&manifest).unwrap(), newer);
    assert_eq!(files(&dir).len(), 1);
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("segments/a/b")).unwrap();
    fs::write(folder.path().join("segments/a/b/c.ndjson.zst"), "mine").unwrap();
    let error = Store::open_for_writing(folder.path(), &mut || {}).unwrap_err();
    assert!(matches!(error, StoreError::NotAStore { .. }), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    for text in ["{\"name\":\"x\"}\n{}\n", "hello"] {
        fs::write(folder.path().join("manifest.ndjson"), text).unwrap();
        let error = Store::open(folder.path()).unwrap_err();
        assert!(matches!(error, StoreError::NotAStore { .. }), "{error}");
        Store::open_for_writing(folder.path(), &mut || {}).unwrap_err();
        assert_eq!(
            fs::read_to_string(folder.path().join("manifest.ndjson")).unwrap(),
            text
        );
    }
}

#[test]
fn a_first_run_that_was_cut_off_does_not_stand_in_the_way() {
    let (_folder, dir) = place();
    fs::create_dir_all(&dir).unwrap();
    for name in ["lock", ".gitignore", "manifest.ndjson.tmp"] {
        fs::write(dir.join(name), "").unwrap();
    }
    put(
        &mut write(&dir),
        &group("chat"),
        range(0, 10),
        true,
        &usual(),
        &[1],
    );
    assert_eq!(ranges(&read(&dir)), [(0, 10)]);
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_a_store() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, dir) = place();
    put(
        &mut write(&dir),
        &group("chat"),
        range(0, 10),
        true,
        &usual(),
        &[1],
    );
    assert_eq!(fs::read_to_string(dir.join(".gitignore")).unwrap(), "*\n");
    let mut paths = vec![folder.path().join("work")];
    let mut seen = 0;
    while let Some(path) = paths.pop() {
        let metadata = fs::metadata(&path).unwrap();
        let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(
            metadata.permissions().mode() & 0o777,
            expected,
            "{}",
            path.display()
        );
        if metadata.is_dir() {
            paths.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        seen += 1;
    }
    assert_eq!(seen, 9, "two folders, three below, four files");
}

fn pieces() -> impl Strategy<Value = (i64, i64, bool, bool, bool)> {
    (0..40_i64, 1..20_i64, any::<bool>(), any::<bool>(), any::<bool>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Against every single millisecond, while segments replace one another.
    #[test]
    fn missing_is_what_no_good_segment_holds(
        pieces in vec(pieces(), 0..6),
        window in (0..40_i64, 0..30_i64),
        wants_all in any::<bool>(),
    ) {
        let (_folder, dir) = place();
        let mut store = write(&dir);
        let wanted = if wants_all { all() } else { usual() };
        let mut good: HashSet<i64> = HashSet::new();
        for (from, length, is_settled, is_all, is_of_group) in pieces {
            let capture = if is_all { all() } else { usual() };
            let name = if is_of_group { "chat" } else { "other" };
            let piece = range(from, from + length);
            let committed = put(&mut store, &group(name), piece, is_settled, &capture, &[from]);
            for older in committed.replaced.iter().filter(|_| is_of_group) {
                // What a replaced one held is held by the new one, if that is settled.
                prop_assert!(piece.covers(older.range));
            }
            if is_of_group {
                let counts = |segment: &&latscope::source::store::Segment| {
                    segment.group == group("chat") && segment.settled && (segment.capture.all_events || !wants_all)
                };
                good = store
                    .segments()
                    .iter()
                    .filter(counts)
                    .flat_map(|segment| segment.range.from.as_epoch_millis()..segment.range.to.as_epoch_millis())
                    .collect();
            }
        }
        let (from, length) = window;
        let missing = store.missing(&group("chat"), range(from, from + length), &wanted);
        let expected: Vec<i64> = (from..from + length).filter(|time| !good.contains(time)).collect();
        let found: Vec<i64> = missing
            .iter()
            .flat_map(|gap| gap.from.as_epoch_millis()..gap.to.as_epoch_millis())
            .collect();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(ranges(&read(&dir)), ranges(&store));
    }
}

/// What a segment was asked for: streams whose names begin so, all kinds of events, and by which keys.
fn captures() -> impl Strategy<Value = Capture> {
    let prefixes = prop_oneof![Just(None), Just(Some("a".to_owned())), Just(Some("b".to_owned()))];
    (prefixes, any::<bool>(), 0..3_u32).prop_map(|(stream_prefix, all_events, keys)| Capture {
        stream_prefix,
        all_events,
        patterns: vec![format!("pattern {keys}")],
        timing_keys: vec![format!("key {keys}")],
        reduction: keys,
    })
}

fn states() -> impl Strategy<Value = SegmentState> {
    prop_oneof![
        Just(SegmentState::Settled),
        Just(SegmentState::Unsettled),
        Just(SegmentState::Incomplete("stopped".to_owned())),
    ]
}

/// The ids of all events that a store holds, damaged or not.
fn stored_ids(store: &Store) -> HashSet<String> {
    let mut ids = HashSet::new();
    for path in store.segments().iter().filter_map(|segment| store.path(segment)) {
        read_file(&path, &mut |item| {
            if let Item::Event(event) = item {
                ids.insert(event.event_id.unwrap().into_owned());
            }
        })
        .unwrap();
    }
    ids
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// The server has an event of each kind in each stream in each millisecond.
    #[test]
    fn no_commit_loses_an_event(
        commits in vec((0..8_i64, 1..12_i64, captures(), states(), any::<bool>()), 1..8),
    ) {
        let (_folder, dir) = place();
        let mut store = write(&dir);
        for (from, length, capture, state, has_account) in commits {
            let piece = range(from, from + length);
            let account = Some("123456789012".to_owned()).filter(|_| has_account);
            let group = LogGroup { account, ..group("chat") };
            let before = stored_ids(&store);
            let older = store.segments().to_vec();
            let mut segment = store.begin(&group, piece).unwrap();
            for time in from..from + length {
                for (stream, is_usual) in [("a", true), ("a", false), ("b", true), ("b", false)] {
                    let is_wanted = (is_usual || capture.all_events)
                        && capture.stream_prefix.as_deref().is_none_or(|prefix| stream.starts_with(prefix));
                    // One that is not whole may be so in any place.
                    let is_brought = time % 2 == 0 || !matches!(state, SegmentState::Incomplete(_));
                    if is_wanted && is_brought {
                        let id = format!("{time} {stream} {is_usual}");
                        segment.push(&StoredEvent { log_stream: stream, ..event(&id, time, "text") }).unwrap();
                    }
                }
            }
            let committed = store.commit(segment.finish().unwrap(), state.clone(), &capture).unwrap();
            prop_assert!(stored_ids(&store).is_superset(&before));
            prop_assert_eq!(committed.segment.is_whole(), !matches!(state, SegmentState::Incomplete(_)));
            for older in older {
                let is_settled = state == SegmentState::Settled;
                let is_needless = piece.covers(older.range)
                    && committed.segment.is_whole()
                    && (is_settled || !older.settled)
                    && [None, older.capture.stream_prefix.clone()].contains(&capture.stream_prefix)
                    && (capture.all_events || !older.capture.all_events);
                let is_replaced = committed.replaced.iter().any(|replaced| replaced.file == older.file);
                prop_assert_eq!(is_replaced, is_needless);
            }
        }
        let again = read(&dir);
        prop_assert_eq!(again.segments(), store.segments());
    }
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stores/v1")
}

/// Stores of version 1 stay readable: what a user fetched may no longer be on the server.
#[test]
fn the_committed_store_of_version_1_is_read() {
    use latscope::invocation::Collector;
    use latscope::parse::{Parser, TimingKeys};

    let store = read(&sample());
    let verified = store.verify().unwrap();
    assert!(
        verified.is_sound() && verified.unlisted.is_empty(),
        "{verified:?}"
    );
    let told: Vec<_> = store
        .segments()
        .iter()
        .map(|segment| (segment.group.name.as_str(), segment.settled, segment.events > 0))
        .collect();
    assert_eq!(
        told,
        [
            ("/aws/lambda/chat", true, true),
            ("/aws/lambda/chat", false, true),
            ("/aws/lambda/quiet", true, false),
        ]
    );
    let fetch = store.latest_fetch().unwrap();
    assert!(fetch.complete && fetch.groups.len() == 2);
    let chat = &fetch.groups[0];
    let missing = store.missing(chat, fetch.window, &fetch.capture);
    assert_eq!(
        missing,
        [store.segments()[1].range],
        "what is not settled is asked for again"
    );

    let mut collector = Collector::new(Parser::new(TimingKeys::common()).unwrap());
    for (index, path) in store
        .segments()
        .iter()
        .filter_map(|segment| store.path(segment))
        .enumerate()
    {
        collector.begin_file(&path, index);
        read_file(&path, &mut |item| {
            collector.take(item);
        })
        .unwrap();
    }
    assert_eq!(collector.finish().invocations.len(), 7);
}

/// Writes the sample anew. Only for a new version, and into a folder of its own: the old one is there to stay as it
/// is.
#[test]
#[ignore = "writes fixtures"]
fn write_the_committed_store() {
    assert!(!sample().exists(), "a committed store is never written again");
    let mut store = write(&sample());
    let (chat, quiet) = (group("chat"), group("quiet"));
    let events = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/forms/ndjson/ndjson.ndjson");
    let mut times = Vec::new();
    read_file(&events, &mut |item| {
        if let Item::Event(event) = item {
            times.push(event.at.unwrap());
        }
    })
    .unwrap();
    let first = times.iter().min().unwrap().as_epoch_millis().div_euclid(60_000) * 60_000;
    let last = times.iter().max().unwrap().as_epoch_millis() + 1;
    let middle = first + (last - first) / 2;
    for (part, settled) in [(range(first, middle), true), (range(middle, last), false)] {
        let mut segment = store.begin(&chat, part).unwrap();
        read_file(&events, &mut |item| {
            if let Item::Event(event) = item {
                let stored = StoredEvent {
                    event_id: event.event_id.as_deref(),
                    at: event.at.unwrap(),
                    ingested_at: event.at,
                    log_stream: event.log_stream.as_deref().unwrap(),
                    message: &event.message,
                };
                if part.holds(stored.at) {
                    segment.push(&stored).unwrap();
                }
            }
        })
        .unwrap();
        store
            .commit(segment.finish().unwrap(), state(settled), &all())
            .unwrap();
    }
    let window = range(first, last);
    put(&mut store, &quiet, window, true, &all(), &[]);
    let done = Fetch {
        window,
        groups: vec![chat, quiet],
        regions: vec!["eu-west-1".to_owned()],
        complete: true,
        capture: all(),
        incomplete: Vec::new(),
    };
    store.record_fetch(done).unwrap();
}

#[test]
fn what_the_server_no_longer_keeps_is_not_fetched_in_the_place_of_what_is_here() {
    let (_folder, dir) = place();
    let mut store = write(&dir);
    let chat = group("chat");
    for from in [0, 10, 30] {
        put(
            &mut store,
            &chat,
            range(from, from + 10),
            true,
            &usual(),
            &[from + 1],
        );
    }
    let later = Capture {
        reduction: 2,
        ..usual()
    };
    let window = range(0, 40);
    assert_eq!(store.missing(&chat, window, &later), [window]);
    let here = |wanted: &Capture, first_kept| store.irreplaceable(&chat, window, wanted, at(first_kept));
    assert_eq!(here(&later, 15), [range(0, 10), range(10, 20)]);
    assert_eq!(here(&later, 0), []);
    // Everything was asked for, and is not here.
    assert_eq!(here(&all(), 15), []);
    fs::remove_file(store.path(&store.segments()[0]).unwrap()).unwrap();
    assert_eq!(here(&later, 15), [range(10, 20)]);
}
