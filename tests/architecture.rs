//! The floors of the house: a module names only modules below it, and each heavy crate has one
//! home. `docs/architecture.md` describes them.

// A test may stop where something is not as it should be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

/// From the lowest floor to the highest.
const FLOORS: [&str; 13] = [
    "vocab",
    "stats",
    "source",
    "parse",
    "fetch",
    "drive",
    "invocation",
    "dataset",
    "summary",
    "comparison",
    "render",
    "command",
    "cli",
];

/// A crate, and the only places that may name it.
const HOMES: [(&str, &[&str]); 44] = [
    ("polars", &["src/dataset/"]),
    ("hdrhistogram", &["src/stats/"]),
    ("radsort", &["src/stats/"]),
    ("indexmap", &["src/invocation/"]),
    ("rayon", &["src/comparison/", "src/command/sides.rs"]),
    ("plotters", &["src/render/chart/"]),
    ("clap", &["src/cli/"]),
    ("flate2", &["src/source/"]),
    ("bzip2", &["src/source/"]),
    ("ruzstd", &["src/source/"]),
    ("zip", &["src/source/"]),
    ("tempfile", &["src/source/"]),
    ("encoding_rs", &["src/source/"]),
    ("encoding_rs_io", &["src/source/"]),
    ("base64", &["src/source/", "src/render/html/"]),
    ("sha2", &["src/render/html/", "src/drive/"]),
    ("toml", &["src/command/config.rs", "src/command/prices.rs"]),
    ("aho_corasick", &["src/parse/"]),
    ("xxhash_rust", &["src/source/store/", "src/invocation/"]),
    (
        "latscope_schema",
        &["src/parse/", "src/invocation/", "src/drive/"],
    ),
    ("zstd", &["src/source/compress.rs", "src/source/store/"]),
    ("aws_config", &["src/fetch/"]),
    ("aws_sdk_cloudwatchlogs", &["src/fetch/"]),
    ("aws_sdk_lambda", &["src/fetch/"]),
    ("aws_smithy_http_client", &["src/fetch/"]),
    ("aws_credential_types", &["src/fetch/", "src/drive/"]),
    ("aws_sigv4", &["src/drive/"]),
    ("hyper", &["src/drive/"]),
    ("hyper_util", &["src/drive/"]),
    ("http_body_util", &["src/drive/"]),
    ("rustls_native_certs", &["src/drive/"]),
    ("tokio_rustls", &["src/drive/"]),
    ("fastrand", &["src/fetch/", "src/drive/"]),
    ("tokio", &["src/fetch/", "src/drive/", "src/command/fetch/"]),
    (
        "indicatif",
        &[
            "src/command/fetch/",
            "src/command/drive/",
            "src/command/progress.rs",
        ],
    ),
    ("polars_io", &["src/dataset/"]),
    ("strsim", &["src/vocab/nearest.rs"]),
    ("clap_complete", &["src/cli/"]),
    ("clap_mangen", &["src/cli/man.rs"]),
    ("pulldown_cmark", &["src/command/terms.rs"]),
    ("textwrap", &["src/command/explain.rs"]),
    (
        "console",
        &["src/main.rs", "src/render/aligned.rs", "src/render/terminal.rs"],
    ),
    ("mimalloc", &["src/main.rs"]),
    ("anyhow", &[]),
];

/// Code that may stand only in these files.
const KEPT_APART: [(&str, &[&str]); 7] = [
    ("println!", &[]),
    ("process::exit", &[]),
    ("std::env", &["src/main.rs"]),
    ("SystemTime", &[]),
    // How long something took, never what time it is.
    (
        "Instant::now",
        &["src/fetch/", "src/drive/", "src/command/fetch/"],
    ),
    ("Utc::now", &["src/main.rs"]),
    ("super::super", &[]),
];

struct Source {
    path: String,
    code: String,
}

/// Every source file without its comments and without its tests.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src")];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files.retain(|path| !is_for_tests_only(path));
    assert!(files.len() > 50, "the sources were not found");
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let lines = code.lines().map(|line| line.split("//").next().unwrap());
        Source {
            path: path
                .strip_prefix(root)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/"),
            code: lines.collect::<Vec<_>>().join("\n"),
        }
    };
    files.iter().map(read).collect()
}

/// Whether a module's folder declares it for tests only.
fn is_for_tests_only(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_string_lossy();
    let declared = fs::read_to_string(path.with_file_name("mod.rs")).unwrap_or_default();
    declared.contains(&format!("#[cfg(test)]\nmod {name};"))
}

/// The modules of this crate that some code names: `crate::x`, and each in `crate::{x, y::z}`.
fn named_modules(code: &str) -> Vec<String> {
    let mut named = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(list) = rest.strip_prefix('{') else {
            named.push(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut expects_name = true;
        for (position, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => expects_name = true,
                c if expects_name && c.is_alphabetic() => {
                    named.push(word(&list[position..]));
                    expects_name = false;
                }
                _ => {}
            }
        }
    }
    named
}

fn word(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

#[test]
fn names_are_found_in_every_form_of_import() {
    let code =
        "use crate::stats::Sample;\nuse crate::{dataset, source::{Item, x}, parse};\ncrate::render::f()";
    assert_eq!(
        named_modules(code),
        ["stats", "dataset", "source", "parse", "render"]
    );
}

#[test]
fn a_module_names_only_modules_below_it() {
    let mut faults = Vec::new();
    for source in sources() {
        let Some(floor) = source
            .path
            .strip_prefix("src/")
            .and_then(|path| path.split_once('/'))
        else {
            continue; // lib.rs and main.rs stand above all.
        };
        let height = FLOORS.iter().position(|name| *name == floor.0);
        let height = height.unwrap_or_else(|| panic!("{} is on no floor", source.path));
        for name in named_modules(&source.code) {
            match FLOORS.iter().position(|floor| *floor == name) {
                Some(named) if named <= height => {}
                Some(_) => faults.push(format!("{} names {name}, which is above it", source.path)),
                None => faults.push(format!("{} names crate::{name}, which is no floor", source.path)),
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_heavy_crate_has_one_home() {
    let mut faults = Vec::new();
    for source in sources() {
        for (name, homes) in HOMES {
            let is_home = homes.iter().any(|home| source.path.starts_with(home));
            let path = format!("{name}::");
            let mut uses = source.code.match_indices(&path).map(|(at, _)| at);
            // `crate::x::toml::` or `my_toml::` is another name.
            let is_used = uses.any(|at| {
                !source.code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
            });
            if is_used && !is_home {
                faults.push(format!("{} names {name}, whose home is {homes:?}", source.path));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn clock_environment_and_terminal_are_kept_apart() {
    let mut faults = Vec::new();
    for source in sources() {
        for (code, homes) in KEPT_APART {
            if source.code.contains(code) && !homes.iter().any(|home| source.path.starts_with(home)) {
                faults.push(format!("{} holds {code}", source.path));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_folder_has_a_home_page_without_logic() {
    for floor in FLOORS {
        let page = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src")
            .join(floor)
            .join("mod.rs");
        let text = fs::read_to_string(&page).unwrap();
        assert!(
            text.starts_with("//! "),
            "{floor}/mod.rs does not say what the floor is"
        );
        assert!(!text.contains("fn "), "{floor}/mod.rs holds logic");
    }
}
