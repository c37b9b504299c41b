//! An axis of days and hours.

use chrono::{DateTime, Utc};

use super::frame::{Align, Area, Label, Line, Sheet};
use super::palette::{AXIS, GRID, INK, Rgb};
use crate::comparison::drawn::{Stretch, Timeline};
use crate::vocab::Timestamp;

/// Between two stretches.
const BREAK: f64 = 40.0;
/// No stretch is narrower than this share of what each would have if all were equally long.
const NARROWEST: f64 = 0.4;
/// The least distance of two ticks.
const TICK: f64 = 68.0;
/// From such a distance of ticks on in seconds, their years are told.
const MONTH: i64 = 2_592_000;
/// Round distances of ticks in seconds.
const STEPS: [i64; 24] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
    604_800, 1_209_600, MONTH, 7_776_000, 31_536_000,
];

/// Where moments lie.
pub(super) struct Clock<'a> {
    /// Each stretch with its left and right end.
    stretches: Vec<(&'a Stretch, f64, f64)>,
}

impl<'a> Clock<'a> {
    /// All stretches beside each other between two places, as wide as they are long, but that short ones are wider.
    pub(super) fn new(timeline: &'a Timeline, left: f64, right: f64) -> Self {
        let count = timeline.stretches.len().max(1) as f64;
        let room = right - left - BREAK * (count - 1.0);
        let narrowest = NARROWEST * room / count;
        let room = room - narrowest * count;
        let length = timeline.length_ms();
        let mut from = left;
        let stretches = timeline.stretches.iter().map(|stretch| {
            let share = match length > 0.0 {
                true => stretch.length_ms() / length,
                false => 1.0 / count,
            };
            let to = from + narrowest + room * share;
            let placed = (stretch, from, to);
            from = to + BREAK;
            placed
        });
        Self {
            stretches: stretches.collect(),
        }
    }

    /// Where a moment lies; in the stretch before it if it is in none.
    pub(super) fn x(&self, at_ms: i64) -> f64 {
        let before = self
            .stretches
            .iter()
            .rev()
            .find(|(stretch, ..)| at_ms >= stretch.from_ms);
        let Some((stretch, left, right)) = before.or(self.stretches.first()) else {
            return 0.0;
        };
        let length = stretch.length_ms();
        let share = match length > 0.0 {
            true => (at_ms.saturating_sub(stretch.from_ms) as f64 / length).clamp(0.0, 1.0),
            false => 0.5,
        };
        // A little inside, so that no mark lies upon the end.
        left + 3.0 + (right - left - 6.0) * share
    }

    /// A crisp horizontal line that leaves out what is cut.
    pub(super) fn horizontal(&self, sheet: &mut Sheet, y: f64, colour: Rgb) {
        for (_, left, right) in &self.stretches {
            sheet.horizontal(*left, *right, y, colour);
        }
    }

    /// Ticks and days below all plots, lines through them, and what is cut out.
    pub(super) fn axis(&self, sheet: &mut Sheet, plots: &[Area], bottom: f64) {
        for (at, (stretch, left, right)) in self.stretches.iter().enumerate() {
            let step = step(stretch, right - left);
            let mut is_labelled = false;
            for tick in ticks(stretch, step) {
                let x = self.x(tick);
                let Some(time) = clock_time(tick, step) else {
                    continue;
                };
                if sheet.label_if_spaced(Label::new((x, bottom + 14.0), &time, Align::Middle), 6.0) {
                    is_labelled = true;
                    for plot in plots {
                        sheet.vertical(x, plot.top, plot.bottom, GRID);
                    }
                }
            }
            let form = match (is_labelled, (86_400..MONTH).contains(&step)) {
                (true, true) => "%Y",
                (true, false) => "%Y-%m-%d",
                (false, _) => "%Y-%m-%d %H:%M:%S",
            };
            let zone = if at == 0 { " UTC" } else { "" };
            if let Some(day) = utc(stretch.from_ms) {
                let y = bottom + 33.0;
                // A short stretch at the right end has its day left of it.
                let short = if is_labelled { "%m-%d" } else { "%m-%d %H:%M" };
                for form in [form, short] {
                    let day = format!("{}{zone}", day.format(form));
                    let places = [(*left, Align::Left), (right + BREAK, Align::Right)];
                    if places.into_iter().any(|(x, align)| {
                        sheet.label_if_spaced(Label::new((x, y), &day, align).colour(INK), 4.0)
                    }) {
                        break;
                    }
                }
            }
            if at > 0 {
                for plot in plots {
                    cut(sheet, (left - BREAK, *left), plot);
                }
            }
        }
    }
}

/// Where one stretch ends and the next begins.
fn cut(sheet: &mut Sheet, (left, right): (f64, f64), plot: &Area) {
    for x in [left, right] {
        sheet.line(Line {
            points: vec![(x, plot.top), (x, plot.bottom)],
            colour: AXIS,
            width: 1.0,
            dash: "2 3",
            fill: 0.0,
        });
    }
}

fn utc(at_ms: i64) -> Option<DateTime<Utc>> {
    Timestamp::from_epoch_millis(at_ms).to_utc()
}

/// The distance of ticks in seconds that leaves each enough room.
fn step(stretch: &Stretch, width: f64) -> i64 {
    let seconds = stretch.length_ms() / 1000.0;
    let enough = |step: &i64| width * (*step as f64) >= TICK * seconds;
    STEPS.into_iter().find(enough).unwrap_or(STEPS[STEPS.len() - 1])
}

/// Round times within a stretch, in milliseconds since the epoch.
fn ticks(stretch: &Stretch, step: i64) -> impl Iterator<Item = i64> {
    const MOST: usize = 20;
    let step = step.saturating_mul(1000);
    let first = stretch
        .from_ms
        .div_euclid(step)
        .saturating_add(1)
        .saturating_mul(step);
    let exact = stretch.from_ms.rem_euclid(step) == 0;
    let first = if exact { stretch.from_ms } else { first };
    let last = stretch.to_ms;
    let next = move |tick: &i64| tick.checked_add(step);
    std::iter::successors(Some(first), next)
        .take_while(move |tick| *tick <= last)
        .take(MOST)
}

/// A tick as far as the distance of ticks makes it worth reading.
fn clock_time(at_ms: i64, step: i64) -> Option<String> {
    let form = match step {
        ..60 => "%H:%M:%S",
        60..86_400 => "%H:%M",
        86_400..MONTH => "%m-%d",
        _ => "%Y-%m",
    };
    Some(utc(at_ms)?.format(form).to_string())
}

/// The time of all stretches in words.
pub(super) fn in_words(timeline: &Timeline) -> String {
    let ends = timeline.stretches.iter().filter_map(|stretch| {
        let form = "%Y-%m-%d %H:%M:%S";
        let (from, to) = (utc(stretch.from_ms)?, utc(stretch.to_ms)?);
        Some(format!("{} to {}", from.format(form), to.format(form)))
    });
    format!("UTC, {}.", ends.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn stretch(from_ms: i64, length_ms: i64) -> Stretch {
        Stretch {
            from_ms,
            to_ms: from_ms + length_ms,
        }
    }

    fn labels(from_ms: i64, length_ms: i64, width: f64) -> Vec<String> {
        let stretch = stretch(from_ms, length_ms);
        let step = step(&stretch, width);
        ticks(&stretch, step)
            .filter_map(|tick| clock_time(tick, step))
            .collect()
    }

    #[test]
    fn ticks_are_round_times() {
        let nine = 1_795_165_202_978;
        assert_eq!(
            labels(nine, 2 * HOUR, 560.0),
            [
                "09:15", "09:30", "09:45", "10:00", "10:15", "10:30", "10:45", "11:00"
            ]
        );
        assert_eq!(
            labels(nine, 60_000, 560.0),
            [
                "09:00:10", "09:00:20", "09:00:30", "09:00:40", "09:00:50", "09:01:00"
            ]
        );
        assert_eq!(labels(nine, 24 * HOUR, 560.0)[..2], ["12:00", "15:00"]);
        assert_eq!(labels(nine, 240 * HOUR, 560.0)[..2], ["11-21", "11-23"]);
        assert_eq!(labels(nine, 20_000 * HOUR, 560.0)[..2], ["2026-12", "2027-12"]);
        assert_eq!(labels(nine, 0, 560.0), [""; 0]);
        assert!(labels(i64::MIN, i64::MAX, 560.0).len() <= 20);
    }

    #[test]
    fn stretches_stand_beside_each_other_in_proportion() {
        let timeline = Timeline {
            stretches: vec![
                stretch(0, HOUR),
                stretch(100 * HOUR, 3 * HOUR),
                stretch(900 * HOUR, 0),
            ],
        };
        let clock = Clock::new(&timeline, 0.0, 600.0);
        let widths: Vec<f64> = clock
            .stretches
            .iter()
            .map(|(_, left, right)| right - left)
            .collect();
        let narrowest = widths[2];
        assert!((widths[1] - narrowest - 3.0 * (widths[0] - narrowest)).abs() < 1e-9);
        assert!((narrowest - 0.4 * (600.0 - 2.0 * BREAK) / 3.0).abs() < 1e-9);
        assert!((clock.stretches[2].2 - 600.0).abs() < 1e-9);
        assert!(clock.x(0) < clock.x(HOUR) && clock.x(HOUR) + BREAK < clock.x(100 * HOUR));
        assert_eq!(clock.x(50 * HOUR), clock.x(HOUR));
        assert_eq!(clock.x(-5), clock.x(0));
    }
}
