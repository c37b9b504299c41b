//! What a run will cost, as far as that can be told beforehand.

use std::path::Path;

use crate::command::error::Error;
use crate::command::prices::prices;
use crate::drive::{Job, Price};
use crate::vocab::ModelId;

/// What each model costs, in their order, and the day of the prices. Where ids are dearer in single regions, all but global
/// profiles are taken to be.
///
/// # Errors
/// If the price file cannot be read.
pub(super) fn priced(
    models: &[(String, String)],
    file: Option<&Path>,
) -> Result<(Vec<Option<Price>>, String), Error> {
    let list = prices(file).map_err(Error::Config)?;
    let price = |(_, id): &(String, String)| {
        let price = list.model(&ModelId::parse(id)?)?;
        let surcharge = price.regional_surcharge.as_ref();
        let factor = match (surcharge, ModelId::profile_prefix(id)) {
            (None, _) | (_, Some("global")) => 1.0,
            (Some(percent), _) => 1.0 + percent.amount / 100.0,
        };
        let of_token = |million: f64| million / 1e6 * factor;
        Some(Price {
            input: of_token(price.input.as_ref()?.amount),
            output: of_token(price.output.as_ref()?.amount),
        })
    };
    Ok((models.iter().map(price).collect(), list.date))
}

/// What a run costs by assumed tokens.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Estimate {
    /// US dollars, of the models whose price is known.
    pub(super) dollars: f64,
    /// Models without a price.
    pub(super) unknown: Vec<String>,
}

impl Estimate {
    pub(super) fn of(job: &Job) -> Self {
        let known = job.slots.iter().filter_map(|slot| job.estimated_dollars(slot));
        let unknown = job.models.iter().filter(|model| model.price.is_none());
        Self {
            dollars: known.sum(),
            unknown: unknown.map(|model| model.name.clone()).collect(),
        }
    }
}

/// An amount to the cent, or as it was typed.
pub(super) fn amount(dollars: f64) -> String {
    let cents = format!("{dollars:.2}");
    match cents.parse() == Ok(dollars) {
        true => format!("${cents}"),
        false => format!("${dollars}"),
    }
}

/// An amount to as many digits as tell it from another.
pub(super) fn amount_beside(dollars: f64, other: f64) -> String {
    let texts = (2..=9).map(|digits| format!("{dollars:.digits$}"));
    let differs = |text: &String| {
        text.parse()
            .is_ok_and(|shown: f64| shown.total_cmp(&other) == dollars.total_cmp(&other))
    };
    texts
        .into_iter()
        .find(differs)
        .map_or_else(|| format!("${dollars}"), |text| format!("${text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_told_apart() {
        for (dollars, shown) in [(1.0, "$1.00"), (2.5, "$2.50"), (0.001, "$0.001"), (0.0, "$0.00")] {
            assert_eq!(amount(dollars), shown);
        }
        for (dollars, other, shown) in [
            (0.0104, 0.01, "$0.0104"),
            (0.012_34, 0.01, "$0.012"),
            (3.0, 1.0, "$3.00"),
            (1e-12, 0.0, "$0.000000000001"),
        ] {
            assert_eq!(amount_beside(dollars, other), shown);
        }
    }
}
