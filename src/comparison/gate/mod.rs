//! Gates: conditions on a comparison, or on one side of it, under which a build shall fail.
//!
//! A gate is decided on an interval, never on the estimate alone, and has three outcomes.

mod arm;
mod evaluate;
mod expression;
mod judged;
mod measure;
mod parse;

pub use evaluate::{GateOptions, judge};
pub use expression::{Gate, Quantity, Rate, Threshold, TimeUnit};
pub use judged::{GateResult, Judged, Leaning, Measured, Needed, OnInconclusive, Purpose, Reason, Scale};
pub use parse::GateError;
