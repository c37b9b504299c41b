//! What stands in a store for a message that could not be read.

use std::borrow::Cow;

use super::plain::Object;
use super::platform_event;

/// The schema of a marker.
const SCHEMA: &str = "latscope.rejected/v1";

/// What every marker begins with.
const START: &str = "{\"schema\":\"latscope.rejected/v1\"";

/// The most characters of a reason. Ours are shorter.
const LONGEST_REASON: usize = 200;

/// What is kept of a reason that is none of ours.
const OTHER_REASON: &str = "rejected for a reason that is not known";

/// The words that the reasons of this floor are made of, fields and formats among them. Any other could have been
/// put into a marker by an application.
const WORDS: &str = "\
    a access an another as at be because before but by client cut does duration empty event field for given have holds id in \
    integration's is it its key know known large latency latscope lambda log malformed megabytes milliseconds missing model ms negative no not \
    number of off one or other platform reason record rejected request response's run runtime that text the this time timing to too twice \
    type under unit version whole with without wrong \
    API Bedrock Billed Duration END Gateway INIT_REPORT INIT_START Init JSON Lambda Max Memory REPORT RESTORE_REPORT \
    RESTORE_START Restore START Size Status Used invocation metrics \
    billedDurationMs durationMs initDurationMs restoreDurationMs \
    call_index inference_ms intended_at latency_ms retry_ms service_ms start_offset_ms";

/// Whether a message is a marker, of whoever wrote it.
pub(super) fn is_one(text: &str) -> bool {
    text.starts_with(START)
}

/// The reason in a marker, made harmless. `None` if the text is none.
pub(super) fn read(text: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Marker<'a> {
        #[serde(borrow)]
        schema: Cow<'a, str>,
        #[serde(borrow)]
        reason: Cow<'a, str>,
    }
    if !is_one(text) {
        return None;
    }
    let marker = serde_json::from_str::<Marker<'_>>(text).ok()?;
    let shown = marker.reason.chars().filter(|c| !c.is_control());
    (marker.schema == SCHEMA).then(|| shown.take(LONGEST_REASON).collect())
}

/// The marker for a reason.
pub(super) fn written(reason: &str) -> String {
    Object::default()
        .text("schema", SCHEMA)
        .text("reason", reason)
        .finish()
}

/// The reason, if it is one of this floor's; else one that says so.
pub(super) fn known_reason(reason: &str) -> &str {
    let is_known = |word: &str| {
        let kind = word.strip_prefix("platform.");
        kind.is_some_and(|kind| kind == "…" || platform_event::KINDS.contains(&kind))
            || WORDS.split_ascii_whitespace().any(|known| known == word)
    };
    let mut words = reason.split(' ').map(|word| word.trim_end_matches([':', ',']));
    match words.all(is_known) {
        true => reason,
        false => OTHER_REASON,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_reads_back() {
        let reason = "REPORT: Billed Duration is not in ms";
        assert_eq!(read(&written(reason)).as_deref(), Some(reason));
        assert_eq!(known_reason(reason), reason);
        assert_eq!(known_reason(OTHER_REASON), OTHER_REASON);
    }

    #[test]
    fn a_marker_of_others_is_made_harmless() {
        let read = read(&written(&"a\u{1b}[31m\n".repeat(100))).unwrap();
        assert!(read.chars().count() == LONGEST_REASON && !read.contains(char::is_control));
        assert_eq!(known_reason("the user's own words"), OTHER_REASON);
        assert_eq!(
            known_reason("platform.PLANTED0SECRET without a record"),
            OTHER_REASON
        );
    }
}
