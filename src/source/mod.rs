//! Floor 2: bytes become events, each with its place in the input.
//!
//! A file's form is recognised by its content, never by its name: CloudWatch events as one JSON
//! object a line, documents of `aws logs filter-log-events` and `get-log-events`, and plain text;
//! each of them plain or gzip. What an event says is none of this floor's business.

mod document;
mod event;
mod event_json;
mod form;
mod json_lines;
mod lines;
mod locate;
mod open;
mod text;

pub use event::{Item, RawEvent};
pub use form::Form;
pub use lines::LINE_LIMIT_BYTES;
pub use locate::{Located, locate};
pub use open::{Error, read_file, read_stream};
