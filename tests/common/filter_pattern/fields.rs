//! Events of fields between blanks: `[ip, user, ..., status_code = 4*, bytes]`.

use super::{OPERATORS, Wanted, find_outside, split_outside};

pub(super) fn selects(pattern: &str, message: &str) -> Result<bool, String> {
    let wanted = split_outside(pattern, ",");
    let fields = fields(message);
    let Some(gap) = wanted.iter().position(|field| *field == "...") else {
        if fields.len() < wanted.len() {
            return Ok(false);
        }
        // The last name stands for all that is left.
        return all_hold(&wanted, &fields);
    };
    let (before, after) = (&wanted[..gap], &wanted[gap + 1..]);
    if fields.len() < before.len() + after.len() {
        return Ok(false);
    }
    Ok(all_hold(before, &fields)? && all_hold(after, &fields[fields.len() - after.len()..])?)
}

fn all_hold(wanted: &[&str], fields: &[String]) -> Result<bool, String> {
    for (condition, field) in wanted.iter().zip(fields) {
        if !holds(condition, field)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn holds(condition: &str, field: &str) -> Result<bool, String> {
    for part in split_outside(condition, "||") {
        let mut are_all = true;
        for part in split_outside(part, "&&") {
            are_all &= compare(part, field)?;
        }
        if are_all {
            return Ok(true);
        }
    }
    Ok(false)
}

fn compare(condition: &str, field: &str) -> Result<bool, String> {
    let operators = OPERATORS
        .iter()
        .filter_map(|operator| Some((find_outside(condition, operator)?, *operator)));
    let Some((at, operator)) = operators.min_by_key(|(at, _)| *at) else {
        return Ok(true);
    };
    Wanted::read(&condition[at + operator.len()..])?.compare(operator, field)
}

/// The fields; what stands between brackets or quotation marks is one.
fn fields(message: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut rest = message.trim_start();
    while let Some(first) = rest.chars().next() {
        let closing = match first {
            '[' => Some(']'),
            '"' => Some('"'),
            _ => None,
        };
        let quoted = closing.and_then(|closing| rest[1..].split_once(closing));
        let (field, after) = match quoted {
            Some(parts) => parts,
            None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        fields.push(field.to_owned());
        rest = after.trim_start();
    }
    fields
}

mod examples {
    use crate::filter_pattern::examples::check;

    const FOUND: &str =
        r#"127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#;
    const SERVED: &str =
        r#"127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /apache_pb.gif HTTP/1.0" 200 1534"#;

    #[test]
    fn fields_are_compared() {
        for pattern in [
            r"[ip=%127\.0\.0\.[1-9]%, user, username, timestamp, request =*.html*, status_code = 4*, bytes]",
            "[..., request =*.html*, status_code = 4*, bytes]",
            "[ip, user, username, timestamp, request =*.html*, status_code = 404 || status_code = 410, bytes]",
            "[ip, user, username, timestamp, request, status_code = 4*, bytes > 1000]",
            "[ip, user, username, timestamp, request, status_code = 4* && status_code != 403, bytes]",
        ] {
            check(pattern, &[FOUND], &[SERVED, "127.0.0.1"]);
        }
        check("[ip, user, ...]", &[FOUND, SERVED], &["127.0.0.1"]);
        check("[..., status_code, bytes = 1534]", &[FOUND, SERVED], &["1 2 3"]);
        check(
            "[ip, user, username, timestamp, request, status_code = 200, bytes]",
            &[SERVED],
            &[FOUND],
        );
    }

    const GET: &str = "INFO 09/25/2014 12:00:00 GET /service/resource/67 1200";
    const POST: &str = "INFO 09/25/2014 12:00:01 POST /service/resource/67/part/111 1310";
    const WARNING: &str = "WARNING 09/25/2014 12:00:02 Invalid user request";
    const ERROR: &str = "ERROR 09/25/2014 12:00:02 Failed to process request";

    #[test]
    fn the_order_of_terms_counts() {
        check("[w1=ERROR, w2]", &[ERROR], &[GET, POST, WARNING]);
        check("[w1=ERROR || w1=WARNING, w2]", &[ERROR, WARNING], &[GET, POST]);
        check("[w1!=ERROR && w1!=WARNING, w2]", &[GET, POST], &[ERROR, WARNING]);
        check(
            "[logLevel, date, time, method, url=%/service/resource/[0-9]+$%, response_time]",
            &[GET],
            &[POST, WARNING],
        );
        check(
            "[logLevel, date, time, method, url=%/service/resource/[0-9]+/part/[0-9]+$%, response_time]",
            &[POST],
            &[GET, WARNING],
        );
    }
}
