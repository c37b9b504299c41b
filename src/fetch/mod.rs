//! Floor 4: events come from CloudWatch into the store.

mod pattern;

pub use pattern::Patterns;
