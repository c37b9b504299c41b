//! What a thousand requests cost on each side.
//!
//! Over all invocations of a side, failures and timeouts too, because Lambda bills each of them. GB-seconds come from
//! the billed duration as printed; what an invocation does not tell is left out of that figure and counted.

use std::collections::{BTreeMap, BTreeSet};

use super::equal_checks::distinct;
use super::prices::{Architecture, ModelPrice, PriceList, Replacement};
use crate::dataset::{Columns, Optional};
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
        let way = |name: &str| -> Vec<bool> {
            names
                .initializations
                .iter()
                .map(|other| **other == *name)
                .collect()
        };
        let [provisioned, managed] = [PROVISIONED, MANAGED].map(way);
        let has_way = |ways: &[bool], row: usize| {
            let position = rows.facts.initialization.get(row);
            position.is_some_and(|position| ways.get(position as usize) == Some(&true))
        };
        let is_provisioned =
            |row: usize| rows.start[row] == StartType::Provisioned as u32 || has_way(&provisioned, row);
        let is_managed = |row: usize| has_way(&managed, row);
        let tokens_of = |row: usize| {
            let of = |column: &Optional<u32>| column.get(row).map(f64::from);
            Some([of(&rows.facts.input_tokens)?, of(&rows.facts.output_tokens)?])
        };
        let gb_seconds_of = |row: usize| {
            let is_on_demand = !is_provisioned(row) && !is_managed(row);
            let gb = f64::from(rows.memory_mb.get(row).filter(|_| is_on_demand)?) / 1024.0;
            Some(gb * rows.billed_us.get(row)? as f64 / 1e6 * REQUESTS)
        };
        let tokens_usd_of = |row: usize| {
            let [input, output] = tokens_of(row)?;
            let rate = rates.by_model.get(&rows.model.get(row)?)?;
            Some((input * rate[0] + output * rate[1]) * REQUESTS)
        };
        // A list for each figure in turn: its memory costs as much as what is done with it.
        let mut known = Vec::with_capacity(rows.len());
        let mut mean = |value: &dyn Fn(usize) -> Option<f64>| {
            known.clear();
            known.extend(all.clone().filter_map(value));
            (MeanEstimate::of(&known), known.len())
        };
        let (gb_seconds, with_duration) = mean(&gb_seconds_of);
        let (input_tokens, with_tokens) = mean(&|row| Some(tokens_of(row)?[0] * REQUESTS));
        let (output_tokens, _) = mean(&|row| Some(tokens_of(row)?[1] * REQUESTS));
        let is_priced = rates.unpriced.is_empty();
        let tokens_usd = match is_priced && !rates.by_model.is_empty() {
            true => mean(&tokens_usd_of).0,
            false => None,
        };
        let gb_second = prices
            .gb_second
            .each_ref()
            .map(|price| Some(price.as_ref()?.amount));
        let request_usd = prices
            .million_requests
            .as_ref()
            .map(|price| price.amount / 1e6 * REQUESTS);
        let column =
            |value: &dyn Fn(usize) -> Option<f64>| -> Vec<Option<f64>> { all.clone().map(value).collect() };
        let of_tokens = tokens_usd.map(|_| column(&tokens_usd_of));
        let total = |usd: Option<f64>| {
            let usd = usd?;
            let duration = column(&|row| Some(gb_seconds_of(row)? * usd));
            let varying = MeanEstimate::of_sum(&[&duration, of_tokens.as_ref()?])?;
            Some(varying.plus(request_usd?))
        };
        Self {
            requests: rows.len(),
            with_duration,
            provisioned: all.clone().filter(|&row| is_provisioned(row)).count(),
            managed: all.clone().filter(|&row| is_managed(row)).count(),
            with_tokens,
            tokens_without_model: all
                .clone()
                .filter(|&row| rows.model.get(row).is_none() && tokens_of(row).is_some())
                .count(),
            gb_seconds,
            tokens: [input_tokens, output_tokens],
            duration_usd: gb_second.map(|usd| Some(gb_seconds?.times(usd?))),
            requests_usd: request_usd.filter(|_| !rows.is_empty()).map(|usd| MeanEstimate {
                value: usd,
                variance: Some(0.0),
                count: rows.len(),
            }),
            tokens_usd,
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
    let regions = distinct(rows.region.runs().filter_map(|run| run.0));
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
        let models = distinct(rows.model.runs().filter_map(|run| run.0));
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
