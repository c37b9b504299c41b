//! Floor 8: two selections become ratios with intervals.

mod compare;
mod control;
mod doubts;
mod equal_checks;
mod load_checks;
mod side;
mod unattributed;

pub use compare::{ComparedQuantile, Comparison, Direction, compare_sides};
pub use control::{Check, CheckState, Control, ControlState};
pub use side::{Composition, Identity, Margin, PARTS, Side, StartRow, TimeShares};
pub use unattributed::Unattributed;
