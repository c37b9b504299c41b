//! What a fetch kept.

use serde::{Deserialize, Serialize};

/// What was asked of the server, and how that was reduced before it was stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// The filter patterns of the server; none of them asks for all events.
    pub patterns: Vec<String>,
    /// Whether every event was kept.
    pub all_events: bool,
    /// The beginning of the names of the only streams that were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_prefix: Option<String>,
    /// The keys by which timing records were told.
    pub timing_keys: Vec<String>,
    /// The version of the rules that say what of an event is kept.
    pub reduction: u32,
}

impl Capture {
    /// What was kept where nothing tells it any more. It is as wide as none and satisfies none, so that it is fetched
    /// again, and only a fetch of everything is as wide as it.
    pub(super) fn unknown() -> Self {
        Self {
            all_events: true,
            stream_prefix: Some(String::new()),
            ..Self::default()
        }
    }

    /// Whether what this kept holds all that `wanted` would keep.
    pub fn satisfies(&self, wanted: &Self) -> bool {
        let is_of_all_streams = self.stream_prefix.is_none();
        let is_reduced_alike = self.timing_keys == wanted.timing_keys && self.reduction == wanted.reduction;
        let is_wide = self.all_events || (self.patterns == wanted.patterns && !wanted.all_events);
        self == wanted || (is_of_all_streams && is_reduced_alike && is_wide)
    }

    /// Whether this asked for all the streams and kinds of events that `other` asked for. How events are told and
    /// reduced does not matter: what is read later is read better.
    pub fn is_as_wide_as(&self, other: &Self) -> bool {
        let has_its_streams = self.stream_prefix.is_none() || self.stream_prefix == other.stream_prefix;
        let has_its_kinds = self.all_events || !other.all_events;
        has_its_streams && has_its_kinds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wider_captures_satisfy_narrower_ones() {
        let usual = Capture {
            patterns: vec!["\"REPORT RequestId\"".to_owned()],
            timing_keys: vec!["inference_ms".to_owned()],
            reduction: 1,
            ..Capture::default()
        };
        let all = Capture {
            patterns: Vec::new(),
            all_events: true,
            ..usual.clone()
        };
        let of_streams = |capture: &Capture| Capture {
            stream_prefix: Some("2026/11".to_owned()),
            ..capture.clone()
        };
        for capture in [&usual, &all] {
            assert!(capture.satisfies(capture));
            assert!(capture.satisfies(&of_streams(capture)));
            assert!(of_streams(capture).satisfies(&of_streams(capture)));
            assert!(!of_streams(capture).satisfies(capture));
            assert!(capture.is_as_wide_as(capture));
            assert!(capture.is_as_wide_as(&of_streams(capture)));
            assert!(of_streams(capture).is_as_wide_as(&of_streams(capture)));
            assert!(!of_streams(capture).is_as_wide_as(capture));
        }
        assert!(all.satisfies(&usual));
        assert!(!usual.satisfies(&all));
        assert!(all.is_as_wide_as(&usual));
        assert!(!usual.is_as_wide_as(&all));
        let of_all_patterns = Capture {
            patterns: Vec::new(),
            ..usual.clone()
        };
        assert!(!of_all_patterns.satisfies(&all));
        let other_keys = Capture {
            timing_keys: Vec::new(),
            ..all.clone()
        };
        let other_rules = Capture {
            reduction: 2,
            ..all.clone()
        };
        assert!(!other_keys.satisfies(&usual));
        assert!(!other_rules.satisfies(&usual));
        let unknown = Capture::unknown();
        for capture in [&usual, &all, &of_streams(&usual), &of_streams(&all)] {
            assert!(!unknown.satisfies(capture) && !unknown.is_as_wide_as(capture));
            let is_of_everything = *capture == all;
            assert_eq!(capture.is_as_wide_as(&unknown), is_of_everything);
        }
        assert!(other_keys.is_as_wide_as(&all) && other_rules.is_as_wide_as(&all));
    }
}
