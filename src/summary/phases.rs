//! The phases that the total time of an invocation is made of.

use super::latency::{CLOCK_TOLERANCE, RowInference, inference_of};
use crate::dataset::{Columns, Optional};

/// A part of total time. The phases of one invocation are told apart as far as its records tell them, and always add
/// up to its total time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The initialisation or restore that the request waited for.
    Init,
    /// The handler, before the call.
    Before,
    /// Failed attempts of the model call, and the waits between them.
    Retry,
    /// Inference as Bedrock itself has it.
    Bedrock,
    /// The rest of the inference time where Bedrock's is told: SDK and network.
    AroundBedrock,
    /// The inference time where Bedrock's own part of it is not told.
    Inference,
    /// The handler, after the call.
    After,
    /// What is left of the duration where the handler tells its own time before and after the call.
    Unexplained,
    /// What is left of the duration where it does not.
    Other,
    /// The duration of an invocation without an inference time, or with phases that cannot be true.
    NotKnown,
}

impl Phase {
    /// Every phase, in the order of output.
    pub const ALL: [Self; 10] = [
        Self::Init,
        Self::Before,
        Self::Retry,
        Self::Bedrock,
        Self::AroundBedrock,
        Self::Inference,
        Self::After,
        Self::Unexplained,
        Self::Other,
        Self::NotKnown,
    ];

    /// The name in outputs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Before => "before",
            Self::Retry => "retry",
            Self::Bedrock => "Bedrock",
            Self::AroundBedrock => "around Bedrock",
            Self::Inference => "inference",
            Self::After => "after",
            Self::Unexplained => "unexplained",
            Self::Other => "other",
            Self::NotKnown => "not known",
        }
    }
}

/// The phases of one invocation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowPhases {
    /// Microseconds of each of [`Phase::ALL`]; together the total time.
    pub us: [u64; 10],
    /// Whether what the handler logged is longer than the duration although its inference time is not: a wrong unit,
    /// or phases that overlap. The whole duration is not known then.
    pub is_over_duration: bool,
}

impl RowPhases {
    /// The phases of a row.
    pub fn of(rows: &Columns, row: usize) -> Self {
        let mut phases = Self::default();
        let duration = rows.duration_us[row];
        phases.set(Phase::Init, rows.init_us.get(row).unwrap_or(0));
        let RowInference::Known(inference) = inference_of(rows, row) else {
            phases.set(Phase::NotKnown, duration);
            return phases;
        };
        let told = |column: &Optional<u64>| column.get(row);
        let (before, after) = (told(&rows.facts.before_us), told(&rows.facts.after_us));
        let around = [
            (Phase::Retry, told(&rows.retry_us)),
            (Phase::Before, before),
            (Phase::After, after),
        ];
        let logged = around
            .iter()
            .filter_map(|(_, time)| *time)
            .fold(inference, u64::saturating_add);
        if logged > duration.saturating_add(duration / CLOCK_TOLERANCE) {
            phases.is_over_duration = true;
            phases.set(Phase::NotKnown, duration);
            return phases;
        }
        match bedrock_of(rows, row) {
            RowBedrock::Known(bedrock) => {
                phases.set(Phase::Bedrock, bedrock);
                phases.set(Phase::AroundBedrock, inference - bedrock);
            }
            RowBedrock::OverInference | RowBedrock::Unknown => phases.set(Phase::Inference, inference),
        }
        let mut left = duration - inference;
        for (phase, time) in around {
            // Two clocks may differ, so that a little too much was logged.
            let time = time.unwrap_or(0).min(left);
            phases.set(phase, time);
            left -= time;
        }
        let rest = match before.is_some() && after.is_some() {
            true => Phase::Unexplained,
            false => Phase::Other,
        };
        phases.set(rest, left);
        phases
    }

    fn set(&mut self, phase: Phase, us: u64) {
        self.us[phase as usize] = us;
    }
}

/// Bedrock's own latency of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowBedrock {
    /// So many microseconds, at most the inference time.
    Known(u64),
    /// It is longer than the inference time, beyond what rounding and two clocks make.
    OverInference,
    /// There is none, or several calls may overlap, or the call was given up.
    Unknown,
}

/// Bedrock tells whole milliseconds.
const BEDROCK_ROUNDING_US: u64 = 1000;

/// Bedrock's own latency within the inference time of a row, if it made a single call and both can be true. Of several
/// calls Bedrock's latencies add up, and inference is the time during which any ran.
pub fn bedrock_of(rows: &Columns, row: usize) -> RowBedrock {
    let told = rows.facts.bedrock_latency_us.get(row);
    let is_single = rows.calls.get(row) == Some(1);
    let (RowInference::Known(inference), Some(bedrock)) = (inference_of(rows, row), told) else {
        return RowBedrock::Unknown;
    };
    if !is_single || rows.inference_is_bound[row] {
        return RowBedrock::Unknown;
    }
    let tolerance = BEDROCK_ROUNDING_US + inference / CLOCK_TOLERANCE;
    match bedrock > inference.saturating_add(tolerance) {
        true => RowBedrock::OverInference,
        false => RowBedrock::Known(bedrock.min(inference)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What one invocation logged, in microseconds.
    #[derive(Debug, Clone, Default)]
    struct Logged {
        duration: u64,
        init: Option<u64>,
        inference: Option<u64>,
        before: Option<u64>,
        retry: Option<u64>,
        bedrock: Option<u64>,
        after: Option<u64>,
        calls: u32,
    }

    fn told() -> Logged {
        Logged {
            duration: 100_000,
            init: Some(30_000),
            inference: Some(60_000),
            before: Some(5_000),
            retry: Some(20_000),
            bedrock: Some(50_000),
            after: Some(4_000),
            calls: 1,
        }
    }

    fn columns(logged: &Logged) -> Columns {
        let mut rows = Columns {
            duration_us: vec![logged.duration],
            init_us: vec![logged.init].into(),
            inference_us: vec![logged.inference].into(),
            inference_is_bound: vec![false],
            retry_us: vec![logged.retry].into(),
            calls: vec![Some(logged.calls)].into(),
            ..Columns::default()
        };
        rows.facts.before_us = vec![logged.before].into();
        rows.facts.after_us = vec![logged.after].into();
        rows.facts.bedrock_latency_us = vec![logged.bedrock].into();
        rows
    }

    /// The phases that an invocation has, in milliseconds.
    fn phases(logged: &Logged) -> Vec<(Phase, u64)> {
        let found = RowPhases::of(&columns(logged), 0);
        let of = |phase: Phase| (phase, found.us[phase as usize] / 1000);
        let all = Phase::ALL.into_iter().map(of);
        all.filter(|(_, ms)| *ms > 0).collect()
    }

    #[test]
    fn a_record_with_every_phase_leaves_the_rest_unexplained() {
        assert_eq!(
            phases(&told()),
            [
                (Phase::Init, 30),
                (Phase::Before, 5),
                (Phase::Retry, 20),
                (Phase::Bedrock, 50),
                (Phase::AroundBedrock, 10),
                (Phase::After, 4),
                (Phase::Unexplained, 11),
            ]
        );
    }

    #[test]
    fn what_a_handler_does_not_tell_is_not_called_unexplained() {
        let untold = |change: fn(&mut Logged)| {
            let mut logged = told();
            change(&mut logged);
            phases(&logged)
        };
        let without_ends = untold(|logged| (logged.before, logged.after, logged.retry) = (None, None, None));
        assert_eq!(
            without_ends,
            [
                (Phase::Init, 30),
                (Phase::Bedrock, 50),
                (Phase::AroundBedrock, 10),
                (Phase::Other, 40)
            ]
        );
        let without_after = untold(|logged| logged.after = None);
        assert_eq!(without_after.last(), Some(&(Phase::Other, 15)));
        let without_bedrock = untold(|logged| logged.bedrock = None);
        assert!(without_bedrock.contains(&(Phase::Inference, 60)));
        let several = untold(|logged| logged.calls = 2);
        assert!(several.contains(&(Phase::Inference, 60)));
        let without_inference = untold(|logged| logged.inference = None);
        assert_eq!(without_inference, [(Phase::Init, 30), (Phase::NotKnown, 100)]);
    }

    #[test]
    fn phases_longer_than_the_duration_are_not_known() {
        let mut logged = told();
        // 60 + 5 + 31.1 + 4 ms, and a thousandth may be clocks.
        logged.retry = Some(31_100);
        assert!(!RowPhases::of(&columns(&logged), 0).is_over_duration);
        assert_eq!(phases(&logged)[6..], []);
        logged.retry = Some(31_101);
        assert!(RowPhases::of(&columns(&logged), 0).is_over_duration);
        assert_eq!(phases(&logged), [(Phase::Init, 30), (Phase::NotKnown, 100)]);
        logged.inference = Some(100_101);
        assert!(!RowPhases::of(&columns(&logged), 0).is_over_duration);
    }

    #[test]
    fn bedrocks_latency_is_within_the_inference_time() {
        let of = |bedrock, calls, is_bound| {
            let mut rows = columns(&Logged {
                bedrock,
                calls,
                ..told()
            });
            rows.inference_is_bound = vec![is_bound];
            bedrock_of(&rows, 0)
        };
        assert_eq!(of(Some(59_000), 1, false), RowBedrock::Known(59_000));
        assert_eq!(of(Some(61_060), 1, false), RowBedrock::Known(60_000));
        assert_eq!(of(Some(61_061), 1, false), RowBedrock::OverInference);
        assert_eq!(of(Some(59_000), 2, false), RowBedrock::Unknown);
        assert_eq!(of(Some(59_000), 1, true), RowBedrock::Unknown);
        assert_eq!(of(None, 1, false), RowBedrock::Unknown);
    }

    fn time() -> impl Strategy<Value = Option<u64>> {
        proptest::option::of(prop_oneof![4 => 0_u64..120_000, 1 => proptest::num::u64::ANY])
    }

    proptest! {
        #[test]
        fn the_phases_add_up_to_the_total_time(
            duration in 0_u64..1_000_000_000,
            init in proptest::option::of(0_u64..10_000_000),
            (inference, before, retry) in (time(), time(), time()),
            (bedrock, after, calls) in (time(), time(), 0_u32..3),
        ) {
            let logged = Logged { duration, init, inference, before, retry, bedrock, after, calls };
            let found = RowPhases::of(&columns(&logged), 0);
            prop_assert_eq!(found.us.iter().sum::<u64>(), duration + init.unwrap_or(0));
            let of = |phase: Phase| found.us[phase as usize];
            let in_model = of(Phase::Bedrock) + of(Phase::AroundBedrock) + of(Phase::Inference);
            prop_assert!(in_model == 0 || Some(in_model) == inference || in_model == duration);
            prop_assert!(of(Phase::Unexplained) == 0 || of(Phase::Other) == 0);
        }
    }
}
