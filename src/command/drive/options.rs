//! What was asked for.

use std::path::PathBuf;
use std::time::Duration;

use crate::drive::{Headers, Shape, Target};
use crate::fetch::Access;

/// What `latscope drive` was asked for.
#[derive(Debug, Clone)]
pub struct DriveOptions {
    /// The address.
    pub target: Target,
    /// Names and ids of the models.
    pub models: Vec<(String, String)>,
    /// The schedule, but for the number of prompts.
    pub shape: Shape,
    /// Where the prompts are; latscope's own where there is none.
    pub prompts: Option<PathBuf>,
    /// A template of the body; the handler's form where there is none.
    pub body: Option<PathBuf>,
    /// The most tokens that a model may write.
    pub max_tokens: u32,
    /// Whether the handler is asked to have the model stream.
    pub is_streamed: bool,
    /// Headers that were typed.
    pub headers: Headers,
    /// Secrets that environment variables hold.
    pub secrets: Vec<SecretOf>,
    /// How requests are signed, if they are.
    pub signing: Option<Signing>,
    /// How many connections are kept ready; by the rate where nothing is said.
    pub spare: Option<usize>,
    /// When a request is given up.
    pub timeout: Duration,
    /// What must not be exceeded.
    pub limits: Limits,
    /// Prices that replace those of latscope.
    pub prices: Option<PathBuf>,
    /// The file; one named by the time where there is none.
    pub out: Option<PathBuf>,
    /// Whether nothing is sent, and the plan printed.
    pub is_dry_run: bool,
    /// Whether nothing but results, warnings and errors is written.
    pub is_quiet: bool,
}

/// A secret that an environment variable holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretOf {
    /// A bearer token.
    Bearer {
        /// The variable.
        variable: String,
    },
    /// The value of a header.
    Header {
        /// Its name.
        name: String,
        /// The variable.
        variable: String,
    },
}

/// How requests are signed.
#[derive(Debug, Clone, Default)]
pub struct Signing {
    /// The service; that of the host where there is none.
    pub service: Option<String>,
    /// Profile and region.
    pub access: Access,
}

/// What must not be exceeded unless an option says so.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Requests, of every phase.
    pub requests: usize,
    /// Requests in flight.
    pub in_flight: usize,
    /// US dollars for tokens.
    pub dollars: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: 1000,
            in_flight: 50,
            dollars: 1.0,
        }
    }
}
