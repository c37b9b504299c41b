//! The figures of a report, drawn from what the comparison has of them and from nothing else.

use super::chart::{self, Chart, ChartError};
use crate::comparison::Drawn;

/// A figure of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Its file name, beside the page.
    pub file: &'static str,
    /// What it finds, in words.
    pub alt: String,
    /// Its SVG text.
    pub svg: String,
}

/// The figures of a report. One for which there is nothing to draw is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Total time by percentile.
    pub quantiles: Option<Figure>,
    /// Every compared quantile as a ratio.
    pub ratios: Option<Figure>,
    /// The share of requests within each total time.
    pub ecdf: Option<Figure>,
    /// Total time over the time of day.
    pub over_time: Option<Figure>,
    /// Inference time against output tokens.
    pub tokens: Option<Figure>,
    /// Total time of each kind of requests.
    pub distributions: Option<Figure>,
    /// Inference's share of the duration of each request.
    pub inference_share: Option<Figure>,
    /// Time by part.
    pub phases: Option<Figure>,
    /// Time by stage of the whole path.
    pub path: Option<Figure>,
    /// Cost against p95.
    pub cost: Option<Figure>,
}

impl Figures {
    /// Draws all of them.
    ///
    /// # Errors
    /// If there is more to draw than a figure can show, or if one cannot be drawn, which is a defect of latscope.
    pub fn of(data: &Drawn) -> Result<Self, ChartError> {
        let drawn = |file: &'static str, chart: Result<Chart, ChartError>| match chart {
            Ok(Chart { alt, svg }) => Ok(Some(Figure { file, alt, svg })),
            Err(ChartError::Empty) => Ok(None),
            Err(error) => Err(error),
        };
        Ok(Self {
            quantiles: drawn("quantiles.svg", chart::quantile_curves(&data.quantiles))?,
            ratios: drawn("ratios.svg", chart::ratios(&data.ratios))?,
            ecdf: drawn("ecdf.svg", chart::ecdf(&data.ecdfs))?,
            over_time: drawn("over-time.svg", chart::over_time(&data.over_time))?,
            tokens: drawn("tokens.svg", chart::tokens(&data.tokens))?,
            distributions: drawn("distributions.svg", chart::distributions(&data.distributions))?,
            inference_share: drawn(
                "inference-share.svg",
                chart::inference_share(&data.inference_shares),
            )?,
            phases: drawn("phases.svg", chart::phases(&data.phases))?,
            path: drawn("path.svg", chart::path(&data.path))?,
            cost: drawn("cost.svg", chart::cost(&data.cost))?,
        })
    }

    /// Those that there are, in the order of the page.
    pub fn all(&self) -> impl Iterator<Item = &Figure> {
        [
            &self.quantiles,
            &self.ratios,
            &self.ecdf,
            &self.over_time,
            &self.tokens,
            &self.distributions,
            &self.inference_share,
            &self.phases,
            &self.path,
            &self.cost,
        ]
        .into_iter()
        .flatten()
    }
}
