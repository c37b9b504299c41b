//! What the fuzz targets share: a source of choices, JSON in any order, log events, and reading
//! with the checks that hold for every input.

mod choices;
mod events;
mod json;
mod reading;
mod reduction;

pub use choices::Choices;
pub use events::{BASE_MS, Ties, event_list};
pub use json::{Object, quoted, turned};
pub use reading::{Reading, outcome_of, read, zipped};

use std::sync::LazyLock;

use latscope::parse::{Parsed, Parser, TimingKeys};

/// Stands for a prompt: it must come out nowhere.
pub const SECRET: &str = "Zebra-7719-quilt";

/// The parser of all targets, with the common keys.
pub fn parser() -> &'static Parser {
    static PARSER: LazyLock<Parser> =
        LazyLock::new(|| Parser::new(TimingKeys::common()).expect("the common keys can be searched for"));
    &PARSER
}

/// Reads any bytes as a message and as a row, which must not panic, nor may a reason quote them. What is kept of the
/// message must read as it does.
pub fn parse_raw(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    // Once more with a word in it that no reason holds of itself.
    let (before, behind) = text.split_at(text.floor_char_boundary(text.len() / 2));
    for text in [&*text, &format!("{before}{SECRET}{behind}")] {
        check_reason(&parser().parse(text));
        check_reason(&parser().parse_row(text));
        reduction::check_reduction(text);
    }
}

/// The first `part` of 256 parts of a text.
pub fn cut(text: &str, part: u64) -> &str {
    let at = text.len() * part as usize / 256;
    &text[..text.floor_char_boundary(at)]
}

/// A rejection says why in a few words of its own.
fn check_reason(parsed: &Parsed) {
    if let Parsed::Rejected(reason) = parsed {
        assert!(
            !reason.contains(SECRET),
            "the reason quotes the message: {reason}"
        );
        assert!(reason.len() < 200, "the reason is too long: {reason}");
    }
}
