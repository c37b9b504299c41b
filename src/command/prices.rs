//! Price files: the one that comes with latscope, and those that replace figures of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::config::ConfigError;
use crate::comparison::{Architecture, Figure, ModelPrice, PriceList};
use crate::vocab::ModelId;

/// The prices that come with latscope.
const BUILT_IN: &str = include_str!("../../prices.toml");

/// The value of the `schema` field.
const SCHEMA: &str = "latscope.prices/v1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: Spanned<String>,
    date: Spanned<String>,
    #[serde(default)]
    region: String,
    #[serde(default, rename = "lambda")]
    of_lambda: LambdaTable,
    #[serde(default)]
    models: BTreeMap<Spanned<String>, ModelTable>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct LambdaTable {
    x86_64_gb_second: Option<Price>,
    arm64_gb_second: Option<Price>,
    million_requests: Option<Price>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelTable {
    million_input_tokens: Option<Price>,
    million_output_tokens: Option<Price>,
    regional_surcharge: Option<Surcharge>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    usd: Spanned<f64>,
    as_of: Spanned<String>,
    source: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Surcharge {
    percent: Spanned<f64>,
    as_of: Spanned<String>,
    source: Spanned<String>,
}

/// The built-in prices, with every figure replaced that the file has, if one is given.
///
/// # Errors
/// If the file cannot be read or understood; the error names line and column.
pub(super) fn prices(file: Option<&Path>) -> Result<PriceList, ConfigError> {
    let built_in = Path::new("prices.toml");
    let mut list = parse(BUILT_IN).map_err(|fault| ConfigError::new(built_in, fault))?;
    if let Some(path) = file {
        let fault = |fault: String| ConfigError::new(path, fault);
        let text = fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
        let other = parse(&text).map_err(fault)?;
        list.replace(other, &path.to_string_lossy());
    }
    Ok(list)
}

/// Reads a price file. The error begins with the place where there is one.
fn parse(text: &str) -> Result<PriceList, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let at = |position: usize, fault: &str| {
        let before = text.get(..position).unwrap_or(text);
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        format!(
            "line {}, column {column}: {fault}",
            before.matches('\n').count() + 1
        )
    };
    if file.schema.get_ref() != SCHEMA {
        return Err(at(
            file.schema.span().start,
            &format!(
                "schema is {:?}, and {SCHEMA:?} is what can be read",
                file.schema.get_ref()
            ),
        ));
    }
    let dated = |date: &Spanned<String>| match is_date(date.get_ref()) {
        true => Ok(date.get_ref().clone()),
        false => Err(at(
            date.span().start,
            "expecting a day, a month or a year, such as \"2026-11-26\"",
        )),
    };
    let figure = |amount: &Spanned<f64>, as_of: &Spanned<String>, source: &Spanned<String>| {
        let value = *amount.get_ref();
        if !value.is_finite() || value < 0.0 {
            return Err(at(amount.span().start, "expecting 0 or a positive number"));
        }
        if source.get_ref().trim().is_empty() {
            return Err(at(source.span().start, "expecting where the figure is from"));
        }
        Ok(Figure {
            amount: value,
            as_of: dated(as_of)?,
            source: source.get_ref().clone(),
        })
    };
    let price = |price: Option<Price>| {
        price
            .map(|price| figure(&price.usd, &price.as_of, &price.source))
            .transpose()
    };
    let mut models: Vec<ModelPrice> = Vec::new();
    for (name, table) in file.models {
        let start = name.span().start;
        let model = ModelId::parse(name.get_ref()).ok_or_else(|| at(start, "expecting the id of a model"))?;
        if models.iter().any(|other| other.model == model) {
            return Err(at(
                start,
                "this model has prices already, under another profile or ARN",
            ));
        }
        let surcharge = table.regional_surcharge;
        models.push(ModelPrice {
            model,
            input: price(table.million_input_tokens)?,
            output: price(table.million_output_tokens)?,
            regional_surcharge: surcharge
                .map(|surcharge| figure(&surcharge.percent, &surcharge.as_of, &surcharge.source))
                .transpose()?,
        });
    }
    let of_lambda = file.of_lambda;
    let [x86, arm] = Architecture::ALL.map(|architecture| match architecture {
        Architecture::X86 => &of_lambda.x86_64_gb_second,
        Architecture::Arm => &of_lambda.arm64_gb_second,
    });
    let of_architecture = |price: &Option<Price>| {
        let price = price.as_ref();
        price
            .map(|price| figure(&price.usd, &price.as_of, &price.source))
            .transpose()
    };
    Ok(PriceList {
        date: dated(&file.date)?,
        region: file.region,
        replaced_by: Vec::new(),
        gb_second: [of_architecture(x86)?, of_architecture(arm)?],
        million_requests: price(of_lambda.million_requests)?,
        models,
    })
}

/// Whether a text is a year, a month or a day.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_number = |part: &str, length: usize, most: u32| {
        let number: Option<u32> = part.parse().ok();
        part.len() == length
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && number.is_some_and(|number| (1..=most).contains(&number))
    };
    parts.len() <= 3
        && parts
            .iter()
            .zip([(4, 9999), (2, 12), (2, 31)])
            .all(|(part, (length, most))| is_number(part, length, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prices_that_come_with_latscope_can_be_read() {
        let list = prices(None).unwrap();
        assert_eq!(list.region, "us-east-1");
        assert!(list.gb_second.iter().all(Option::is_some) && list.million_requests.is_some());
        for name in [
            "claude-3-haiku",
            "claude-3-5-haiku",
            "claude-haiku-4-5",
            "nova-micro",
            "nova-lite",
            "nova-pro",
        ] {
            let price = list.model(&ModelId::parse(name).unwrap()).unwrap();
            let (input, output) = (price.input.as_ref().unwrap(), price.output.as_ref().unwrap());
            assert!(input.amount < output.amount, "{name}");
        }
        for model in &list.models {
            assert!(model.input.is_some() && model.output.is_some(), "{}", model.model);
            assert!(!model.model.is_bare(), "{}", model.model);
        }
        let dates = list.models.iter().flat_map(|model| [&model.input, &model.output]);
        assert!(dates.flatten().all(|figure| figure.as_of <= list.date));
    }

    #[test]
    fn what_is_wrong_with_a_file_is_told_with_its_place() {
        let head = "schema = \"latscope.prices/v1\"\ndate = \"2026-11-26\"\n";
        let price = |usd: &str, as_of: &str, source: &str| {
            format!(
                "{head}[lambda.million_requests]\nusd = {usd}\nas_of = \"{as_of}\"\nsource = \"{source}\"\n"
            )
        };
        assert!(parse(&price("0.3", "2026", "a bill")).is_ok());
        for (text, fault) in [
            (
                "schema = \"x\"\ndate = \"2026\"\n".to_owned(),
                "line 1, column 10: schema is \"x\"",
            ),
            (
                "schema = \"latscope.prices/v1\"\ndate = \"today\"\n".to_owned(),
                "line 2, column 8: expecting a day",
            ),
            (
                price("-1", "2026", "a bill"),
                "line 4, column 7: expecting 0 or a positive number",
            ),
            (
                price("nan", "2026", "a bill"),
                "line 4, column 7: expecting 0 or a positive number",
            ),
            (
                price("1", "2026-13", "a bill"),
                "line 5, column 9: expecting a day",
            ),
            (price("1", "2026", " "), "line 6, column 10: expecting where"),
            (
                format!("{head}[models.\"\"]\n"),
                "line 3, column 9: expecting the id of a model",
            ),
            (
                format!("{head}[models.\"a.b-v1:0\"]\n[models.\"us.a.b-v1:0\"]\n"),
                "line 4, column 9: this model has prices already",
            ),
            (format!("{head}[lambda.gb]\n"), "TOML parse error at line 3"),
            (format!("{head}[models.x"), "TOML parse error at line 3"),
        ] {
            let found = parse(&text).unwrap_err();
            assert!(found.starts_with(fault), "{text}\n{found}");
        }
    }

    #[test]
    fn a_date_is_a_day_a_month_or_a_year() {
        for (text, is) in [
            ("2026", true),
            ("2026-03", true),
            ("2026-03-31", true),
            ("26", false),
            ("2026-3", false),
        ] {
            assert_eq!(is_date(text), is, "{text}");
        }
        assert!(!is_date("2026-03-31-1") && !is_date("") && !is_date("2026-00"));
    }
}
