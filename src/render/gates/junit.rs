//! Gates as JUnit XML, which most build servers read.

use super::words::{CheckView, doubt, finding};
use crate::comparison::OnInconclusive;
use crate::stats::Decision;
use crate::vocab::{acts, visible};

/// A test suite with a test case for each gate. An inconclusive gate is skipped, unless it counts as failed.
pub fn check_junit(view: &CheckView<'_>) -> String {
    let judged = view.judged;
    let is_failure = |verdict: Decision| match verdict {
        Decision::Fail => true,
        Decision::Inconclusive => judged.on_inconclusive == OnInconclusive::Fail,
        Decision::Pass => false,
    };
    let (mut cases, mut failures, mut skipped) = (String::new(), 0, 0);
    let subject = view.subject(&str::to_owned);
    for result in &judged.results {
        let found = finding(result);
        let said = doubt(result, judged).map_or_else(|| found.clone(), |doubt| format!("{found}; {doubt}"));
        cases.push_str(&format!(
            "    <testcase classname=\"latscope.check\" name=\"{}\">\n",
            escape(&result.gate.to_string())
        ));
        let child = if is_failure(result.verdict) {
            failures += 1;
            format!(
                "      <failure type=\"{}\" message=\"{}\"/>\n",
                result.verdict.name(),
                escape(&said)
            )
        } else if result.verdict == Decision::Inconclusive {
            skipped += 1;
            format!("      <skipped message=\"{}\"/>\n", escape(&said))
        } else {
            format!("      <system-out>{}</system-out>\n", escape(&said))
        };
        cases.push_str(&child);
        cases.push_str("    </testcase>\n");
    }
    let notes: Vec<String> = view.notes().iter().map(|line| escape(line)).collect();
    let counts = format!(
        "tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\"",
        judged.results.len()
    );
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"latscope\" {counts}>\n  \
         <testsuite name=\"{}\" {counts}>\n{cases}    <system-out>{}</system-out>\n  </testsuite>\n</testsuites>\n",
        escape(&subject),
        notes.join("\n")
    )
}

/// Text in XML 1.0, between tags or in quotes. What XML cannot hold is made visible.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => escaped.extend(c.escape_unicode()),
            c if acts(c) => escaped.push_str(&visible(&c.to_string())),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_shown_and_markup_is_escaped() {
        assert_eq!(
            escape("<a b=\"c'\">&\u{1b}\u{fffe}\n é"),
            "&lt;a b=&quot;c&apos;&quot;&gt;&amp;\\u{1b}\\u{fffe}\\u{a} é"
        );
    }
}
