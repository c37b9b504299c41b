//! The slowest requests, with where to look them up.

use super::page::{Block, Section, noted_table, paragraph};
use super::report::sides;
use super::scale::millis;
use super::summary::shown_time;
use super::table::{Cell, Table, name, optional, text};
use crate::comparison::{Comparison, SlowRequest};
use crate::dataset::{Dataset, Key};
use crate::summary::Failures;

/// The section of the report, nothing where no request has a latency or an id.
pub(super) fn section(comparison: &Comparison, dataset: &Dataset, is_local: bool) -> Option<Section> {
    let mut blocks = Vec::new();
    for (side, slowest) in sides(comparison).into_iter().zip(&comparison.slowest) {
        let told: Vec<(&SlowRequest, String)> = slowest
            .iter()
            .filter_map(|request| Some((request, dataset.request_id(request.row)?.to_string())))
            .collect();
        if told.is_empty() {
            continue;
        }
        let links: Vec<Option<String>> = told
            .iter()
            .map(|(request, id)| insights_link(request, id, dataset))
            .collect();
        let has_links = links.iter().any(Option::is_some);
        let mut titles = vec![side.name.as_str(), "total ms", "inference ms", "start", "ended"];
        if has_links {
            titles.push("look it up");
        }
        let mut page = Table::new(1, &titles);
        for ((request, id), link) in told.into_iter().zip(links) {
            let bound = if request.is_timeout { "≥ " } else { "" };
            let mut cells = vec![
                name(id),
                text(format!("{bound}{}", millis(request.total_us as f64))),
                optional(request.inference_us.map(|inference| millis(inference as f64))),
                text(request.start.name()),
                optional(request.ended_at.map(|at| shown_time(at, is_local))),
            ];
            if has_links {
                cells.push(link.map_or(Cell::Empty, |link| Cell::Link {
                    link,
                    text: "Logs Insights".to_owned(),
                }));
            }
            page.row(cells);
        }
        let mut notes = Vec::new();
        if slowest.iter().any(|request| request.is_timeout) {
            notes.push("≥ timed out, and would have taken longer");
        }
        if has_links {
            notes.push("the links ask the log group /aws/lambda/FUNCTION; where yours is another, put in the request id");
        }
        blocks.extend(noted_table(page, notes));
    }
    if blocks.is_empty() {
        return None;
    }
    let failures = match comparison.failures {
        Failures::Apart => "; failures are not among them",
        Failures::Included => "",
    };
    let introduction = format!("The longest total times of each side, to see what was going on{failures}.");
    let mut all: Vec<Block> = vec![paragraph(introduction)];
    all.extend(blocks);
    Some(Section::new("Slowest requests", all))
}

/// By how much a link reaches beyond both ends of a request, in milliseconds: its START and its REPORT lie a little outside.
const BEYOND_MS: i64 = 60_000;

/// The page of CloudWatch that shows all that was logged of a request, if its region, function and time are known. The
/// form of such addresses is not documented; it is that of the console's own links.
fn insights_link(request: &SlowRequest, id: &str, dataset: &Dataset) -> Option<String> {
    let region = dataset.label(Key::Region, request.region?);
    let function = dataset.label(Key::Function, request.function?);
    let ended_ms = request.ended_at?.as_epoch_millis();
    let took_ms = i64::try_from(request.total_us / 1000).unwrap_or(i64::MAX);
    let began_ms = ended_ms.saturating_sub(took_ms).saturating_sub(BEYOND_MS);
    let is_region = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let domain = match region.split('-').next()? {
        "cn" => "console.amazonaws.cn",
        _ if region.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    };
    let is_named = region.starts_with(|c: char| c.is_ascii_lowercase()) && !region.ends_with('-');
    if !region.chars().all(is_region) || !is_named {
        return None;
    }
    let query = format!(
        "fields @timestamp, @message | filter @message like {} | sort @timestamp",
        quoted(id)
    );
    Some(format!(
        "https://{region}.{domain}/cloudwatch/home?region={region}#logsV2:logs-insights$3FqueryDetail$3D~(start~'{}~end~'{}~timeType~'\
         ABSOLUTE~tz~'UTC~editorString~'{}~source~(~'{}))",
        starred(&time(began_ms)?),
        starred(&time(ended_ms.saturating_add(BEYOND_MS))?),
        starred(&query),
        starred(&format!("/aws/lambda/{function}"))
    ))
}

/// A text of Logs Insights' query language.
fn quoted(text: &str) -> String {
    let plain = text
        .chars()
        .filter(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\\'));
    format!("\"{}\"", plain.collect::<String>())
}

fn time(epoch_ms: i64) -> Option<String> {
    let time = chrono::DateTime::from_timestamp_millis(epoch_ms)?;
    Some(time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

/// Text as the console's addresses have it: everything but letters, digits, hyphens, underscores and dots as a star and
/// two hexadecimal digits.
fn starred(text: &str) -> String {
    let mut starred = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => starred.push(byte as char),
            other => starred.push_str(&format!("*{other:02x}")),
        }
    }
    starred
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invocation::{Invocations, Names, StartType};
    use crate::vocab::Timestamp;

    #[test]
    fn a_link_asks_the_log_group_of_the_function_around_the_request() {
        let names = Names {
            functions: vec!["chat".into()],
            regions: vec!["eu-central-1".into(), "evil.example/".into()],
            ..Names::default()
        };
        let dataset = Dataset::new(Invocations::default(), names).unwrap();
        let mut request = SlowRequest {
            row: 0,
            total_us: 900_000_000,
            is_timeout: false,
            inference_us: None,
            start: StartType::Warm,
            ended_at: Some(Timestamp::from_epoch_millis(1_795_165_200_000)),
            function: Some(0),
            region: Some(0),
        };
        let link = insights_link(&request, "a-1", &dataset).unwrap();
        assert_eq!(
            link,
            "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#logsV2:logs-insights$3FqueryDetail$3D\
             ~(start~'2026-11-20T08*3a44*3a00.000Z~end~'2026-11-20T09*3a01*3a00.000Z~timeType~'ABSOLUTE~tz~'UTC~editorString~'\
             fields*20*40timestamp*2c*20*40message*20*7c*20filter*20*40message*20like*20*22a-1*22*20*7c*20sort*20*40timestamp\
             ~source~(~'*2faws*2flambda*2fchat))"
        );
        request.region = Some(1);
        assert_eq!(insights_link(&request, "a-1", &dataset), None);
        request.region = Some(0);
        for far in [i64::MIN, i64::MAX] {
            request.ended_at = Some(Timestamp::from_epoch_millis(far));
            assert_eq!(insights_link(&request, "a-1", &dataset), None);
        }
        request.region = None;
        assert_eq!(insights_link(&request, "a-1", &dataset), None);
    }

    #[test]
    fn nothing_leaves_its_place_in_an_address() {
        assert_eq!(starred("a/b ~'(é)"), "a*2fb*20*7e*27*28*c3*a9*29");
        assert_eq!(quoted("a\"b\\c\u{202e}d"), "\"abcd\"");
    }
}
