//! Floor 8: two selections become ratios with intervals.

mod compare;
mod control;
mod doubts;
mod gate;
mod side;
mod unattributed;

pub use compare::{ComparedQuantile, Comparison, Direction, compare_sides};
pub use control::{Check, CheckState, Control, ControlState};
pub use gate::{
    Gate, GateError, GateOptions, GateResult, Judged, Leaning, Measured, Needed, OnInconclusive, Operator,
    Purpose, Quantity, Rate, Reason, Scale, Threshold, TimeUnit, Verdict, decide, judge,
};
pub use side::{Composition, Identity, Margin, PARTS, Side, StartRow, TimeShares};
pub use unattributed::Unattributed;
