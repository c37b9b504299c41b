//! Names that occur in logs, each held once.

use indexmap::IndexSet;

use super::folded::Folded;
use crate::vocab::ModelId;

/// A growing list of distinct texts.
#[derive(Debug, Default)]
pub(super) struct Interner {
    texts: IndexSet<Box<str>, Folded>,
}

impl Interner {
    /// The position of a text, which is added if it is new.
    pub(super) fn position(&mut self, text: &str) -> u32 {
        // Of most kinds there are few, which are compared in less time than a hash takes.
        let mut first = self.texts.iter().take(FEW_TEXTS).zip(0..);
        if let Some((_, position)) = first.find(|(known, _)| ***known == *text) {
            return position;
        }
        let position = self.texts.get_index_of(text);
        let position = position.unwrap_or_else(|| self.texts.insert_full(text.into()).0);
        // A log of 4 billion names does not fit in memory, so the position always fits.
        u32::try_from(position).unwrap_or(u32::MAX)
    }

    /// The texts, in the order of their positions.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| &**text)
    }

    /// The text at a position.
    pub(super) fn text(&self, position: u32) -> &str {
        &self.texts[position as usize]
    }

    /// The texts, in the order of their positions.
    pub(super) fn into_texts(self) -> Vec<Box<str>> {
        self.texts.into_iter().collect()
    }
}

/// See [`Interner::position`].
const FEW_TEXTS: usize = 4;

/// The names that invocations refer to by position, each list in its own order.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Names {
    /// Files, in the order in which they were read.
    pub files: Vec<SourceFile>,
    /// Log streams.
    pub streams: Vec<Box<str>>,
    /// Functions.
    pub functions: Vec<Box<str>>,
    /// Function versions.
    pub versions: Vec<Box<str>>,
    /// Regions.
    pub regions: Vec<Box<str>>,
    /// ARNs of runtime versions.
    pub runtimes: Vec<Box<str>>,
    /// Ways of initialisation.
    pub initializations: Vec<Box<str>>,
    /// Models, each once whatever profile or region it was called through.
    pub models: Vec<Model>,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path, as given or found.
    pub path: std::sync::Arc<str>,
    /// Which of the given inputs led to it, counted from 0.
    pub argument: usize,
}

/// A model that occurs in the logs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Model {
    /// What it is.
    pub id: ModelId,
    /// The ids, profiles and ARNs under which the logs name it, sorted.
    pub as_logged: Vec<Box<str>>,
}

impl Names {
    /// The name of a model that tells it from the others in these logs: the short name where no
    /// other model shares it, else the whole id.
    pub fn model_label(&self, position: u32) -> String {
        let id = &self.models[position as usize].id;
        let short = id.short_name();
        let is_shared = self
            .models
            .iter()
            .filter(|model| model.id.short_name() == short)
            .count()
            > 1;
        if is_shared || short.is_empty() {
            id.to_string()
        } else {
            short
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_one_position() {
        let mut interner = Interner::default();
        let positions: Vec<u32> = ["b", "a", "b", "c"].map(|text| interner.position(text)).to_vec();
        assert_eq!(positions, [0, 1, 0, 2]);
        assert_eq!(interner.text(1), "a");
        assert_eq!(interner.into_texts(), ["b", "a", "c"].map(Box::from));
    }
}
