//! What the columns of a file are.

use super::begins_row;
use crate::source::row::{EVENT_IDS, LOG_GROUPS, LOG_STREAMS, MESSAGES, TIMES};
use crate::source::text::is_of_log;

/// Which columns make the event of a row.
#[derive(Debug)]
pub(super) struct Roles {
    pub(super) message: usize,
    pub(super) time: Option<usize>,
    pub(super) event_id: Option<usize>,
    pub(super) log_group: Option<usize>,
    pub(super) log_stream: Option<usize>,
}

/// The columns of a file, and where its rows begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) struct Columns {
    pub(super) names: Vec<String>,
    pub(super) delimiter: char,
    /// How many lines stand above the header, or above the first row where there is none.
    pub(super) lines_above: usize,
    /// Whether there is a header.
    pub(super) is_headed: bool,
}

impl Columns {
    pub(super) fn have_message(&self) -> bool {
        self.names.iter().any(|name| MESSAGES.contains(&name.as_str()))
    }

    /// Whether rows begin with their time and have a message, so that it shows where one begins.
    pub(in crate::source) fn show_where_rows_begin(&self) -> bool {
        let is_time = |name: &String| TIMES.contains(&name.as_str());
        self.names.first().is_some_and(is_time) && self.have_message()
    }

    /// Those of rows of which none stand above.
    pub(in crate::source) fn behind_header(self) -> Self {
        Self {
            lines_above: 0,
            is_headed: false,
            ..self
        }
    }

    /// `None` if there is no message, or two columns tell the same.
    pub(super) fn roles(&self) -> Option<Roles> {
        let one_of = |known: &[&str]| {
            let mut places = self.names.iter().enumerate();
            let mut next = || places.find(|(_, name)| known.contains(&name.as_str()));
            let place = next().map(|(place, _)| place);
            next().is_none().then_some(place)
        };
        Some(Roles {
            message: one_of(&MESSAGES)??,
            time: one_of(&TIMES)?,
            event_id: one_of(&EVENT_IDS)?,
            log_group: one_of(&LOG_GROUPS)?,
            log_stream: one_of(&LOG_STREAMS)?,
        })
    }
}

/// Reads the header, if there is one: column names with a time and a message among them, or fields of Logs Insights.
/// Spreadsheets and PowerShell write a line above it. Without a header, rows of a time and a quoted message are known
/// by themselves, as `jq` writes them.
///
/// `lines_above` stand above the block.
pub(in crate::source) fn columns(block: &str, lines_above: usize) -> Option<Columns> {
    let is_above =
        |line: &str| line.trim().is_empty() || line.starts_with("sep=") || line.starts_with("#TYPE ");
    let block = block.trim_start_matches('\u{feff}');
    let above = block.lines().take_while(|line| is_above(line)).count();
    if holds_other_lines(block, above) {
        return None;
    }
    let mut lines = block.lines().skip(above);
    let line = lines.next()?;
    let next = lines.find(|line| !line.trim().is_empty());
    [',', ';', '\t'].into_iter().find_map(|delimiter| {
        let (names, is_headed) = match header(line, delimiter) {
            Some(names) if next.is_none_or(|next| may_be_row(next, &names, delimiter)) => (names, true),
            _ => (headerless(line, delimiter)?, false),
        };
        Some(Columns {
            names,
            delimiter,
            lines_above: lines_above + above,
            is_headed,
        })
    })
}

/// A line by which one program tells another what follows.
pub(super) fn is_setting(line: &str) -> bool {
    line.starts_with("sep=") || line.starts_with("#TYPE ")
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
    let is_alone = names.len() == 1 && names[0] != "@message";
    let is_header = names.iter().all(is_name)
        && !is_alone
        && ((has("timestamp") && has("message")) || names.iter().any(|name| name.starts_with('@')));
    is_header.then_some(names)
}

/// Whether lines of a log stand outside of any quoted cell, so that what looks like a header or a row was printed by a
/// function.
fn holds_other_lines(block: &str, above: usize) -> bool {
    let mut is_in_cell = false;
    block.lines().skip(above).any(|line| {
        let begins_outside = !is_in_cell;
        is_in_cell ^= line.bytes().filter(|byte| *byte == b'"').count() % 2 == 1;
        begins_outside && is_of_log(line)
    })
}

/// Whether a line may be a row of these columns: it begins with a quote or a time, or has as many cells.
fn may_be_row(line: &str, names: &[String], delimiter: char) -> bool {
    line.starts_with('"')
        || begins_row(line, delimiter)
        || (names.len() > 1 && line.split(delimiter).count() == names.len())
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
