//! Floor 7: two selections become ratios with intervals.

mod compare;
mod doubts;
mod side;
mod unattributed;

pub use compare::{ComparedQuantile, Comparison, compare_sides};
pub use side::{Composition, Margin, PARTS, Side, StartRow, TimeShares};
pub use unattributed::Unattributed;
