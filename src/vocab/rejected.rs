//! Input that could not be used.

use std::borrow::Cow;

use super::Origin;

/// A piece of input that looked like it mattered and could not be read: counted and located in
/// every output, never dropped in silence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rejected {
    /// Where it was found.
    pub origin: Origin,
    /// Why it was refused, a lower-case fragment. Never quotes the input, which may hold prompts.
    pub reason: Cow<'static, str>,
}
