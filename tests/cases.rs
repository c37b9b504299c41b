//! Every file of `fixtures/lines` is one message and what the parser must make of it; the format
//! is described there. Properties that no list of cases can show follow below.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop a test as the tests themselves do"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use latscope::parse::{Parsed, Parser, Record, TimingKeys};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Fewer files than this means that the runner looks in the wrong place.
const FEWEST_CASES: usize = 400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    about: String,
    message: String,
    /// Whether the message is a row of Logs Insights, which nobody logged.
    #[serde(default)]
    row: bool,
    #[serde(default)]
    keys: Vec<Key>,
    expect: Map<String, Value>,
}

/// What goes to `TimingKeys::add`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    field: String,
    key: String,
    unit: Option<String>,
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lines");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    files
}

fn read(file: &Path) -> Result<Case, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let case: Case = toml::from_str(&text).map_err(|error| error.to_string())?;
    if case.about.trim().is_empty() {
        return Err("`about` is empty".to_owned());
    }
    let outcomes = ["record", "rejected", "ignored"];
    if outcomes
        .iter()
        .filter(|&&key| case.expect.contains_key(key))
        .count()
        != 1
    {
        return Err("[expect] needs exactly one of `record`, `rejected` and `ignored`".to_owned());
    }
    Ok(case)
}

fn parser(keys: &[Key]) -> Result<Parser, String> {
    let mut all = TimingKeys::common();
    for key in keys {
        all.add(&key.field, &key.key, key.unit.as_deref())
            .map_err(|error| error.to_string())?;
    }
    Parser::new(all).map_err(|error| error.to_string())
}

/// What the parser made of a message, in the words of `[expect]`.
fn outcome(parsed: &Parsed) -> Map<String, Value> {
    let value = match parsed {
        Parsed::Record(record) => serde_json::to_value(record).unwrap(),
        Parsed::Rejected(reason) => json!({ "rejected": reason }),
        Parsed::Ignored => json!({ "ignored": true }),
    };
    match value {
        Value::Object(object) => object,
        other => panic!("a record is written as an object, not {other}"),
    }
}

/// The fields that differ, `-` as expected and `+` as parsed.
fn difference(expected: &Map<String, Value>, parsed: &Map<String, Value>) -> String {
    let keys: BTreeSet<&String> = expected.keys().chain(parsed.keys()).collect();
    let mut text = String::new();
    for key in keys {
        if expected.get(key) != parsed.get(key) {
            for (sign, side) in [('-', expected), ('+', parsed)] {
                if let Some(value) = side.get(key) {
                    writeln!(text, "    {sign} {key} = {value}").unwrap();
                }
            }
        }
    }
    text
}

fn run(file: &Path) -> Result<(), String> {
    let case = read(file)?;
    let parser = parser(&case.keys)?;
    let parsed = outcome(&match case.row {
        true => parser.parse_row(&case.message),
        false => parser.parse(&case.message),
    });
    let difference = difference(&case.expect, &parsed);
    if difference.is_empty() {
        return Ok(());
    }
    Err(format!("{}\n{difference}", case.about))
}

#[test]
fn every_case_reads_as_its_file_says() {
    let files = files();
    assert!(
        files.len() >= FEWEST_CASES,
        "only {} cases were found",
        files.len()
    );
    let failures: Vec<String> = files
        .iter()
        .filter_map(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            run(file).err().map(|fault| format!("{name}: {fault}"))
        })
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} cases fail\n\n{}",
        failures.len(),
        files.len(),
        failures.join("\n")
    );
}

/// A line of the platform says the same where its tabs and line breaks were saved as `\t` and `\n`.
#[test]
fn escaped_white_space_is_white_space() {
    for file in files() {
        let case = read(&file).unwrap();
        let parser = parser(&case.keys).unwrap();
        let expected = outcome(&parser.parse(&case.message));
        let is_platform = matches!(expected.get("record"), Some(Value::String(name)) if name != "timing");
        if !is_platform || case.message.trim_start_matches('\u{feff}').starts_with('{') {
            continue;
        }
        for (tab, line_break, end) in [("\\t", "\\n", "\\r"), ("\\\\t", "\\\\n", "\\\\r")] {
            let escaped = case
                .message
                .replace('\t', tab)
                .replace('\n', line_break)
                .replace('\r', end);
            assert_eq!(outcome(&parser.parse(&escaped)), expected, "{file:?} {escaped}");
        }
    }
}

static COMMON: LazyLock<Parser> = LazyLock::new(|| parser(&[]).unwrap());

static MESSAGES: LazyLock<Vec<String>> =
    LazyLock::new(|| files().iter().map(|file| read(file).unwrap().message).collect());

/// One change to a message. Positions are taken modulo the number of characters.
#[derive(Debug, Clone)]
enum Change {
    Cut(usize),
    Remove(usize, usize),
    Insert(usize, String),
    Repeat(usize, usize),
    Join(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let hostile = prop_oneof![
        "\\PC{0,8}",
        "[ \\t\\n\\r\u{a0}\u{feff}\u{2028}é模😀.…:{}\"\\\\0-9-]{1,6}",
        Just("99999999999999999999999999".to_owned()),
        Just("1e999".to_owned()),
        Just("NaN".to_owned()),
        Just("{\"message\":".to_owned()),
    ];
    prop_oneof![
        any::<usize>().prop_map(Change::Cut),
        (any::<usize>(), 1_usize..40).prop_map(|(at, count)| Change::Remove(at, count)),
        (any::<usize>(), hostile).prop_map(|(at, text)| Change::Insert(at, text)),
        (any::<usize>(), 1_usize..60).prop_map(|(at, count)| Change::Repeat(at, count)),
        any::<usize>().prop_map(Change::Join),
    ]
}

fn changed(message: &str, change: &Change) -> String {
    let mut chars: Vec<char> = message.chars().collect();
    let place = |at: usize| at % (chars.len() + 1);
    match change {
        Change::Cut(at) => chars.truncate(place(*at)),
        Change::Remove(at, count) => {
            let from = place(*at);
            let to = chars.len().min(from + count);
            chars.drain(from..to);
        }
        Change::Insert(at, text) => {
            let at = place(*at);
            chars.splice(at..at, text.chars());
        }
        Change::Repeat(at, count) => {
            let from = place(*at);
            let to = chars.len().min(from + count);
            let again = chars[from..to].to_vec();
            chars.splice(to..to, again);
        }
        Change::Join(other) => chars.extend(MESSAGES[other % MESSAGES.len()].chars()),
    }
    chars.into_iter().collect()
}

/// A report with random values. Times are in hundredths of a millisecond, which both forms print.
#[derive(Debug, Clone)]
struct Drawn {
    id: u128,
    duration: u64,
    billed_ms: u64,
    memory_mb: u32,
    used_mb: u32,
    init: Option<u64>,
    restore: Option<u64>,
    status: Option<(&'static str, &'static str)>,
}

/// What the text says of X-Ray.
const TRACE: &str = "1-5f0c2b1a-000000000000000000000000";

/// Up to the 15 minutes of Lambda in hundredths of a millisecond.
const LONGEST: u64 = 90_000_000;

fn drawn() -> impl Strategy<Value = Drawn> {
    (
        any::<u128>(),
        0..=LONGEST,
        0..=LONGEST / 100,
        any::<u32>(),
        any::<u32>(),
        prop::option::of(0..=LONGEST),
        prop::option::of(0..=LONGEST),
        prop::option::of(prop::sample::select(vec![
            ("success", "success"),
            ("error", "error"),
            ("failure", "error"),
            ("timeout", "timeout"),
        ])),
    )
        .prop_map(
            |(id, duration, billed_ms, memory_mb, used_mb, init, restore, status)| Drawn {
                id,
                duration,
                billed_ms,
                memory_mb,
                used_mb,
                init,
                restore,
                status,
            },
        )
}

/// Hundredths of a millisecond as Lambda's text prints them.
fn hundredths(value: u64) -> String {
    format!("{}.{:02}", value / 100, value % 100)
}

impl Drawn {
    fn id(&self) -> String {
        let hex = format!("{:032x}", self.id);
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        parts.join("-")
    }

    fn as_text(&self, gap: &str) -> String {
        let mut fields = vec![
            format!("REPORT RequestId: {}", self.id()),
            format!("Duration: {} ms", hundredths(self.duration)),
            format!("Billed Duration: {} ms", self.billed_ms),
            format!("Memory Size: {} MB", self.memory_mb),
            format!("Max Memory Used: {} MB", self.used_mb),
        ];
        fields.extend(
            self.init
                .map(|init| format!("Init Duration: {} ms", hundredths(init))),
        );
        fields.extend(
            self.restore
                .map(|restore| format!("Restore Duration: {} ms", hundredths(restore))),
        );
        fields.extend(self.status.map(|(word, _)| format!("Status: {word}")));
        fields.push(format!("\nXRAY TraceId: {TRACE}"));
        fields.join(gap)
    }

    /// With numbers spelt as the platform does, without zeros at the end.
    fn as_json(&self) -> String {
        let short = |value: u64| {
            let text = hundredths(value);
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        let mut metrics = format!(
            r#""durationMs":{},"billedDurationMs":{},"memorySizeMB":{},"maxMemoryUsedMB":{}"#,
            short(self.duration),
            self.billed_ms,
            self.memory_mb,
            self.used_mb
        );
        for (key, value) in [("initDurationMs", self.init), ("restoreDurationMs", self.restore)] {
            if let Some(value) = value {
                write!(metrics, r#","{key}":{}"#, short(value)).unwrap();
            }
        }
        let status = self
            .status
            .map_or(String::new(), |(word, _)| format!(r#","status":"{word}""#));
        format!(
            r#"{{"time":"2031-01-02T03:04:05.678Z","type":"platform.report","record":{{"requestId":"{}","metrics":{{{metrics}}}{status}}}}}"#,
            self.id()
        )
    }

    fn expected(&self) -> Map<String, Value> {
        let mut expected = json!({
            "record": "report",
            "request_id": self.id(),
            "duration_us": self.duration * 10,
            "billed_us": self.billed_ms * 1000,
            "memory_size_mb": self.memory_mb,
            "max_memory_used_mb": self.used_mb,
        });
        for (key, value) in [
            ("init_us", self.init.map(|value| json!(value * 10))),
            ("restore_us", self.restore.map(|value| json!(value * 10))),
            ("status", self.status.map(|(_, status)| json!(status))),
        ] {
            if let Some(value) = value {
                expected[key] = value;
            }
        }
        expected.as_object().unwrap().clone()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_parser_panic(start in 0_usize..14, text in any::<String>()) {
        let starts = [
            "", "REPORT RequestId: ", "INIT_REPORT ", "RESTORE_REPORT ", "RequestId: ",
            "{\"type\":\"platform.report\",\"record\":", "{\"inference_ms\":", "[INFO]\t{\"inference_ms\":",
            "END Duration:", "REPORT - ", "START - ", "END \\", "{\"@duration\":",
            "{\"schemaType\":\"ModelInvocationLog\",\"output\":",
        ];
        COMMON.parse(&format!("{}{text}", starts[start]));
    }

    /// A message that was changed at random.
    #[test]
    fn no_change_to_a_message_makes_the_parser_panic(
        message in any::<usize>(),
        changes in prop::collection::vec(change(), 1..5),
    ) {
        let mut text = MESSAGES[message % MESSAGES.len()].clone();
        for change in &changes {
            text = changed(&text, change);
        }
        if let Parsed::Record(Record::Report(report)) = COMMON.parse(&text) {
            prop_assert!(report.duration <= latscope::vocab::Micros::MAX);
        }
    }

    #[test]
    fn a_report_reads_back_from_its_text(
        drawn in drawn(),
        gap in prop::sample::select(vec!["\t", " \t", " ", "    ", "\n", "\r\n", "\u{a0}", ""]),
    ) {
        let parsed = outcome(&COMMON.parse(&drawn.as_text(gap)));
        let mut expected = drawn.expected();
        expected.insert("trace".to_owned(), json!(TRACE));
        prop_assert_eq!(parsed, expected);
    }

    #[test]
    fn a_report_reads_back_from_its_json(drawn in drawn()) {
        let mut expected = drawn.expected();
        expected.insert("at".to_owned(), json!("2031-01-02T03:04:05.678Z"));
        prop_assert_eq!(outcome(&COMMON.parse(&drawn.as_json())), expected);
    }
}
