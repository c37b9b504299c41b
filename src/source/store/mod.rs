//! The store of fetched events: a folder that `fetch` fills and that later runs read instead of the server.
//!
//! ```text
//! .latscope/
//!   .gitignore            keeps the folder out of git
//!   lock                  held by the one who writes
//!   manifest.ndjson       what the store holds: one line an operation, appended
//!   manifest.damaged      lines that could not be read, if there were any
//!   segments/<region>/<group>-<hash>/<from>-<to>-<number>.ndjson.zst
//! ```
//!
//! A segment is the events of one log group in one range of time, in a form that every reader of saved logs
//! reads. It counts once the manifest lists it, and never changes; a newer one replaces it under another name.

mod capture;
mod coverage;
mod damage;
mod entry;
mod error;
mod event;
mod files;
mod group;
mod layout;
mod line;
mod manifest;
mod mending;
mod pack;
mod place;
mod reading;
mod segment;
mod writing;

pub use capture::Capture;
pub use coverage::Coverage;
pub use damage::Damage;
pub use entry::{Fetch, Segment, SegmentState};
pub use error::StoreError;
pub use event::StoredEvent;
pub use group::LogGroup;
pub use manifest::FORMAT;
pub use place::SegmentPlace;
pub use reading::{Store, Verified};
pub use segment::{Finished, SegmentWriter};
pub use writing::{Committed, Pruned};
