//! The names of series, at their lines or in a key.

use super::frame::{Align, Area, LINE, Label, Line, MARGIN, Point, Sheet, WIDTH};
use super::obstacles::{Obstacles, spread};
use super::palette::{INK, Look};
use super::text::{self, SMALL};

/// Between the end of the axis and the names.
pub(super) const LEADER: f64 = 16.0;
/// From a marker to its name.
const MARKER: f64 = 13.0;

/// The name of a series at the end of its line.
pub(super) struct EndName<'a> {
    /// As it is shown.
    pub(super) name: &'a str,
    /// What stands below it.
    pub(super) note: &'a str,
    pub(super) look: &'a Look,
    /// Where the line ends.
    pub(super) end: Point,
    /// Whether there is a line, to which the name is led.
    pub(super) starts: bool,
}

/// The names right of the plot, each as near to the end of its line as the others allow.
pub(super) fn end_names(sheet: &mut Sheet, area: Area, names: &[EndName<'_>], obstacles: &mut Obstacles) {
    let row = 2.0 * LINE;
    let mut order: Vec<(usize, f64)> = names.iter().map(|name| name.end.1).enumerate().collect();
    order.sort_by(|(one, a), (other, b)| a.total_cmp(b).then(one.cmp(other)));
    let wanted: Vec<f64> = order.iter().map(|(_, y)| *y).collect();
    let limits = (area.top + 4.0, area.bottom - LINE);
    for ((at, end), y) in order.iter().zip(spread(&wanted, row + 2.0, limits)) {
        let of = &names[*at];
        let from = of.end.0;
        let left = area.right + LEADER;
        let colour = of.look.colour;
        let away = (y - end).abs() > 3.0 || left - from > LEADER + 12.0;
        if of.starts && away {
            let points = vec![(from + 7.0, *end), (area.right + 2.0, *end), (left - 2.0, y)];
            obstacles.lines.push(points.clone());
            let (width, dash, fill) = (1.0, "1 3", 0.0);
            sheet.line(Line {
                points,
                colour,
                width,
                dash,
                fill,
            });
        }
        sheet.marker((left + 4.0, y), of.look);
        let name = Label::new((left + 14.0, y), of.name, Align::Left);
        sheet.label(name.colour(INK).bold());
        sheet.label(Label::new((left + 14.0, y + LINE), of.note, Align::Left));
    }
}

/// The names of series with their markers, as many lines as they need, from a place on. A name has room for so many
/// pixels. Returns where the lines end.
pub(super) fn key(sheet: &mut Sheet, (first, top): Point, items: &[KeyItem<'_>], name_room: f64) -> f64 {
    let (mut x, mut y) = (first, top);
    for item in items {
        let room = WIDTH - MARGIN - first - MARKER - text::width(&item.note, SMALL, false);
        let name = text::fit(item.name, SMALL, false, room.min(name_room));
        let label = name + &item.note;
        let width = MARKER + text::width(&label, SMALL, false);
        if x > first && x + width > WIDTH - MARGIN {
            (x, y) = (first, y + LINE);
        }
        sheet.marker((x + 4.0, y), item.look);
        sheet.label(Label::new((x + MARKER, y), &label, Align::Left).colour(INK));
        x = (x + width + 24.0).ceil();
    }
    y + 8.0
}

/// A series in a key.
pub(super) struct KeyItem<'a> {
    pub(super) name: &'a str,
    /// What follows the name on its line.
    pub(super) note: String,
    pub(super) look: &'a Look,
}

/// Writes a name with its marker, and a line below it, beside a point: at the first of some distances from it where
/// both lie within the plot and upon nothing. At the first `adjacent` of them it needs no marker.
pub(super) fn name_beside(
    sheet: &mut Sheet,
    obstacles: &mut Obstacles,
    area: Area,
    places: &[(Point, Align)],
    adjacent: usize,
    (name, note): (&str, &str),
    look: &Look,
) -> bool {
    for (at, ((x, y), align)) in places.iter().enumerate() {
        let marker = if at < adjacent { 0.0 } else { MARKER };
        let width = marker + text::width(name, SMALL, true).max(text::width(note, SMALL, false));
        let left = match align {
            Align::Left => *x,
            Align::Middle => x - width / 2.0,
            Align::Right => x - width,
        };
        let lines = if note.is_empty() { 1.0 } else { 2.0 };
        let block = Area {
            left: left - 1.0,
            top: y - 8.0,
            right: left + width,
            bottom: y - 8.0 + LINE * lines,
        };
        if !obstacles.is_free(sheet, area, &block) {
            continue;
        }
        let text_left = left + marker;
        if at >= adjacent {
            sheet.marker((left + 4.0, *y), look);
        }
        obstacles.markers.push(block);
        let label = Label::new((text_left, *y), name, Align::Left);
        sheet.label(label.colour(look.text).bold());
        if !note.is_empty() {
            sheet.label(Label::new((text_left, y + LINE), note, Align::Left));
        }
        return true;
    }
    false
}
