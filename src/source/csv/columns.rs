//! What the columns of a file are.

use super::begins_row;

/// The columns of a file, and where its rows begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) struct Columns {
    pub(super) names: Vec<String>,
    pub(super) delimiter: char,
    /// How many lines stand above the first row.
    pub(super) lines_above: usize,
}

impl Columns {
    pub(super) fn have_message(&self) -> bool {
        self.names
            .iter()
            .any(|name| matches!(name.as_str(), "message" | "@message"))
    }
}

/// Reads the header, if there is one: column names with a time and a message among them, or fields of Logs Insights.
/// Spreadsheets and PowerShell write a line above it. Without a header, rows of a time and a quoted message are known
/// by themselves, as `jq` writes them.
pub(in crate::source) fn columns(block: &str) -> Option<Columns> {
    let is_above =
        |line: &str| line.trim().is_empty() || line.starts_with("sep=") || line.starts_with("#TYPE ");
    let block = block.trim_start_matches('\u{feff}');
    let above = block.lines().take_while(|line| is_above(line)).count();
    let line = block.lines().nth(above)?;
    [',', ';', '\t'].into_iter().find_map(|delimiter| {
        let (names, lines_above) = match header(line, delimiter) {
            Some(names) => (names, above + 1),
            None => (headerless(line, delimiter)?, above),
        };
        Some(Columns {
            names,
            delimiter,
            lines_above,
        })
    })
}

fn header(line: &str, delimiter: char) -> Option<Vec<String>> {
    let names: Vec<String> = line
        .split(delimiter)
        .map(|name| known(name.trim().trim_matches('"')))
        .collect();
    let has = |name: &str| names.iter().any(|column| column == name);
    let is_name = |name: &String| {
        let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"@_.-() ".contains(&byte);
        !name.is_empty() && name.bytes().all(is_of_name)
    };
    let is_header = names.iter().all(is_name)
        && ((has("timestamp") && has("message")) || names.iter().any(|name| name.starts_with('@')));
    is_header.then_some(names)
}

/// A name in the spelling of the API, whatever its case.
fn known(name: &str) -> String {
    let names = [
        "timestamp",
        "message",
        "logStreamName",
        "eventId",
        "ingestionTime",
    ];
    let known = names.into_iter().find(|known| known.eq_ignore_ascii_case(name));
    known.unwrap_or(name).to_owned()
}

fn headerless(line: &str, delimiter: char) -> Option<Vec<String>> {
    let (time, message) = line.split_once(delimiter)?;
    let is_epoch = time.len() == 13 && time.bytes().all(|byte| byte.is_ascii_digit());
    let is_row = is_epoch && begins_row(line, delimiter) && message.starts_with('"');
    is_row.then(|| ["timestamp", "message"].map(str::to_owned).to_vec())
}
