//! Annotations and the job summary of GitHub Actions.

use super::page::gates_blocks;
use super::words::{CheckView, doubt, finding, verdict_word};
use crate::comparison::{GateResult, OnInconclusive};
use crate::render::markdown::{blocks, code};
use crate::stats::Decision;
use crate::vocab::visible;

/// A workflow command for each gate, which GitHub shows as an annotation.
pub fn github_annotations(view: &CheckView<'_>) -> String {
    let judged = view.judged;
    let line = |result: &GateResult| {
        let level = match (result.verdict, judged.on_inconclusive) {
            (Decision::Fail, _) | (Decision::Inconclusive, OnInconclusive::Fail) => "error",
            (Decision::Inconclusive, OnInconclusive::Warn | OnInconclusive::Distinct) => "warning",
            (Decision::Pass, _) | (Decision::Inconclusive, OnInconclusive::Pass) => "notice",
        };
        let title = format!("{} {}", verdict_word(result.verdict), result.gate);
        let doubt = doubt(result, judged).map_or_else(String::new, |doubt| format!("; {doubt}"));
        let message = format!("{}: {}{doubt}", view.subject(&str::to_owned), finding(result));
        format!("::{level} title={}::{}\n", property(&title), data(&message))
    };
    judged.results.iter().map(line).collect()
}

/// The Markdown that is appended to the job summary.
pub fn github_summary(view: &CheckView<'_>) -> String {
    format!(
        "### latscope: {}\n\n{}\n{}\n",
        view.judged.verdict().name(),
        view.subject(&code),
        blocks(&gates_blocks(view.judged, &view.notes()))
    )
}

/// The message of a workflow command: what would end it or begin an escape is escaped.
fn data(text: &str) -> String {
    visible(text)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property of a workflow command, which a colon or a comma would end too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_place_in_a_workflow_command() {
        assert_eq!(data("5 %, a: b\n::error::x"), "5 %25, a: b\\u{a}::error::x");
        assert_eq!(
            property("p99(total, warm) > +10%: x"),
            "p99(total%2C warm) > +10%25%3A x"
        );
    }
}
