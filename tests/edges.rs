//! What is shown of logs at the edges of what one can ask about: one request, no timing record, nothing but cold starts
//! or timeouts, ten models, and names that would act.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::golden::assert_golden;
use common::{Done, Run, outside_code, root};
use latscope_corpus::{HOSTILE_NAMES, Scenario, generate, write_ndjson};
use sha2::{Digest, Sha256};

const HAIKU: &str = "model=anthropic.claude-3-haiku-20240307-v1:0";
const MODELS: &[&str] = &["--baseline", "haiku", "--candidate", "nova-lite"];
const VERSIONS: &[&str] = &["--baseline", "version=7", "--candidate", "version=8"];
const ALL: &[&str] = &["--baseline", HAIKU, "--all-models"];

/// Each with what its report compares.
const EDGES: [(&str, &[&str]); 6] = [
    ("one-request", MODELS),
    ("no-timing", VERSIONS),
    ("only-cold", MODELS),
    ("all-timeouts", VERSIONS),
    ("ten-models", ALL),
    ("hostile-names", ALL),
];

fn logs(edge: &str) -> PathBuf {
    root().join(format!("fixtures/edges/{edge}.ndjson.gz"))
}

/// The report of an edge in the folder `out`.
fn report(edge: &str, sides: &[&str]) -> Done {
    let run = Run::new("report --out out --input").arg(logs(edge));
    sides
        .iter()
        .fold(run, |run, side| run.arg(*side))
        .done()
        .code(0)
        .stderr_is("")
}

/// The files of a folder and of those in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => {
                found.insert(path.clone(), fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn the_committed_logs_are_what_the_generator_writes() {
    for (edge, _) in EDGES {
        let mut bytes = Vec::new();
        write_ndjson(&generate(&Scenario::preset(edge).unwrap()).events, &mut bytes).unwrap();
        let mut committed = flate2::read::MultiGzDecoder::new(fs::File::open(logs(edge)).unwrap());
        let mut found = Vec::new();
        std::io::Read::read_to_end(&mut committed, &mut found).unwrap();
        assert!(found == bytes, "{edge}");
    }
}

/// The pages are committed as they are, of all other files their length and SHA-256.
#[test]
fn everything_that_is_shown_is_as_it_was() {
    for (edge, sides) in EDGES {
        let summary = Run::new("summary --input")
            .arg(logs(edge))
            .done()
            .code(0)
            .stdout();
        let done = report(edge, sides);
        let folder = done.path("out");
        let mut digests = String::new();
        for (path, text) in files(&folder) {
            let name = path.strip_prefix(&folder).unwrap().to_str().unwrap();
            let digest: String = Sha256::digest(&text)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            digests.push_str(&format!("{digest} {:>7} {name}\n", text.len()));
        }
        let golden = |name: &str| format!("tests/golden/edges/{edge}/{name}");
        assert_golden(&golden("summary.txt"), &summary);
        assert_golden(&golden("report.txt"), &done.stdout());
        assert_golden(&golden("report.md"), &done.read("out/report.md"));
        assert_golden(&golden("files.txt"), &digests);
    }
}

/// Nothing in a text steers a terminal or turns the direction of writing.
#[track_caller]
fn assert_plain(what: &str, text: &str) {
    let acts = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let at = text.find(acts);
    assert!(
        at.is_none(),
        "{what}: {:?}",
        at.map(|at| &text[at.saturating_sub(40)..][..40])
    );
}

/// No name became an element or an attribute of a page or a figure.
#[track_caller]
fn assert_no_markup(what: &str, text: &str) {
    for markup in ["<script>alert", "<img", "<!-- g"] {
        assert!(!text.contains(markup), "{what}: {markup}");
    }
}

#[test]
fn names_that_would_act_are_inert_in_every_form() {
    let done = report("hostile-names", ALL);
    assert_plain("report", &done.stdout());
    let files = files(&done.path("out"));
    // The ranking, a report of each, and nine figures with most of them.
    assert!(files.len() > 100, "{}", files.len());
    for (path, text) in &files {
        let what = path.to_str().unwrap();
        assert_plain(what, text);
        match path.extension().and_then(|extension| extension.to_str()).unwrap() {
            "md" => {
                let page = outside_code(text).replace("\\]", "");
                assert_no_markup(what, &page);
                assert!(
                    !page.contains("](javascript:")
                        && !page.contains("![](x)")
                        && !text.contains("\n# heading"),
                    "{what}"
                );
            }
            "html" | "svg" => assert_no_markup(what, text),
            "json" => assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{what}"),
            other => panic!("a file of the form {other}"),
        }
    }
    // They are shown, and not left out.
    let page = &files[&done.path("out/report.md")];
    for shown in [
        "<script>alert(1)",
        "\\u{1b}[2j",
        "left\\u{202e}thgir",
        "two\\u{a}lines",
        "=hyperlink",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
}

#[test]
fn names_that_would_act_are_inert_in_tables_and_on_a_terminal() {
    let run = |args: &str| {
        let args = if args == "inspect" {
            "inspect"
        } else {
            &format!("{args} --input")
        };
        Run::new(args).arg(logs("hostile-names")).done()
    };
    for args in [
        "summary",
        "summary --by model",
        "summary --format markdown",
        "summary --format csv",
        "summary --format json",
        "inspect",
    ] {
        let text = run(args).code(0).stdout();
        assert!(args == "inspect" || text.contains("alert(1)"), "{args}: {text}");
        assert_plain(args, &text.replace("\r\n", "\n"));
        if args.contains("csv") {
            for start in ['=', '@', '+'] {
                let (first, quoted) = (format!("\n{start}"), format!(",\"{start}"));
                assert!(
                    !text.contains(&first) && !text.contains(&quoted),
                    "{args}: {start}"
                );
                assert!(!text.contains(&format!(",{start}")), "{args}: {start}");
            }
            assert!(text.contains("'=hyperlink"), "{args}: {text}");
        }
        if args.contains("markdown") {
            assert_no_markup(args, &outside_code(&text));
        }
    }
    for format in ["text", "json", "github", "junit"] {
        // A comma in a selector ends a value.
        for name in HOSTILE_NAMES.into_iter().filter(|name| !name.contains(',')) {
            let done = Run::new(&format!(
                "check --format {format} --fail-on p95>+900% --on-inconclusive pass"
            ))
            .arg("--baseline")
            .arg(HAIKU)
            .arg("--candidate")
            .arg(format!("model={name}"))
            .arg("--input")
            .arg(logs("hostile-names"))
            .done()
            .code(0);
            assert_plain(&format!("{format}: {name:?}"), &done.stdout());
            if format == "junit" {
                assert_no_markup(name, &done.stdout());
            }
        }
    }
    // An error that quotes what it does not know.
    for name in ["\u{1b}[31mno such model", "\u{202e}no such model"] {
        let done = Run::new("report --candidate nova-lite --baseline")
            .arg(format!("model={name}"))
            .arg("--input")
            .arg(logs("hostile-names"))
            .done();
        assert_plain(name, &done.stderr());
        assert_ne!(done.status(), Some(0));
    }
}
