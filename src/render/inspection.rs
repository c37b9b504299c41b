//! What one file is and what could be read of it, for a terminal.

use super::summary::{ledger_lines, shown_time};
use crate::invocation::Collected;
use crate::vocab::{grouped, visible};

/// How many rejections are shown with their places.
const REJECTIONS_SHOWN: usize = 5;

/// One file: its title, its time span, what became of its events, and what was rejected.
pub fn inspection(title: &str, collected: &Collected, is_local: bool) -> String {
    let ledger = &collected.ledger;
    let mut lines = vec![match collected.span {
        Some(span) => format!(
            "{} to {}",
            shown_time(span.first, is_local),
            shown_time(span.last, is_local)
        ),
        None => "times not known".to_owned(),
    }];
    lines.extend(ledger_lines(ledger));
    for (reason, count) in &ledger.rejected_reasons {
        lines.push(format!("{} rejected: {}", grouped(*count), visible(reason)));
        let places = ledger
            .first_rejected
            .iter()
            .filter(|rejected| rejected.reason == *reason);
        for rejected in places.take(REJECTIONS_SHOWN) {
            lines.push(format!("  at {}", visible(&rejected.origin.to_string())));
        }
        if *count > REJECTIONS_SHOWN as u64 {
            lines.push(format!("  and {} more", grouped(count - REJECTIONS_SHOWN as u64)));
        }
    }
    let body: Vec<String> = lines.iter().map(|line| format!("  {line}\n")).collect();
    format!("{title}\n{}", body.concat())
}
