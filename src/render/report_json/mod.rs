//! `latscope.report/v1`: the machine form of a report. `docs/report.schema.json` describes it.

mod answers;
mod comparison;
mod conditions;
mod cost;
mod document;
mod limits;
mod parts;
mod path;
mod quantiles;
mod sides;
mod slowest;
mod tail;
mod time_spent;

pub(super) use document::SCHEMA;
pub use document::report_json;
