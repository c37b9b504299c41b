//! Floor 8: two selections become ratios with intervals.

mod compare;
mod doubts;
mod side;
mod unattributed;

pub use compare::{ComparedQuantile, Comparison, Direction, compare_sides};
pub use side::{Composition, Identity, Margin, PARTS, Side, StartRow, TimeShares};
pub use unattributed::Unattributed;
