//! Events that have ids, streams and times give the same result in any order and in any files.

#![no_main]

use latscope_corpus::write_ndjson;
use latscope_fuzz::{Choices, Ties, event_list, outcome_of, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices::new(data);
    let files = 1 + choices.index(4);
    let mut events = event_list(&mut choices, Ties::Allowed);
    let ndjson = |events: &[latscope_corpus::Event]| {
        let mut bytes = Vec::new();
        write_ndjson(events, &mut bytes).expect("memory takes everything");
        bytes
    };
    let expected = outcome_of(&read(&[ndjson(&events)]).collected);
    // What follows the events in the bytes says how they are dealt out.
    choices.shuffle(&mut events);
    let mut dealt = vec![Vec::new(); files];
    for event in events {
        dealt[choices.index(files)].push(event);
    }
    let bytes: Vec<Vec<u8>> = dealt.iter().map(|events| ndjson(events)).collect();
    assert_eq!(outcome_of(&read(&bytes).collected), expected);
});
