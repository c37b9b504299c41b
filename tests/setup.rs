//! What sets latscope up: `init`, `completions` and `man`.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use common::{Folder, Run, invocation};
use latscope::command::Config;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const HAIKU: &str = "anthropic.claude-3-haiku-20240307-v1:0";

fn template() -> String {
    Run::new("init")
        .done()
        .code(0)
        .stderr_is("")
        .read("latscope.toml")
}

/// The template with every option in force: what begins with `#word` is one, what begins with `# ` is said of it.
fn in_force(template: &str) -> String {
    let option = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => rest.to_owned(),
        _ => line.to_owned(),
    };
    template.lines().map(|line| option(line) + "\n").collect()
}

fn read(text: &str) -> Config {
    let folder = Folder::new();
    let path = folder.path().join("latscope.toml");
    fs::write(&path, text).unwrap();
    Config::read(&path).unwrap_or_else(|error| panic!("{error}"))
}

/// The options that the configuration itself says it knows, when it meets one that it does not.
fn known(broken: &str) -> BTreeSet<String> {
    let folder = Folder::new();
    let path = folder.path().join("latscope.toml");
    fs::write(&path, broken).unwrap();
    let said = Config::read(&path).unwrap_err().to_string();
    match said.split_once("fields: ") {
        Some((_, names)) => {
            let names = names.split("; did").next().unwrap();
            names.trim().split(", ").map(str::to_owned).collect()
        }
        None => {
            let (_, names) = said.split_once("expected ").unwrap_or_else(|| panic!("{said}"));
            names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        }
    }
}

fn keys(table: &toml::Table) -> BTreeSet<String> {
    table.keys().cloned().collect()
}

// init

#[test]
fn the_template_as_it_is_changes_nothing() {
    let config = read(&template());
    assert!(!config.has_keys);
    assert_eq!((config.store, config.prices), (None, None));
    assert_eq!(config.fetch.asked, latscope::fetch::Asked::default());
    assert!(config.fetch.since.is_none() && config.fetch.stream_prefix.is_none());
    let logs: String = (0..8).map(|n| invocation(n, HAIKU, 400.0, 420.0)).collect();
    let of = |run: Run| {
        run.file("logs.ndjson", &logs)
            .done()
            .code(0)
            .stderr_is("")
            .stdout()
    };
    let run = || Run::new("summary --input logs.ndjson");
    assert_eq!(of(run()), of(run().file("latscope.toml", template())));
}

#[test]
fn every_option_of_the_template_is_read_and_every_option_that_is_read_is_in_it() {
    let text = in_force(&template());
    let config = read(&text);
    assert!(config.has_keys);
    assert_eq!(config.store.as_deref(), Some(Path::new(".latscope")));
    assert_eq!(config.prices.as_deref(), Some(Path::new("prices.toml")));
    assert_eq!(config.fetch.access.per_second, Some(2.5));
    assert!(config.fetch.since.is_some() && config.fetch.stream_prefix.is_some());
    let table: toml::Table = text.parse().unwrap();
    assert_eq!(keys(&table), known("unheard = 1\n"));
    for name in ["fetch", "timing"] {
        let inner = table[name].as_table().unwrap();
        assert_eq!(
            keys(inner),
            known(&format!("[{name}]\nunheard = \"x\"\n")),
            "{name}"
        );
    }
    // One name alone is not listed by "expected one of".
    let prices = table["prices"].as_table().unwrap();
    assert_eq!(keys(prices), known("[prices]\nunheard = 1\n"));
}

#[test]
fn every_option_has_a_sentence_above_it() {
    let text = template();
    let mut is_said = false;
    for line in text.lines() {
        let is_option = line.starts_with('#') && !line.starts_with("# ") && line.len() > 1;
        assert!(!is_option || is_said, "nothing is said of {line}");
        is_said = line.starts_with("# ") || (is_option && is_said);
        assert!(line.chars().count() <= 120, "{line}");
        assert!(
            line.is_empty() || line.starts_with(['#', '[']),
            "{line} is in force"
        );
    }
}

#[test]
fn own_names_of_fields_change_no_result() {
    let logs: String = (0..8).map(|n| invocation(n, HAIKU, 400.0, 420.0)).collect();
    let of = |run: Run| run.file("logs.ndjson", &logs).done().code(0).stdout();
    let run = || Run::new("summary -q --input logs.ndjson --format json");
    assert_eq!(of(run()), of(run().file("latscope.toml", in_force(&template()))));
}

#[test]
fn a_file_that_is_there_is_kept_unless_forced() {
    let done = Run::new("init")
        .file("latscope.toml", "store = \"mine\"\n")
        .done()
        .code(2);
    assert_eq!(done.read("latscope.toml"), "store = \"mine\"\n");
    done.stderr_is("error: latscope.toml exists and was left as it is; --force overwrites it\n");
    let done = Run::new("init --force")
        .file("latscope.toml", "not = = toml")
        .done()
        .code(0);
    assert_eq!(done.read("latscope.toml"), template());
    done.stderr_is("").stdout_has("Wrote latscope.toml");
    let run = Run::new("init");
    fs::create_dir(run.path("latscope.toml")).unwrap();
    run.done().code(2);
}

// Completions and pages

#[test]
fn every_shell_has_completions_that_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = || {
            Run::new(&format!("completions {shell}"))
                .done()
                .code(0)
                .stderr_is("")
                .stdout()
        };
        let script = run();
        assert_eq!(script, run(), "{shell}");
        for word in [
            "explain",
            "completions",
            "fail-on",
            "what-if",
            "margin",
            "older-than",
        ] {
            assert!(script.contains(word), "{shell} does not complete {word}");
        }
    }
    Run::new("completions bsh").done().code(2).stderr_has("'bash'");
    Run::new("completions").done().code(2);
}

#[test]
fn the_main_page_goes_to_standard_output() {
    let page = Run::new("man").done().code(0).stderr_is("").stdout();
    assert_eq!(page, Run::new("man").done().code(0).stdout());
    for part in [
        ".TH",
        "latscope\\-report(1)",
        ".SH EXAMPLES\n.nf\n",
        "Exit codes:",
    ] {
        assert!(page.contains(part), "{part} is not in:\n{page}");
    }
}

#[test]
fn every_command_has_a_page_without_a_date() {
    let done = Run::new("man --out pages/man1").done().code(0).stderr_is("");
    for name in [
        "latscope",
        "latscope-report",
        "latscope-store-export",
        "latscope-query-run",
        "latscope-explain",
    ] {
        let page = done.read(&format!("pages/man1/{name}.1"));
        let title = page.lines().find(|line| line.starts_with(".TH")).unwrap();
        assert_eq!(title, format!(".TH {name} 1 \"\" \"latscope {VERSION}\" \"\""));
        assert!(page.contains("\n.SH EXAMPLES\n.nf\n"), "{name}");
        assert!(
            page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"),
            "{name}"
        );
    }
    assert_eq!(
        done.read("pages/man1/latscope.1"),
        Run::new("man").done().code(0).stdout()
    );
    done.stdout_has(" pages to pages/man1\n");
    let run = Run::new("man --out file").file("file", "in the way");
    run.done().code(1).stderr_has("error: cannot write file");
}
