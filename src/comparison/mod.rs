//! Floor 8: two selections become ratios with intervals.

mod arrivals;
mod compare;
mod control;
mod doubts;
mod effects;
mod equal_checks;
mod load_checks;
mod quantiles;
mod side;
mod unattributed;

pub use compare::{Comparison, compare_sides};
pub use control::{Check, CheckState, Control, ControlState};
pub use effects::Effects;
pub use quantiles::{ComparedQuantile, Direction};
pub use side::{Composition, Identity, Margin, PARTS, Side, StartRow, TimeShares};
pub use unattributed::Unattributed;
