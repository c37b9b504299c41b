//! The names that records hold, each once, so that rows are numbers.

use super::names::Interner;
use super::rows::BedrockId;
use super::streams::Streams;
use crate::vocab::{ModelId, RequestId};

/// The names of a stretch of the input, or of all of it.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) streams: Streams,
    /// Models as the records write them.
    pub(super) models: Models,
    pub(super) initializations: Interner,
    /// Ids of model calls that are no UUIDs.
    bedrock_ids: Interner,
}

/// Models as records write them, and what each is.
#[derive(Debug, Default)]
pub(super) struct Models {
    as_logged: Interner,
    known: Vec<Option<ModelId>>,
}

impl Models {
    pub(super) fn position(&mut self, as_logged: &str) -> u32 {
        let position = self.as_logged.position(as_logged);
        if position as usize == self.known.len() {
            self.known.push(ModelId::parse(as_logged));
        }
        position
    }

    /// What the record meant.
    pub(super) fn model(&self, position: u32) -> Option<&ModelId> {
        self.known[position as usize].as_ref()
    }

    /// How many names.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    pub(super) fn as_logged(&self, position: u32) -> &str {
        self.as_logged.text(position)
    }
}

impl Tables {
    /// An id of a model call. Equal texts are equal ids.
    pub(super) fn bedrock_id(&mut self, text: &str) -> BedrockId {
        // To look at every byte is quicker than to stop at the first.
        let has_upper = text
            .bytes()
            .fold(false, |has, byte| has | byte.is_ascii_uppercase());
        match RequestId::parse(text) {
            Some(RequestId::Uuid(uuid)) if !has_upper => BedrockId::of_uuid(uuid),
            _ => BedrockId::Other(self.bedrock_ids.position(text)),
        }
    }

    /// Takes the names of a part in. `file` is where events without a stream name stand.
    pub(super) fn absorb(&mut self, part: &Self, file: u32) -> Positions {
        let positions = |texts: &Interner, interner: &mut Interner| -> Vec<u32> {
            texts.texts().map(|text| interner.position(text)).collect()
        };
        Positions {
            streams: self.streams.absorb(&part.streams, file),
            versions: positions(&part.streams.versions, &mut self.streams.versions),
            models: part
                .models
                .as_logged
                .texts()
                .map(|text| self.models.position(text))
                .collect(),
            initializations: positions(&part.initializations, &mut self.initializations),
            bedrock_ids: positions(&part.bedrock_ids, &mut self.bedrock_ids),
        }
    }
}

/// For each position in the tables of a part that in those of the whole.
#[derive(Debug)]
pub(super) struct Positions {
    pub(super) streams: Vec<u32>,
    pub(super) versions: Vec<u32>,
    pub(super) models: Vec<u32>,
    pub(super) initializations: Vec<u32>,
    pub(super) bedrock_ids: Vec<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_calls_are_equal_where_their_texts_are() {
        let mut tables = Tables::default();
        let small = "ea4a4f32-b95c-4f98-8608-9871315e18f5";
        let ids = [small, &small.to_uppercase(), "call-1", small, "call-1", "call-2"]
            .map(|text| tables.bedrock_id(text));
        assert!(matches!(ids[0], BedrockId::Uuid(_)));
        assert_eq!((ids[0], ids[2]), (ids[3], ids[4]));
        assert!(ids[0] != ids[1] && ids[2] != ids[5] && ids[1] != ids[2]);
    }
}
