//! Floor 6: invocations as columns, from which rows are selected and grouped. The only home of
//! polars.

mod columns;
mod export;
mod facts;
mod frame;
mod models;
mod remembered;
mod saved_rows;
mod select;
mod window;

pub use crate::invocation::{Optional, Whole};
pub use columns::{Columns, ModelSource};
pub use export::{EXPORT_SCHEMA, Export, ExportColumn, ExportValues, write_parquet};
pub use facts::FactColumns;
pub use frame::{Dataset, Error, Group};
pub use saved_rows::{DamagedRows, SavedRows};
pub use select::{Condition, ConditionError, Key, Selection};
pub use window::{TimeBound, TimeError, Window};
