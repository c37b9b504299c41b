//! Everything that a run is made of.

use std::time::Duration;

use super::auth::Headers;
use super::plan::{Arrival, Slot};
use super::prompts::Prompt;
use super::sign::Signer;
use super::target::Target;
use super::template::Template;
use crate::vocab::Timestamp;

/// A model that takes part.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// What the run calls it.
    pub name: String,
    /// The id that is asked for.
    pub id: String,
    /// What it costs, if that is known.
    pub price: Option<Price>,
}

/// US dollars for one token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// Read.
    pub input: f64,
    /// Written.
    pub output: f64,
}

impl Price {
    /// US dollars for so many tokens.
    pub fn of(self, read: u64, written: u64) -> f64 {
        self.input * read as f64 + self.output * written as f64
    }
}

/// A run.
#[derive(Debug)]
pub struct Job {
    /// The address.
    pub target: Target,
    /// The headers.
    pub headers: Headers,
    /// Who signs, where that is asked for.
    pub signer: Option<Signer>,
    /// The body.
    pub template: Template,
    /// The models.
    pub models: Vec<Model>,
    /// The prompts.
    pub prompts: Vec<Prompt>,
    /// The schedule.
    pub slots: Vec<Slot>,
    /// Requests a second that the schedule was made with.
    pub per_second: f64,
    /// How its gaps were made.
    pub arrival: Arrival,
    /// Requests of each model in a block.
    pub per_block: usize,
    /// Where its random numbers began.
    pub seed: u64,
    /// The most tokens that a model may write.
    pub max_tokens: u32,
    /// The most requests in flight.
    pub max_in_flight: usize,
    /// How many connections are kept ready; by the rate where nothing is said.
    pub spare: Option<usize>,
    /// When a request is given up, after its sending.
    pub timeout: Duration,
    /// When no more is sent: US dollars of tokens.
    pub max_dollars: f64,
    /// A name that no other run has.
    pub run_id: String,
    /// The clock of the machine.
    pub now: fn() -> Timestamp,
}

/// A number at random, whatever the seed: two runs of one second must not have the same name.
pub fn run_number() -> u32 {
    fastrand::u32(..)
}

impl Job {
    /// What a request costs by tokens that are assumed: its prompt's length over four, and all that may be written. Nothing
    /// where the price is not known.
    pub fn estimated_dollars(&self, slot: &Slot) -> Option<f64> {
        let price = self.models[slot.model].price?;
        let read = self.prompts[slot.prompt].estimated_tokens();
        Some(price.of(read, u64::from(self.max_tokens)))
    }
}
