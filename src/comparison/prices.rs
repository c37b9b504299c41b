//! Prices: the figures that a cost is computed from, each with its date and source.

use crate::vocab::ModelId;

/// A processor architecture of Lambda. Logs do not tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// `x86_64`.
    X86,
    /// `arm64`.
    Arm,
}

impl Architecture {
    /// Every architecture, in the order of output.
    pub const ALL: [Self; 2] = [Self::X86, Self::Arm];

    /// As AWS names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::X86 => "x86_64",
            Self::Arm => "arm64",
        }
    }
}

/// One figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// US dollars for the unit that its place says, or per cent for a surcharge.
    pub amount: f64,
    /// The day, month or year of its newest source.
    pub as_of: String,
    /// Where it is from.
    pub source: String,
}

/// What a model costs.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelPrice {
    /// The model.
    pub model: ModelId,
    /// US dollars for a million tokens read.
    pub input: Option<Figure>,
    /// US dollars for a million tokens written.
    pub output: Option<Figure>,
    /// Per cent by which profiles of a geography, and single regions, cost more than the global profile.
    pub regional_surcharge: Option<Figure>,
}

/// A list that replaced figures of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// What it is called.
    pub name: String,
    /// Its day.
    pub date: String,
    /// The AWS region that its prices are of; empty if it does not say.
    pub region: String,
}

/// All prices at hand.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PriceList {
    /// The day on which the list was put together.
    pub date: String,
    /// The AWS region that the prices are of.
    pub region: String,
    /// Lists that replaced figures of this one.
    pub replaced_by: Vec<Replacement>,
    /// US dollars for a GB-second, in the order of [`Architecture::ALL`].
    pub gb_second: [Option<Figure>; 2],
    /// US dollars for a million requests to Lambda.
    pub million_requests: Option<Figure>,
    /// What each model costs.
    pub models: Vec<ModelPrice>,
}

impl PriceList {
    /// What a model costs: the entry of this very model, else the only one of its short name where the log or the
    /// entry gives no more than that.
    pub fn model(&self, model: &ModelId) -> Option<&ModelPrice> {
        self.models.get(self.position(model)?)
    }

    fn position(&self, model: &ModelId) -> Option<usize> {
        let is_alike = |price: &ModelPrice| {
            (model.is_bare() || price.model.is_bare()) && price.model.short_name() == model.short_name()
        };
        let same = self.models.iter().position(|price| price.model == *model);
        let mut alike = (0..self.models.len()).filter(|&position| is_alike(&self.models[position]));
        same.or_else(|| alike.next().filter(|_| alike.next().is_none()))
    }

    /// Replaces every figure that the other list has by that one. `name` is what the other is called.
    pub fn replace(&mut self, other: Self, name: &str) {
        let put = |ours: &mut Option<Figure>, theirs: Option<Figure>| {
            if theirs.is_some() {
                *ours = theirs;
            }
        };
        for (ours, theirs) in self.gb_second.iter_mut().zip(other.gb_second) {
            put(ours, theirs);
        }
        put(&mut self.million_requests, other.million_requests);
        for theirs in other.models {
            match self.position(&theirs.model) {
                Some(position) => {
                    let ours = &mut self.models[position];
                    put(&mut ours.input, theirs.input);
                    put(&mut ours.output, theirs.output);
                    put(&mut ours.regional_surcharge, theirs.regional_surcharge);
                }
                None => self.models.push(theirs),
            }
        }
        self.replaced_by.push(Replacement {
            name: name.to_owned(),
            date: other.date,
            region: other.region,
        });
    }

    /// Whether any of the lists is of this region.
    pub fn is_of(&self, region: &str) -> bool {
        self.region == region || self.replaced_by.iter().any(|by| by.region == region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(amount: f64) -> Option<Figure> {
        Some(Figure {
            amount,
            as_of: "2026".into(),
            source: "a test".into(),
        })
    }

    fn price(model: &str, input: f64) -> ModelPrice {
        ModelPrice {
            model: ModelId::parse(model).unwrap(),
            input: figure(input),
            output: figure(2.0 * input),
            regional_surcharge: None,
        }
    }

    fn list(models: Vec<ModelPrice>) -> PriceList {
        PriceList {
            models,
            ..PriceList::default()
        }
    }

    fn found(list: &PriceList, model: &str) -> Option<f64> {
        let price = list.model(&ModelId::parse(model).unwrap())?;
        Some(price.input.as_ref()?.amount)
    }

    #[test]
    fn a_model_is_found_through_every_profile_and_by_its_bare_name() {
        let list = list(vec![
            price("amazon.nova-lite-v1:0", 1.0),
            price("amazon.nova-2-lite-v1:0", 2.0),
            price("anthropic.claude-3-5-sonnet-20240620-v1:0", 3.0),
            price("anthropic.claude-3-5-sonnet-20241022-v2:0", 4.0),
        ]);
        assert_eq!(found(&list, "us.amazon.nova-lite-v1:0"), Some(1.0));
        assert_eq!(found(&list, "nova-lite"), Some(1.0));
        assert_eq!(found(&list, "nova-2-lite"), Some(2.0));
        assert_eq!(
            found(&list, "anthropic.claude-3-5-sonnet-20241022-v2:0"),
            Some(4.0)
        );
        for unknown in ["claude-3-5-sonnet", "amazon.nova-lite-v2:0", "lite"] {
            assert_eq!(found(&list, unknown), None, "{unknown}");
        }
    }

    #[test]
    fn another_list_replaces_single_figures() {
        let mut ours = list(vec![price("amazon.nova-lite-v1:0", 1.0)]);
        ours.region = "us-east-1".into();
        let mut theirs = list(vec![
            price("amazon.nova-lite-v1:0", 5.0),
            price("x.new-v1:0", 7.0),
        ]);
        theirs.models[0].output = None;
        theirs.date = "2027-01-01".into();
        theirs.region = "eu-west-1".into();
        ours.replace(theirs, "ours.toml");
        assert_eq!(found(&ours, "nova-lite"), Some(5.0));
        assert_eq!(ours.models[0].output, figure(2.0));
        assert_eq!(found(&ours, "x.new-v1:0"), Some(7.0));
        assert!(ours.is_of("us-east-1") && ours.is_of("eu-west-1") && !ours.is_of("sa-east-1"));
        let by = &ours.replaced_by[0];
        assert_eq!(
            [&*by.name, &*by.date, &*by.region],
            ["ours.toml", "2027-01-01", "eu-west-1"]
        );
        ours.replace(list(vec![price("nova-lite", 9.0)]), "bare.toml");
        assert_eq!(found(&ours, "us.amazon.nova-lite-v1:0"), Some(9.0));
        assert_eq!(ours.models.len(), 2);
    }
}
