//! What a thousand requests cost on each side.
//!
//! Over all invocations of a side, failures and timeouts too, because Lambda bills each of them. GB-seconds come from
//! the billed duration as printed; what an invocation does not tell is left out of that figure and counted.

use std::collections::{BTreeMap, BTreeSet};

use super::prices::{Architecture, ModelPrice, PriceList, Replacement};
use crate::dataset::Columns;
use crate::invocation::{Names, StartType};
use crate::stats::{Confidence, MeanComparison, MeanEstimate, compare_means};
use crate::vocab::ModelId;

/// Requests that a cost is given for.
const REQUESTS: f64 = 1000.0;

/// Ways of initialisation whose duration is billed otherwise than by the on-demand price.
pub(super) const PROVISIONED: &str = "provisioned-concurrency";
pub(super) const MANAGED: &str = "lambda-managed-instances";

/// One figure of the cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostItem {
    /// Memory times billed duration, in GB-seconds.
    GbSeconds,
    /// Tokens read.
    InputTokens,
    /// Tokens written.
    OutputTokens,
    /// Lambda's duration on this architecture, in US dollars.
    Duration(Architecture),
    /// Lambda's requests, in US dollars.
    Requests,
    /// Bedrock's tokens, in US dollars.
    Tokens,
    /// All of it on this architecture, in US dollars.
    Total(Architecture),
}

/// What a thousand requests of one side cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cost {
    /// Invocations, whatever came of them.
    pub requests: usize,
    /// How many of them tell billed duration and memory, and are billed by them.
    pub with_duration: usize,
    /// How many ran on provisioned concurrency, and are not among those.
    pub provisioned: usize,
    /// How many ran on managed instances, and are not among those.
    pub managed: usize,
    /// How many tell their tokens.
    pub with_tokens: usize,
    /// How many of these do not tell their model, so that their tokens have no price.
    pub tokens_without_model: usize,
    /// Models without a price, by id.
    pub unpriced: Vec<String>,
    /// Models that were priced with their regional surcharge, and its per cent.
    pub surcharged: Vec<(String, f64)>,
    /// Models that were priced without it although the ids in the log do not tell whether it applies.
    pub perhaps_surcharged: Vec<(String, f64)>,
    /// Regions that the prices are not of.
    pub other_regions: Vec<String>,
    gb_seconds: Option<MeanEstimate>,
    tokens: [Option<MeanEstimate>; 2],
    duration_usd: [Option<MeanEstimate>; 2],
    requests_usd: Option<MeanEstimate>,
    tokens_usd: Option<MeanEstimate>,
    total_usd: [Option<MeanEstimate>; 2],
}

/// One figure on both sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ComparedCost {
    /// Which figure.
    pub item: CostItem,
    /// For a thousand requests of the baseline.
    pub baseline: Option<MeanEstimate>,
    /// For a thousand requests of the candidate.
    pub candidate: Option<MeanEstimate>,
    /// Difference and ratio, where both sides have it and it varies from request to request.
    pub comparison: Option<MeanComparison>,
}

/// The cost of both sides.
#[derive(Debug, Clone, PartialEq)]
pub struct CostComparison {
    /// The baseline's.
    pub baseline: Cost,
    /// The candidate's.
    pub candidate: Cost,
    /// Every figure, in the order of output.
    pub rows: Vec<ComparedCost>,
    /// The architectures that figures are given for: the one that was named, or both.
    pub architectures: Vec<Architecture>,
    /// The day of the prices.
    pub date: String,
    /// The region that the prices are of.
    pub region: String,
    /// Lists that replaced some of them.
    pub replaced_by: Vec<Replacement>,
}

impl CostComparison {
    /// Puts the costs of two sides beside each other. Logs do not tell the architecture: without one, figures of both
    /// are given.
    pub fn of(
        [baseline, candidate]: [&Columns; 2],
        names: &Names,
        prices: &PriceList,
        architecture: Option<Architecture>,
    ) -> Self {
        let cost = |rows| Cost::of(rows, names, prices);
        let (baseline, candidate) = rayon::join(|| cost(baseline), || cost(candidate));
        let architectures = architecture.map_or_else(|| Architecture::ALL.to_vec(), |one| vec![one]);
        let each = |item: fn(Architecture) -> CostItem| architectures.iter().copied().map(item);
        let mut items = vec![CostItem::GbSeconds, CostItem::InputTokens, CostItem::OutputTokens];
        items.extend(each(CostItem::Duration));
        items.extend([CostItem::Requests, CostItem::Tokens]);
        items.extend(each(CostItem::Total));
        let rows = items.into_iter().map(|item| {
            let (baseline, candidate) = (baseline.figure(item), candidate.figure(item));
            let both = baseline.zip(candidate).filter(|_| item != CostItem::Requests);
            ComparedCost {
                item,
                baseline,
                candidate,
                comparison: both
                    .map(|(baseline, candidate)| compare_means(baseline, candidate, Confidence::C95)),
            }
        });
        Self {
            rows: rows.collect(),
            baseline,
            candidate,
            architectures,
            date: prices.date.clone(),
            region: prices.region.clone(),
            replaced_by: prices.replaced_by.clone(),
        }
    }

    /// One figure on both sides.
    pub fn row(&self, item: CostItem) -> Option<&ComparedCost> {
        self.rows.iter().find(|row| row.item == item)
    }
}

impl Cost {
    /// The cost of these invocations.
    pub fn of(rows: &Columns, names: &Names, prices: &PriceList) -> Self {
        let rates = Rates::of(rows, names, prices);
        let all = 0..rows.len();
        let way = |row: usize| {
            let position = rows.facts.initialization.get(row).copied().flatten()?;
            names.initializations.get(position as usize).map(|name| &**name)
        };
        let is_provisioned =
            |row: usize| rows.start[row] == StartType::Provisioned as u32 || way(row) == Some(PROVISIONED);
        let is_managed = |row: usize| way(row) == Some(MANAGED);
        let tokens_of = |row: usize| {
            let of = |column: &[Option<u32>]| column.get(row).copied().flatten().map(f64::from);
            Some([of(&rows.facts.input_tokens)?, of(&rows.facts.output_tokens)?])
        };
        let column = |value: &dyn Fn(usize) -> Option<f64>| -> Vec<Option<f64>> {
            all.clone()
                .map(|row| value(row).map(|value| value * REQUESTS))
                .collect()
        };
        let gb_seconds = column(&|row| {
            let is_on_demand = !is_provisioned(row) && !is_managed(row);
            let gb = f64::from(rows.memory_mb[row].filter(|_| is_on_demand)?) / 1024.0;
            Some(gb * rows.billed_us[row]? as f64 / 1e6)
        });
        let tokens = [0, 1].map(|kind| column(&|row| Some(tokens_of(row)?[kind])));
        let tokens_usd = column(&|row| {
            let [input, output] = tokens_of(row)?;
            let rate = rates.by_model.get(&rows.model[row]?)?;
            Some(input * rate[0] + output * rate[1])
        });
        let is_priced = rates.unpriced.is_empty();
        let known = |column: &[Option<f64>]| column.iter().flatten().count();
        let gb_second = prices
            .gb_second
            .each_ref()
            .map(|price| Some(price.as_ref()?.amount));
        let duration = |usd: Option<f64>| -> Option<Vec<Option<f64>>> {
            let usd = usd?;
            Some(
                gb_seconds
                    .iter()
                    .map(|used| used.map(|used| used * usd))
                    .collect(),
            )
        };
        let request_usd = prices
            .million_requests
            .as_ref()
            .map(|price| price.amount / 1e6 * REQUESTS);
        let total = |usd: Option<f64>| {
            let duration = duration(usd)?;
            let varying = MeanEstimate::of_sum(&[&duration, &tokens_usd]).filter(|_| is_priced)?;
            Some(varying.plus(request_usd?))
        };
        let mean = |column: &[Option<f64>]| MeanEstimate::of_sum(&[column]);
        Self {
            requests: rows.len(),
            with_duration: known(&gb_seconds),
            provisioned: all.clone().filter(|&row| is_provisioned(row)).count(),
            managed: all.clone().filter(|&row| is_managed(row)).count(),
            with_tokens: known(&tokens[0]),
            tokens_without_model: all
                .clone()
                .filter(|&row| tokens_of(row).is_some() && rows.model[row].is_none())
                .count(),
            gb_seconds: mean(&gb_seconds),
            tokens: tokens.each_ref().map(|column| mean(column)),
            duration_usd: gb_second.map(|usd| Some(mean(&gb_seconds)?.times(usd?))),
            requests_usd: request_usd.filter(|_| !rows.is_empty()).map(|usd| MeanEstimate {
                value: usd,
                variance: Some(0.0),
                count: rows.len(),
            }),
            tokens_usd: mean(&tokens_usd).filter(|_| is_priced),
            total_usd: gb_second.map(total),
            other_regions: other_regions(rows, names, prices),
            unpriced: rates.unpriced,
            surcharged: rates.surcharged,
            perhaps_surcharged: rates.perhaps_surcharged,
        }
    }

    /// One figure for a thousand requests.
    pub fn figure(&self, item: CostItem) -> Option<MeanEstimate> {
        match item {
            CostItem::GbSeconds => self.gb_seconds,
            CostItem::InputTokens => self.tokens[0],
            CostItem::OutputTokens => self.tokens[1],
            CostItem::Duration(architecture) => self.duration_usd[architecture as usize],
            CostItem::Requests => self.requests_usd,
            CostItem::Tokens => self.tokens_usd,
            CostItem::Total(architecture) => self.total_usd[architecture as usize],
        }
    }
}

fn other_regions(rows: &Columns, names: &Names, prices: &PriceList) -> Vec<String> {
    let regions: BTreeSet<u32> = rows.region.iter().flatten().copied().collect();
    let name = |position: &u32| names.regions.get(*position as usize);
    let others = regions.iter().filter_map(name).filter(|name| !prices.is_of(name));
    others.map(ToString::to_string).collect()
}

/// What a token of each model costs.
#[derive(Default)]
struct Rates {
    /// By position of the model: US dollars for a token read and for one written.
    by_model: BTreeMap<u32, [f64; 2]>,
    unpriced: Vec<String>,
    surcharged: Vec<(String, f64)>,
    perhaps_surcharged: Vec<(String, f64)>,
}

impl Rates {
    fn of(rows: &Columns, names: &Names, prices: &PriceList) -> Self {
        let mut rates = Self::default();
        let models: BTreeSet<u32> = rows.model.iter().flatten().copied().collect();
        for position in models {
            let Some(model) = names.models.get(position as usize) else {
                continue;
            };
            let price = prices.model(&model.id);
            let both = price.and_then(|price| Some((price, price.input.as_ref()?, price.output.as_ref()?)));
            let Some((price, input, output)) = both else {
                rates.unpriced.push(model.id.to_string());
                continue;
            };
            let factor = rates.surcharge(price, &model.id, &model.as_logged);
            let rate = [input.amount, output.amount].map(|usd| usd / 1e6 * factor);
            rates.by_model.insert(position, rate);
        }
        rates
    }

    /// By how much the ids in the log make the model dearer.
    fn surcharge(&mut self, price: &ModelPrice, model: &ModelId, as_logged: &[Box<str>]) -> f64 {
        let Some(percent) = price.regional_surcharge.as_ref().map(|figure| figure.amount) else {
            return 1.0;
        };
        let prefixes: BTreeSet<Option<&str>> =
            as_logged.iter().map(|id| ModelId::profile_prefix(id)).collect();
        let is_global = |prefix: &Option<&str>| *prefix == Some("global");
        if prefixes.iter().all(is_global) && !prefixes.is_empty() {
            1.0
        } else if prefixes
            .iter()
            .all(|prefix| prefix.is_some() && !is_global(prefix))
            && !prefixes.is_empty()
        {
            self.surcharged.push((model.to_string(), percent));
            1.0 + percent / 100.0
        } else {
            self.perhaps_surcharged.push((model.to_string(), percent));
            1.0
        }
    }
}
