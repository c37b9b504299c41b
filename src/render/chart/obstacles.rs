//! Where labels may stand.

use super::frame::{Area, Label, Point, Sheet};

/// What no label within the plot may lie upon.
#[derive(Default)]
pub(super) struct Obstacles {
    pub(super) lines: Vec<Vec<Point>>,
    pub(super) markers: Vec<Area>,
}

impl Obstacles {
    /// Keeps labels off a marker.
    pub(super) fn marker(&mut self, (x, y): Point) {
        self.markers.push(Area {
            left: x - 6.0,
            top: y - 6.0,
            right: x + 6.0,
            bottom: y + 6.0,
        });
    }

    /// Keeps labels off a line of any length.
    pub(super) fn line(&mut self, points: &[Point]) {
        const LONGEST: f64 = 24.0;
        for pair in points.windows(2) {
            let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
            let pieces = ((to_x - x).hypot(to_y - y) / LONGEST).ceil().clamp(1.0, 100.0) as u32;
            let at = |piece: u32| {
                let share = f64::from(piece) / f64::from(pieces);
                (x + share * (to_x - x), y + share * (to_y - y))
            };
            self.lines.push((0..=pieces).map(at).collect());
        }
    }

    /// Draws the label if it lies within the plot and upon nothing.
    pub(super) fn label(&self, sheet: &mut Sheet, area: Area, label: Label) -> bool {
        self.is_free(sheet, area, &label.area()) && sheet.label_if_free(label)
    }

    /// Whether a part of the plot lies within it and upon nothing.
    pub(super) fn is_free(&self, sheet: &Sheet, area: Area, part: &Area) -> bool {
        let inside = part.left > area.left + 2.0
            && part.right < area.right + 2.0
            && part.top > area.top - 10.0
            && part.bottom < area.bottom;
        let crosses = |line: &Vec<Point>| line.windows(2).any(|pair| part.is_crossed(pair[0], pair[1]));
        inside
            && !self.markers.iter().any(|marker| marker.meets(part))
            && !self.lines.iter().any(crosses)
            && !sheet.is_labelled(part)
    }
}

/// Moves ascending places apart by at least `distance` within `limits`, each as little as the
/// others allow.
pub(super) fn spread(wanted: &[f64], distance: f64, (first, last): (f64, f64)) -> Vec<f64> {
    let mut places = wanted.to_vec();
    let mut least = first;
    for place in &mut places {
        *place = place.max(least);
        least = *place + distance;
    }
    let mut most = last;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - distance;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_moved_apart_as_little_as_possible() {
        assert_eq!(
            spread(&[50.0, 50.0, 50.0], 10.0, (0.0, 100.0)),
            [50.0, 60.0, 70.0]
        );
        assert_eq!(spread(&[0.0, 99.0, 99.0], 10.0, (5.0, 100.0)), [5.0, 90.0, 100.0]);
        assert_eq!(spread(&[20.0, 80.0], 10.0, (0.0, 100.0)), [20.0, 80.0]);
    }
}
