//! Where things lie in the folder of a store.

use std::fs;
use std::io;
use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

use super::error::StoreError;
use super::group::LogGroup;
use crate::vocab::TimeRange;

pub(super) const MANIFEST: &str = "manifest.ndjson";
pub(super) const MANIFEST_TEMPORARY: &str = "manifest.ndjson.tmp";
/// Where damaged lines of the manifest are put aside.
pub(super) const MANIFEST_DAMAGED: &str = "manifest.damaged";
pub(super) const LOCK: &str = "lock";
pub(super) const GITIGNORE: &str = ".gitignore";
const SEGMENTS: &str = "segments";
const SEGMENT_END: &str = ".ndjson.zst";
const TEMPORARY_END: &str = ".tmp";

/// How much of a group's name its folder shows.
const NAME_LIMIT: usize = 100;

/// The folder of a group's segments, below that of the store.
pub(super) fn folder_of(group: &LogGroup) -> String {
    let told = [group.account.as_deref().unwrap_or(""), &group.region, &group.name].join("\n");
    let hash = xxh3_64(told.as_bytes()) >> 32;
    let (region, name) = (safe(&group.region), safe(&group.name));
    format!("{SEGMENTS}/{region}/{name}-{hash:08x}")
}

/// A name that every file system takes and that no reader of folders passes over.
fn safe(name: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let safe = |(index, c): (usize, char)| {
        if is_safe(c) && (index > 0 || c != '.') {
            c
        } else {
            '_'
        }
    };
    let safe: String = name.chars().take(NAME_LIMIT).enumerate().map(safe).collect();
    if safe.is_empty() { "_".to_owned() } else { safe }
}

/// The name of a segment's file, below the folder of the store. The number makes it the only one ever.
pub(super) fn segment_file(group: &LogGroup, range: TimeRange, number: u64) -> String {
    let (from, to) = (range.from.as_epoch_millis(), range.to.as_epoch_millis());
    format!("{}/{from}-{to}-{number}{SEGMENT_END}", folder_of(group))
}

/// The name of a segment's file while it is written.
pub(super) fn temporary_of(file: &str) -> String {
    format!("{file}{TEMPORARY_END}")
}

/// The number in the name of a segment's file.
pub(super) fn number_of(file: &str) -> Option<u64> {
    let (_, number) = file.strip_suffix(SEGMENT_END)?.rsplit_once('-')?;
    number.parse().ok()
}

/// Whether a name leads to where segments lie, and not to somewhere else on the disk.
pub(super) fn is_segment_file(file: &str) -> bool {
    let parts: Vec<&str> = file.split('/').collect();
    let is_name =
        |part: &&str| !part.starts_with('.') && !part.is_empty() && !part.contains(['\\', ':', '\0']);
    matches!(parts[..], [SEGMENTS, ..])
        && parts.len() == 4
        && parts.iter().all(is_name)
        && file.ends_with(SEGMENT_END)
}

/// Whether a file is one that a writer left behind.
pub(super) fn is_temporary(file: &str) -> bool {
    file.strip_suffix(TEMPORARY_END).is_some_and(is_segment_file)
}

/// The files of segments, finished or not, sorted.
pub(super) fn files(store: &Path) -> Result<Vec<String>, StoreError> {
    let mut folders = vec![SEGMENTS.to_owned()];
    for _ in 0..2 {
        let mut below = Vec::new();
        for folder in &folders {
            below.extend(names(store, folder, fs::FileType::is_dir)?);
        }
        folders = below;
    }
    let mut files = Vec::new();
    for folder in &folders {
        files.extend(names(store, folder, fs::FileType::is_file)?);
    }
    files.retain(|file| is_segment_file(file) || is_temporary(file));
    files.sort();
    Ok(files)
}

fn names(
    store: &Path,
    folder: &str,
    is_wanted: fn(&fs::FileType) -> bool,
) -> Result<Vec<String>, StoreError> {
    let path = store.join(folder);
    let entries = match fs::read_dir(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(StoreError::io("list", &path))?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(StoreError::io("list", &path))?;
        let is_wanted = entry.file_type().is_ok_and(|file_type| is_wanted(&file_type));
        // A name that is no text is none of ours.
        if let (true, Some(name)) = (is_wanted, entry.file_name().to_str()) {
            names.push(format!("{folder}/{name}"));
        }
    }
    Ok(names)
}

/// Whether a folder holds something, and no store.
pub(super) fn is_foreign(store: &Path) -> Result<bool, StoreError> {
    let entries = match fs::read_dir(store) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        entries => entries.map_err(StoreError::io("list", store))?,
    };
    let mut is_foreign = false;
    for entry in entries {
        let name = entry.map_err(StoreError::io("list", store))?.file_name();
        if name == MANIFEST {
            return Ok(false);
        }
        // What may be there when the first fetch was cut off.
        is_foreign |= ![MANIFEST_TEMPORARY, LOCK, GITIGNORE]
            .iter()
            .any(|ours| name == *ours);
    }
    Ok(is_foreign)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::Timestamp;

    fn group(region: &str, name: &str) -> LogGroup {
        LogGroup {
            account: None,
            region: region.to_owned(),
            name: name.to_owned(),
        }
    }

    #[test]
    fn every_group_gets_a_folder_that_every_disk_takes() {
        let lambda = folder_of(&group("eu-west-1", "/aws/lambda/chat"));
        assert!(
            lambda.starts_with("segments/eu-west-1/_aws_lambda_chat-"),
            "{lambda}"
        );
        let hostile = [
            "",
            ".",
            "..",
            "../../etc",
            "a:b\\c",
            "é\u{202e}",
            &"x".repeat(512),
        ];
        for name in hostile {
            let range = TimeRange::new(Timestamp::from_epoch_millis(-5), Timestamp::from_epoch_millis(3));
            let file = segment_file(&group("..", name), range, 17);
            assert!(is_segment_file(&file), "{file}");
            assert!(is_temporary(&temporary_of(&file)), "{file}");
            assert_eq!(number_of(&file), Some(17));
            assert!(file.split('/').all(|part| part.len() <= 109), "{file}");
        }
    }

    #[test]
    fn groups_whose_names_look_alike_have_folders_of_their_own() {
        let of = |account: Option<&str>, name: &str| {
            folder_of(&LogGroup {
                account: account.map(str::to_owned),
                ..group("eu-west-1", name)
            })
        };
        assert_ne!(of(None, "/a/b"), of(None, "_a_b"));
        assert_ne!(of(None, "/a/b"), of(Some("1"), "/a/b"));
        assert_ne!(of(None, &"x".repeat(101)), of(None, &"x".repeat(102)));
    }

    #[test]
    fn names_that_lead_elsewhere_are_no_segments() {
        for file in [
            "/etc/a/b/c.ndjson.zst",
            "segments/../b/c.ndjson.zst",
            "segments/a/b/c/d.ndjson.zst",
            "segments/a/c.ndjson.zst",
            "segments/a/b/c.txt",
            "segments//b/c.ndjson.zst",
            "segments/a/C:/c.ndjson.zst",
        ] {
            assert!(!is_segment_file(file), "{file}");
        }
    }
}
