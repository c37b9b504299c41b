//! Total time where requests were stopped at different limits.

use super::digits::Digits;
use super::page::{Block, paragraph};
use super::report::sides;
use super::scale::{interval, millis, millis_with};
use super::table::{Table, name, text};
use crate::comparison::Comparison;
use crate::stats::Probability;

/// The table of a report, nothing where there is one limit or none.
pub(super) fn several_limits(comparison: &Comparison) -> Vec<Block> {
    let Some(several) = &comparison.several_limits else {
        return Vec::new();
    };
    let mut titles = vec!["total time (Kaplan–Meier)".to_owned()];
    titles.extend(quantiles(comparison).iter().map(|p| p.label()));
    titles.extend(["stopped".to_owned(), "the first at".to_owned()]);
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let mut page = Table::new(1, &titles);
    for (side, found) in sides(comparison).into_iter().zip(&several.sides) {
        let Some(found) = found else { continue };
        let mut cells = vec![name(side.name.clone())];
        cells.extend(found.quantiles.iter().map(|(_, point, range)| {
            let digits = Digits::of(*range);
            let form = |micros: f64| millis_with(micros, digits);
            let point = point.map_or_else(|| "not reached".to_owned(), form);
            text(format!("{point} {}", interval(*range, form)))
        }));
        cells.push(text(found.stopped.to_string()));
        cells.push(text(millis(found.smallest)));
        page.row(cells);
    }
    let undecided: Vec<String> = several.undecided.iter().map(|p| p.label()).collect();
    let consequence = match undecided.is_empty() {
        true => "No compared quantile of total time reaches that.".to_owned(),
        false => format!(
            "So no verdict holds on {} of total time, nor any ratio beyond the first limit.",
            undecided.join(", ")
        ),
    };
    let introduction = "Requests were stopped at different times while others ran on. The other tables rank every stopped request \
         above all completed ones, which makes quantiles beyond the first limit too high. This one takes each out of account \
         after its limit, in ms with 95 % intervals (Brookmeyer–Crowley), if a limit has nothing to do with how long its \
         requests would have taken.";
    vec![
        paragraph(introduction),
        Block::Table(page),
        paragraph(consequence),
    ]
}

fn quantiles(comparison: &Comparison) -> Vec<Probability> {
    let several = comparison.several_limits.as_ref();
    let side = several.and_then(|several| several.sides.iter().flatten().next());
    side.map_or_else(Vec::new, |side| side.quantiles.iter().map(|(p, ..)| *p).collect())
}
