//! The cost of small sides, computed by hand.

use super::cost::{MANAGED, PROVISIONED};
use super::*;
use crate::dataset::{Columns, FactColumns};
use crate::invocation::{Model, Names, Outcome, StartType};
use crate::vocab::ModelId;

fn figure(amount: f64) -> Option<Figure> {
    Some(Figure {
        amount,
        as_of: "2026".into(),
        source: "a test".into(),
    })
}

/// 2 and 1 dollars for a GB-second, 1 for 1,000 requests, 3 and 7 for a million tokens of `a.one`; `a.two` has none.
fn prices() -> PriceList {
    let model = |id: &str, surcharge: Option<Figure>| ModelPrice {
        model: ModelId::parse(id).unwrap(),
        input: figure(3.0),
        output: figure(7.0),
        regional_surcharge: surcharge,
    };
    PriceList {
        region: "us-east-1".into(),
        gb_second: [figure(2.0), figure(1.0)],
        million_requests: figure(1000.0),
        models: vec![model("a.one-v1:0", None), model("a.three-v1:0", figure(10.0))],
        ..PriceList::default()
    }
}

fn names() -> Names {
    let model = |as_logged: &[&str]| Model {
        id: ModelId::parse(as_logged[0]).unwrap(),
        as_logged: as_logged.iter().map(|id| (*id).into()).collect(),
    };
    Names {
        regions: vec!["eu-west-1".into(), "us-east-1".into()],
        initializations: vec![MANAGED.into(), "on-demand".into(), PROVISIONED.into()],
        models: vec![
            model(&["us.a.one-v1:0"]),
            model(&["a.two-v1:0"]),
            model(&["global.a.three-v1:0"]),
        ],
        ..Names::default()
    }
}

/// Warm invocations of a.one with 512 MB, 2 s, 100 and 10 tokens.
fn rows(count: usize) -> Columns {
    Columns {
        row: (0..count as u32).collect(),
        outcome: vec![Outcome::Success as u32; count],
        start: vec![StartType::Warm as u32; count],
        model: vec![Some(0); count].into(),
        region: vec![Some(1); count].into(),
        memory_mb: vec![Some(512); count].into(),
        duration_us: vec![1_999_500; count],
        billed_us: vec![Some(2_000_000); count].into(),
        facts: FactColumns {
            initialization: vec![Some(1); count].into(),
            input_tokens: vec![Some(100); count].into(),
            output_tokens: vec![Some(10); count].into(),
            ..FactColumns::default()
        },
        ..Columns::default()
    }
}

fn value(cost: &Cost, item: CostItem) -> f64 {
    cost.figure(item).unwrap().value
}

fn close(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() < 1e-9 * expected.abs(),
        "{found} {expected}"
    );
}

#[test]
fn a_thousand_requests_cost_what_can_be_computed_by_hand() {
    let mut rows = rows(2);
    rows.billed_us.set(1, Some(4_000_000));
    rows.outcome = vec![Outcome::Error as u32, Outcome::Timeout as u32];
    rows.facts.output_tokens.set(1, Some(30));
    let cost = Cost::of(&rows, &names(), &prices());
    // 0.5 GB · 2 s and 0.5 GB · 4 s: 1.5 GB-seconds a request.
    close(value(&cost, CostItem::GbSeconds), 1500.0);
    close(value(&cost, CostItem::InputTokens), 100_000.0);
    close(value(&cost, CostItem::OutputTokens), 20_000.0);
    close(value(&cost, CostItem::Duration(Architecture::X86)), 3000.0);
    close(value(&cost, CostItem::Duration(Architecture::Arm)), 1500.0);
    close(value(&cost, CostItem::Requests), 1.0);
    // 100,000 · 3/10⁶ + 20,000 · 7/10⁶.
    close(value(&cost, CostItem::Tokens), 0.44);
    close(value(&cost, CostItem::Total(Architecture::X86)), 3001.44);
    close(value(&cost, CostItem::Total(Architecture::Arm)), 1501.44);
    // GB-seconds of 1000 and 2000 have s² = 500,000, and their mean half of it.
    close(
        cost.figure(CostItem::GbSeconds).unwrap().variance.unwrap(),
        250_000.0,
    );
    assert_eq!((cost.requests, cost.with_duration, cost.with_tokens), (2, 2, 2));
    assert!(cost.unpriced.is_empty() && cost.other_regions.is_empty());
}

#[test]
fn what_an_invocation_does_not_tell_is_left_out_and_counted() {
    let mut rows = rows(4);
    rows.billed_us.set(0, None);
    rows.memory_mb.set(1, None);
    rows.facts.output_tokens.set(2, None);
    rows.model.set(3, None);
    rows.region.set(3, Some(0));
    let cost = Cost::of(&rows, &names(), &prices());
    assert_eq!(
        (cost.with_duration, cost.with_tokens, cost.tokens_without_model),
        (2, 3, 1)
    );
    close(value(&cost, CostItem::GbSeconds), 1000.0);
    close(value(&cost, CostItem::Tokens), 0.37);
    assert_eq!(cost.other_regions, ["eu-west-1"]);
    let without = Cost::of(&Columns::default(), &names(), &prices());
    assert_eq!(without, Cost::default());
    let mut untold = super::cost_tests::rows(2);
    untold.facts = FactColumns::default();
    let cost = Cost::of(&untold, &names(), &prices());
    assert_eq!(cost.figure(CostItem::Tokens), None);
    assert_eq!(cost.figure(CostItem::Total(Architecture::X86)), None);
    assert!(cost.figure(CostItem::Duration(Architecture::X86)).is_some());
}

#[test]
fn a_model_without_a_price_has_no_cost() {
    let mut rows = rows(2);
    rows.model.set(1, Some(1));
    let cost = Cost::of(&rows, &names(), &prices());
    assert_eq!(cost.unpriced, ["a.two-v1:0"]);
    assert_eq!(cost.figure(CostItem::Tokens), None);
    assert_eq!(cost.figure(CostItem::Total(Architecture::Arm)), None);
    close(value(&cost, CostItem::InputTokens), 100_000.0);
}

#[test]
fn what_is_billed_otherwise_is_not_priced_on_demand() {
    let mut rows = rows(4);
    rows.facts.initialization = vec![Some(0), Some(1), Some(2), None].into();
    rows.start[3] = StartType::Provisioned as u32;
    rows.billed_us.set(1, Some(6_000_000));
    let cost = Cost::of(&rows, &names(), &prices());
    assert_eq!((cost.managed, cost.provisioned, cost.with_duration), (1, 2, 1));
    close(value(&cost, CostItem::GbSeconds), 3000.0);
}

#[test]
fn the_profile_tells_whether_there_is_a_surcharge() {
    let mut rows = rows(1);
    rows.model.set(0, Some(2));
    let cost = |as_logged: &[&str]| {
        let mut names = names();
        names.models[2].as_logged = as_logged.iter().map(|id| (*id).into()).collect();
        Cost::of(&rows, &names, &prices())
    };
    let three = ("a.three-v1:0".to_owned(), 10.0);
    let global = cost(&["global.a.three-v1:0"]);
    close(value(&global, CostItem::Tokens), 0.37);
    assert!(global.surcharged.is_empty() && global.perhaps_surcharged.is_empty());
    let regional = cost(&["eu.a.three-v1:0", "us.a.three-v1:0"]);
    close(value(&regional, CostItem::Tokens), 0.407);
    assert_eq!(regional.surcharged[0], three);
    for open in [&["a.three-v1:0"][..], &["global.a.three-v1:0", "us.a.three-v1:0"]] {
        let open = cost(open);
        close(value(&open, CostItem::Tokens), 0.37);
        assert_eq!(open.perhaps_surcharged[0], three);
    }
}

#[test]
fn both_sides_are_compared_on_the_named_architecture_or_on_both() {
    let (mut base, cand) = (rows(3), rows(3));
    base.billed_us = vec![Some(4_000_000), Some(3_000_000), Some(5_000_000)].into();
    let compare = |architecture| CostComparison::of([&base, &cand], &names(), &prices(), architecture);
    let both = compare(None);
    assert_eq!(both.rows.len(), 9);
    let found = both.row(CostItem::GbSeconds).unwrap().comparison.unwrap();
    assert_eq!(found.difference, -1000.0);
    close(found.ratio.unwrap(), 0.5);
    assert!(found.ratio_interval.low.unwrap() < 0.5 && found.ratio_interval.high.unwrap() > 0.5);
    assert_eq!(both.row(CostItem::Requests).unwrap().comparison, None);
    let one = compare(Some(Architecture::Arm));
    assert_eq!(
        (one.rows.len(), one.row(CostItem::Total(Architecture::X86))),
        (7, None)
    );
}
