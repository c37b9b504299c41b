//! Gates and what became of them, in every form of output.

mod github;
mod json;
mod json_shared;
mod junit;
mod page;
mod text;
mod words;

pub use github::{github_annotations, github_summary};
pub use json::check_json;
pub(super) use json_shared::{ControlJson, GateJson, control_json, gates_json};
pub use junit::check_junit;
pub(super) use page::gates_section;
pub use text::{check_text, gate_lines};
pub use words::CheckView;
