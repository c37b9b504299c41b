//! What the names in an export to S3 tell.

/// The log stream that a path `…/<export task>/<stream with dashes>/000000.gz` names: an export
/// turns the slashes of `2026/11/20/[7]0123…` to dashes. `None` for any other path.
pub(super) fn stream_of_path(path: &str) -> Option<String> {
    let mut parts = path.rsplit(['/', '\\']);
    let file = parts.next()?;
    let digits = file.strip_suffix(".gz").unwrap_or(file);
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let folder = parts.next()?;
    let date = folder.get(..11)?.as_bytes();
    let is_date = date.iter().enumerate().all(|(position, byte)| match position {
        4 | 7 | 10 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    (is_date && folder.contains('[')).then(|| folder.replacen('-', "/", 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_an_export_names_its_stream() {
        let of = |path: &str| stream_of_path(path);
        let stream = "2026/11/20/[$LATEST]0123456789abcdef0123456789abcdef";
        let folder = "2026-11-20-[$LATEST]0123456789abcdef0123456789abcdef";
        assert_eq!(
            of(&format!("out/6d29fbaa/{folder}/000000.gz")).as_deref(),
            Some(stream)
        );
        assert_eq!(of(&format!("{folder}/000012")).as_deref(), Some(stream));
        assert_eq!(
            of("x/2026-11-20-chat-api[7]0123456789abcdef0123456789abcdef/000000.gz").as_deref(),
            Some("2026/11/20/chat-api[7]0123456789abcdef0123456789abcdef")
        );
        for path in [
            "logs/000000.gz",
            "2026-11-20-x/000000.gz",
            "2026-11-20-[7]a/events.gz",
            "",
        ] {
            assert_eq!(of(path), None, "{path}");
        }
    }
}
