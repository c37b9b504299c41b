//! Events that have ids, streams and times give the same result in any order and in any files.

#![no_main]

use latscope_corpus::write_ndjson;
use latscope_fuzz::{Choices, Ties, event_list, outcome_of, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let files = 1 + choices.index(4);
    let mut deal = Deal(choices.up_to(u64::MAX));
    let mut events = event_list(&mut choices, Ties::Allowed);
    let ndjson = |events: &[latscope_corpus::Event]| {
        let mut bytes = Vec::new();
        write_ndjson(events, &mut bytes).expect("memory takes everything");
        bytes
    };
    let expected = outcome_of(&read(&[ndjson(&events)]).collected);
    for last in (1..events.len()).rev() {
        events.swap(last, deal.index(last + 1));
    }
    let mut dealt = vec![Vec::new(); files];
    for event in events {
        dealt[deal.index(files)].push(event);
    }
    let bytes: Vec<Vec<u8>> = dealt.iter().map(|events| ndjson(events)).collect();
    let shown = String::from_utf8_lossy(&bytes.join(&b"---\n"[..])).into_owned();
    assert_eq!(outcome_of(&read(&bytes).collected), expected, "{shown}");
});

/// Deals events out from a number chosen before them, since they use up all other choices.
struct Deal(u64);

impl Deal {
    fn index(&mut self, length: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % length
    }
}
