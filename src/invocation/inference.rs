//! Several model calls of one invocation, put together.

use latscope_schema::CallStatus;

use super::request::{CallsCombined, Inference};
use super::rows::Call;
use crate::vocab::Micros;

/// The records of one invocation that count. Embedded metrics repeat what a proper record says, so
/// they count only where there is none.
pub(super) fn counting<'a>(timings: impl Iterator<Item = &'a Call> + Clone) -> Vec<&'a Call> {
    let has_record = timings.clone().any(|timing| !timing.is_embedded_metric);
    timings
        .filter(|timing| !(has_record && timing.is_embedded_metric))
        .collect()
}

/// The inference time of one invocation from its timing records, which must be in call order.
/// `None` if no record has an inference time.
pub(super) fn combine(timings: &[&Call]) -> Option<Inference> {
    let calls: Vec<(&Call, Micros)> = timings
        .iter()
        .filter_map(|timing| Some((*timing, timing.inference?)))
        .collect();
    let (last, _) = calls.last()?;
    let intervals: Option<Vec<(u64, u64)>> = calls
        .iter()
        .map(|(timing, time)| {
            let start = timing.start_offset?.as_micros();
            Some((start, start.saturating_add(time.as_micros())))
        })
        .collect();
    let (time, combined) = match (calls.as_slice(), intervals) {
        ([(_, time)], _) => (*time, CallsCombined::Single),
        (_, Some(intervals)) => (union(intervals), CallsCombined::Union),
        (_, None) => (calls.iter().map(|(_, time)| *time).sum(), CallsCombined::Sum),
    };
    Some(Inference {
        time,
        calls: u32::try_from(calls.len()).unwrap_or(u32::MAX),
        combined,
        is_lower_bound: last.status == Some(CallStatus::Timeout),
    })
}

/// The length of the union of intervals.
fn union(mut intervals: Vec<(u64, u64)>) -> Micros {
    intervals.sort_unstable();
    let (mut covered, mut reached) = (0_u64, 0_u64);
    for (start, end) in intervals {
        let from = start.max(reached);
        if end > from {
            covered += end - from;
            reached = end;
        }
    }
    Micros::from_micros(covered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(start_ms: Option<u64>, inference_ms: u64) -> Call {
        Call {
            start_offset: start_ms.map(Micros::from_millis),
            inference: Some(Micros::from_millis(inference_ms)),
            ..Call::default()
        }
    }

    fn combined(calls: &[Call]) -> (u64, CallsCombined) {
        let inference = combine(&counting(calls.iter())).unwrap();
        (inference.time.as_micros() / 1000, inference.combined)
    }

    /// ```text
    /// 0    100   200   300   400   500
    /// [ a       ]
    ///       [ b       ]     [ c       ]
    /// ```
    #[test]
    fn time_that_calls_share_counts_once() {
        let calls = [call(Some(0), 200), call(Some(100), 200), call(Some(400), 200)];
        assert_eq!(combined(&calls), (500, CallsCombined::Union));
        let inside = [call(Some(0), 500), call(Some(100), 50)];
        assert_eq!(combined(&inside), (500, CallsCombined::Union));
    }

    #[test]
    fn without_a_start_time_the_calls_are_added_up() {
        assert_eq!(
            combined(&[call(Some(0), 200), call(None, 200)]),
            (400, CallsCombined::Sum)
        );
        assert_eq!(combined(&[call(None, 200)]), (200, CallsCombined::Single));
        assert_eq!(combine(&[]), None);
    }

    #[test]
    fn an_embedded_metric_does_not_count_beside_a_record() {
        let metric = Call {
            is_embedded_metric: true,
            ..call(None, 200)
        };
        assert_eq!(combined(&[call(None, 201), metric]), (201, CallsCombined::Single));
        assert_eq!(combined(&[metric]), (200, CallsCombined::Single));
    }
}
