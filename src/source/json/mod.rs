//! JSON in every form in which log events are saved: one object a line, documents of the AWS CLI, arrays,
//! objects one after the other, rows of Logs Insights, and envelopes with data inside.

mod cells;
mod cutter;
mod document;
mod envelope;
mod layout;
mod lines;
mod object;
mod scalar;
mod scan;
mod shape;
mod shape_of_event;
mod unescape;

pub(super) use document::read as read_document;
pub(super) use lines::{last_cut, read as read_lines, read_block};
pub(super) use shape::{is_array, is_container, is_document, is_scalar_first};
