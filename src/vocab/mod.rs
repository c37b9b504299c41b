//! Floor 0: the words that every other floor shares, and nothing that computes a result.

mod alike;
mod any_value;
mod digits;
mod identity;
mod micros;
mod model_id;
mod nearest;
mod origin;
mod rejected;
mod text;
mod time_range;
mod timestamp;
mod trace;

pub(crate) use alike::{before, behind};
pub(crate) use any_value::{AnyType, Lenient};
pub(crate) use digits::{bytes_like, eight, of_values};
pub use identity::RequestId;
pub use micros::{Micros, ParseMicrosError};
pub use model_id::ModelId;
pub use nearest::{did_you_mean, likeness, nearest, nearest_by, offer};
pub use origin::{Origin, Place};
pub use rejected::Rejected;
pub use text::{acts, counted, grouped, visible};
pub use time_range::{TimeRange, gaps};
pub(crate) use timestamp::Minute;
pub use timestamp::Timestamp;
pub use trace::TraceId;
