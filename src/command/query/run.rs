//! Puts a query to log groups and prints what comes of it.

use std::io::Write;

use super::fault::{QueryFault, in_words_of_a_query};
use super::options::{QueryAction, QueryOptions, ResultFormat};
use super::show::{named, shown};
use crate::command::config::FetchDefaults;
use crate::command::error::Error;
use crate::command::fetch::{CLOCKS_APART_MS, Clock, Cost, find, online, subject, window};
use crate::command::load::note;
use crate::command::surroundings::Surroundings;
use crate::fetch::{Ending, Inquiry, Query, ROW_LIMIT, ResultTable, Scan};
use crate::render::{Style, query_list, result_csv, result_json, result_table};
use crate::vocab::{counted, visible};

/// Lists, shows or runs queries.
///
/// # Errors
/// If there is no such query, or it cannot be run to its end, or brings nothing.
pub fn query(
    action: QueryAction,
    defaults: &FetchDefaults,
    surroundings: &Surroundings,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Result<(), Error> {
    let style = Style {
        is_coloured: surroundings.wants_colour,
        // Values of a query are shown whole.
        columns: None,
    };
    let text = match action {
        QueryAction::List => query_list(Query::all(), style),
        QueryAction::Show { name, groups } => shown(&name, &groups)?,
        QueryAction::Run(options) => {
            let options = options.with_defaults(defaults);
            return run(&options, surroundings, style, stdout, stderr).map_err(in_words_of_a_query);
        }
    };
    stdout.write_all(text.as_bytes()).map_err(Error::Output)
}

fn run(
    options: &QueryOptions,
    surroundings: &Surroundings,
    style: Style,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Result<(), Error> {
    let query = named(&options.name)?;
    if options.asked.is_empty() {
        return Err(Error::NoGroupAsked);
    }
    // What cannot be a window whatever time AWS has need not be looked for.
    let latest = (surroundings.now)().after_millis(CLOCKS_APART_MS);
    window(options.since, options.until, latest)?;
    let scan = Scan::default();
    let result = online(async |interruption| {
        let (regions, found) = interruption
            .or(find(&options.access, &options.asked, surroundings.now))
            .await??;
        let clock = Clock::compared(surroundings.now, &regions);
        let window = window(options.since, options.until, clock.now())?;
        let notices = found.notices.into_iter().chain(clock.told());
        for notice in notices.filter(|_| !options.is_quiet) {
            note(stderr, &visible(&notice));
        }
        if found.groups.is_empty() {
            return Err(Error::NothingToFetch);
        }
        let limit = options.limit.or(query.own_limit()).unwrap_or(ROW_LIMIT);
        let (text, prefix) = (query.text(options.limit), options.stream_prefix.as_deref());
        let inquiry = Inquiry::new(found.groups, &text, window, prefix, limit)
            .map_err(|fault| Error::Usage(fault.to_string()))?;
        if !options.is_quiet {
            begin(&inquiry, options, stderr);
        }
        let ended = interruption.or(inquiry.run(&scan)).await;
        // What still runs would go on at the user's expense.
        scan.stop_all().await;
        Ok(ended??)
    });
    let result = match result {
        Ok(result) => result,
        Err(error) => {
            // Of what runs no longer the server tells nothing more.
            tell_cost(
                &scan,
                "; what was read after its last answer is not known",
                options,
                stderr,
            );
            return Err(error);
        }
    };
    let text = match options.format {
        ResultFormat::Table | ResultFormat::Csv if result.rows.is_empty() => String::new(),
        ResultFormat::Table => result_table(&result, style),
        ResultFormat::Csv => result_csv(&result),
        ResultFormat::Json => result_json(&result),
    };
    stdout.write_all(text.as_bytes()).map_err(Error::Output)?;
    // The rows come before what is said of them.
    stdout.flush().map_err(Error::Output)?;
    tell_cost(&scan, "", options, stderr);
    if let Some(line) = cut(query, options, &result) {
        note(stderr, &line);
    }
    match result.ending {
        Ending::Complete if result.rows.is_empty() => Err(QueryFault::NoRows { kind: query.kind() }.into()),
        Ending::Complete => Ok(()),
        ending => Err(QueryFault::Broken {
            ending,
            rows: result.rows.len(),
        }
        .into()),
    }
}

/// Says what was read and what it costs, if a query was started.
fn tell_cost(scan: &Scan, more: &str, options: &QueryOptions, stderr: &mut dyn Write) {
    let cost = Cost::of(scan.queries(), scan.bytes());
    if let Some(line) = cost.told().filter(|_| !options.is_quiet) {
        note(stderr, &format!("{line}{more}"));
    }
}

/// Says what is asked.
fn begin(inquiry: &Inquiry, options: &QueryOptions, stderr: &mut dyn Write) {
    let targets = inquiry.targets();
    let subject = subject(targets, inquiry.window(), options.is_local);
    let streams = options.stream_prefix.as_ref();
    let streams = streams.map_or_else(String::new, |prefix| {
        format!("; only log streams whose names begin with {prefix}")
    });
    note(stderr, &visible(&format!("{subject}{streams}")));
    if targets.iter().any(|target| target.is_infrequent_access) {
        note(
            stderr,
            "log groups of the Infrequent Access class have no discovered fields, so the query may find nothing there",
        );
    }
}

/// A line about rows that there may be beyond the last.
fn cut(query: &Query, options: &QueryOptions, result: &ResultTable) -> Option<String> {
    let rows = u32::try_from(result.rows.len()).unwrap_or(u32::MAX);
    let counted = counted(u64::from(rows), "row");
    match (options.limit, query.own_limit()) {
        (Some(limit), _) if rows >= limit => Some(format!(
            "{counted}, as many as --limit asks for: there may be more"
        )),
        (None, Some(own)) if rows >= own && !options.is_quiet => Some(format!(
            "{counted}, as many as the query asks for: --limit N asks for more"
        )),
        (None, None) if rows >= ROW_LIMIT => Some(format!(
            "{counted}, the most that are asked for: there may be more, so take a shorter window or fewer log groups"
        )),
        _ => None,
    }
}
