//! Words as numbers, for columns.

use latscope_schema::CallStatus;

use super::request::{CallsCombined, Outcome, StartType};
use crate::parse::{Completeness, Status};

/// A word that has a number: its place in a list of all.
pub(super) trait Coded: Copy + PartialEq + 'static {
    const ALL: &'static [Self];

    fn code(self) -> u32 {
        let place = Self::ALL.iter().position(|word| *word == self);
        place.and_then(|place| u32::try_from(place).ok()).unwrap_or(0)
    }

    fn of(code: u32) -> Self {
        Self::ALL[(code as usize).min(Self::ALL.len() - 1)]
    }
}

impl Coded for StartType {
    const ALL: &'static [Self] = &StartType::ALL;
}

impl Coded for Outcome {
    const ALL: &'static [Self] = &Outcome::ALL;
}

impl Coded for CallsCombined {
    const ALL: &'static [Self] = &[Self::Single, Self::Union, Self::Sum];
}

impl Coded for Completeness {
    const ALL: &'static [Self] = &[Self::Whole, Self::CutOff, Self::DurationOnly, Self::FieldsChosen];
}

impl Coded for Status {
    const ALL: &'static [Self] = &[Self::Success, Self::Error, Self::Timeout];
}

impl Coded for CallStatus {
    const ALL: &'static [Self] = &[Self::Ok, Self::Error, Self::Throttled, Self::Timeout];
}

/// How an invocation's model is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ModelKind {
    Unnamed,
    One,
    Several,
}

impl Coded for ModelKind {
    const ALL: &'static [Self] = &[Self::Unnamed, Self::One, Self::Several];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_word_comes_back<T: Coded + std::fmt::Debug>() {
        for &word in T::ALL {
            assert_eq!(T::of(word.code()), word);
        }
    }

    #[test]
    fn words_come_back() {
        every_word_comes_back::<StartType>();
        every_word_comes_back::<Outcome>();
        every_word_comes_back::<CallsCombined>();
        every_word_comes_back::<Completeness>();
        every_word_comes_back::<Status>();
        every_word_comes_back::<CallStatus>();
        every_word_comes_back::<ModelKind>();
    }
}
