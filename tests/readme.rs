//! The README is a promise: its commands are run, its tables compared, its links followed.

#![cfg(feature = "cli")]
// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;

use common::{Run, root};
use latscope::command::ExitStatus;

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The fenced blocks of a page, with their language.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in page.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(language), None) => open = Some((language.to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

/// Every `cargo run -- …` is run with the program of this build; what stands in the `text` block
/// behind it must be what it prints.
#[test]
fn the_commands_of_the_readme_do_what_it_says() {
    let blocks = blocks(&read("README.md"));
    let mut run_commands = 0;
    for (index, (language, text)) in blocks.iter().enumerate() {
        if language != "sh" {
            continue;
        }
        for command in text.lines() {
            let Some(args) = command.strip_prefix("cargo run -- ") else {
                continue;
            };
            let run = Run::new(args);
            std::os::unix::fs::symlink(root().join("fixtures"), run.path("fixtures")).unwrap();
            let done = run.done().code(0).stderr_is("");
            if let Some((_, expected)) = blocks.get(index + 1).filter(|(language, _)| language == "text") {
                assert_eq!(done.stdout(), *expected, "{command}");
            }
            run_commands += 1;
        }
    }
    assert!(run_commands >= 2, "the README shows {run_commands} commands");
}

#[test]
fn ci_runs_the_test_command_of_the_readme() {
    let blocks = blocks(&read("README.md"));
    let tests = blocks
        .iter()
        .flat_map(|(_, text)| text.lines())
        .find(|line| line.starts_with("cargo test"));
    let tests = tests.expect("the README has no test command");
    assert!(
        read(".ci/run").lines().any(|line| line == tests),
        "{tests} is not in .ci/run"
    );
}

#[test]
fn the_exit_codes_of_the_readme_are_those_of_the_program() {
    let readme = read("README.md");
    for (code, meaning) in ExitStatus::TABLE {
        let row = format!("| {code} | {meaning} |");
        assert!(readme.contains(&row), "{row} is not in the README");
    }
}

#[test]
fn links_lead_somewhere() {
    for page in [
        "README.md",
        "CHANGELOG.md",
        "docs/architecture.md",
        "docs/drive.md",
        "docs/fetch.md",
        "docs/formats.md",
        "docs/gate.md",
        "docs/performance.md",
        "docs/queries.md",
        "docs/run-the-experiment.md",
        "docs/simulation.md",
        "docs/statistics.md",
        "docs/terms.md",
        "fixtures/README.md",
        "fixtures/lines/README.md",
        "fuzz/README.md",
        "queries/README.md",
        "CONTRIBUTING.md",
        "reports/haiku-vs-nova-lite/report.md",
    ] {
        let text = read(page);
        let folder = root().join(page);
        let folder = folder.parent().unwrap();
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap();
            let file = target.split('#').next().unwrap();
            if !file.is_empty() && !file.contains("://") {
                assert!(folder.join(file).exists(), "{page} links to {target}");
            }
        }
    }
}

/// Every test that `docs/statistics.md` names as `file::test` exists.
#[test]
fn the_tests_that_the_statistics_page_names_exist() {
    let page = read("docs/statistics.md");
    let tests: Vec<(&str, &str)> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|name| name.rsplit_once("::"))
        .filter(|name| *name != ("file", "test"))
        .filter(|(file, test)| {
            [*file, *test].iter().all(|part| {
                part.chars()
                    .all(|c| "_:".contains(c) || c.is_ascii_lowercase() || c.is_ascii_digit())
            })
        })
        .collect();
    assert!(tests.len() > 40, "{tests:?}");
    for (file, test) in tests {
        let homes = [
            "src/stats",
            "src/summary",
            "src/comparison",
            "src/comparison/gate",
            "src/render",
            "tests",
        ];
        let found = homes.iter().any(|home| {
            let file = file.replace("::", "/");
            let paths = [format!("{file}.rs"), format!("{file}/main.rs")];
            paths.iter().any(|path| {
                let code = fs::read_to_string(root().join(home).join(path));
                code.is_ok_and(|code| code.contains(&format!("fn {test}(")))
            })
        });
        assert!(found, "there is no test {file}::{test}");
    }
}
