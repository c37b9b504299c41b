//! Floor 2: bytes become events, each with its place in the input.
//!
//! A file's form is recognised by its content, never by its name, after it was unpacked (gzip, zstd,
//! bzip2, zip) and decoded (UTF-8, UTF-16, stray bytes of Windows-1252). What an event says is none of
//! this floor's business. No form needs more memory than its longest value, and a value longer than
//! [`LINE_LIMIT_BYTES`] is passed over and said to be.

mod archive;
mod blocks;
mod compress;
mod counted;
mod csv;
mod encoding;
mod event;
mod form;
mod found;
mod json;
mod lines;
mod locate;
mod log_result;
mod near;
mod open;
mod output_text;
mod packed;
mod row;
mod s3_export;
mod sink;
pub mod store;
mod table;
mod text;
#[cfg(test)]
mod trial;

pub use blocks::{BLOCK_BYTES, Block, Blocks, Buffer};
pub use counted::Counted;
pub use event::{Item, RawEvent, Take};
pub use found::{Compression, Encoding, Form, Found};
pub use lines::LINE_LIMIT_BYTES;
pub use locate::{Located, locate};
pub use open::{Error, Opened, open, open_stream, read_file, read_stream};
pub use packed::{read_packed, write_packed};
