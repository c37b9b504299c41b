//! Outputs that are committed. To accept a change that was meant, run the tests with `LATSCOPE_ACCEPT=1` and read the
//! difference before committing it.

use std::fs;

use super::root;

/// Compares a text with the committed file, byte by byte.
#[track_caller]
pub fn assert_golden(path: &str, found: &str) {
    let path = root().join(path);
    if std::env::var_os("LATSCOPE_ACCEPT").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let first = expected.lines().zip(found.lines()).position(|(a, b)| a != b);
    assert!(
        expected == found,
        "{} differs from line {}; LATSCOPE_ACCEPT=1 accepts the new one",
        path.display(),
        first.unwrap_or_else(|| expected.lines().count().min(found.lines().count())) + 1
    );
}
