//! A sheet on which a figure is laid out, in pixels.

use super::palette::{CARD, INK, Look, MUTED, Rgb, Shape};
use super::svg;
use super::text::{self, HEADING, SMALL};
use super::{Chart, ChartError};

/// The width of every figure in pixels.
pub(super) const WIDTH: f64 = 720.0;
/// What stays free at the left and right.
pub(super) const MARGIN: f64 = 20.0;
/// The distance of two lines of text.
pub(super) const LINE: f64 = 17.0;

/// A place in pixels from the upper left corner.
pub(super) type Point = (f64, f64);

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    /// Whether both have a point in common.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    /// Whether the line between two points may pass through: exactly so for short lines.
    pub(super) fn is_crossed(&self, from: Point, to: Point) -> bool {
        const PIECES: u32 = 8;
        (0..=PIECES).any(|piece| {
            let share = f64::from(piece) / f64::from(PIECES);
            let (x, y) = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
            (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
        })
    }
}

/// Where a text stands relative to its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Middle,
    Right,
}

/// A line of text; `at` is half way up its digits.
#[derive(Debug, Clone)]
pub(super) struct Label {
    pub(super) at: Point,
    pub(super) text: String,
    pub(super) size: u32,
    pub(super) bold: bool,
    pub(super) colour: Rgb,
    pub(super) align: Align,
}

impl Label {
    /// Small text.
    pub(super) fn new(at: Point, text: &str, align: Align) -> Self {
        Self {
            at,
            text: text::clean(text),
            size: SMALL,
            bold: false,
            colour: MUTED,
            align,
        }
    }

    pub(super) fn colour(mut self, colour: Rgb) -> Self {
        self.colour = colour;
        self
    }

    pub(super) fn bold(mut self) -> Self {
        self.bold = true;
        self
    }

    pub(super) fn size(mut self, size: u32) -> Self {
        self.size = size;
        self
    }

    /// The room it takes at most.
    pub(super) fn area(&self) -> Area {
        let width = text::width(&self.text, self.size, self.bold);
        let left = match self.align {
            Align::Left => self.at.0,
            Align::Middle => self.at.0 - width / 2.0,
            Align::Right => self.at.0 - width,
        };
        let half = f64::from(self.size) * 0.58;
        Area {
            left,
            top: self.at.1 - half,
            right: left + width,
            bottom: self.at.1 + half,
        }
    }
}

/// A line through points.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) points: Vec<Point>,
    pub(super) colour: Rgb,
    /// In pixels.
    pub(super) width: f64,
    /// The lengths of dashes and gaps in pixels; empty for a solid line.
    pub(super) dash: &'static str,
    /// How much of the colour fills what the line encloses.
    pub(super) fill: f64,
}

/// The form of marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Round, as wide as its line.
    Dot,
    /// A plus, four times as wide as its lines.
    Plus,
    /// Upright, from its upper end down.
    Stroke,
}

/// Many equal marks.
#[derive(Debug, Clone)]
pub(super) struct Marks {
    pub(super) mark: Mark,
    /// Their middles, or the upper ends of strokes.
    pub(super) points: Vec<Point>,
    pub(super) colour: Rgb,
    /// Of each line, in pixels.
    pub(super) width: f64,
    /// Of strokes, in pixels.
    pub(super) height: f64,
    pub(super) opacity: f64,
}

#[derive(Debug, Clone)]
pub(super) enum Shown {
    Rect(Area, Rgb),
    Line(Line),
    Marks(Marks),
    Polygon(Vec<Point>, Rgb, f64),
    Circle(Point, f64, Rgb),
    Label(Label),
}

/// A figure as it is laid out: later shapes lie above earlier ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Sheet {
    shown: Vec<Shown>,
    /// What the file tells of its axis, as an attribute.
    axis: String,
}

impl Sheet {
    /// Tells a page, by the attribute `data-axis` of the file, between which pixels its horizontal axis runs from 0 to
    /// `last`.
    pub(super) fn tell_axis(&mut self, left: f64, right: f64, last: f64) {
        self.axis = format!(" data-axis=\"{left:.1} {right:.1} {last:.5}\"");
    }

    /// A sheet with a heading and a remark below it.
    pub(super) fn new(heading: &str, remark: &str) -> Self {
        let mut sheet = Self::default();
        let room = WIDTH - 2.0 * MARGIN;
        let heading = text::fit(heading, HEADING, true, room);
        let heading = Label::new((MARGIN, 26.0), &heading, Align::Left);
        sheet.label(heading.colour(INK).bold().size(HEADING));
        if !remark.is_empty() {
            let remark = text::fit(remark, SMALL, false, room);
            sheet.label(Label::new((MARGIN, 47.0), &remark, Align::Left));
        }
        sheet
    }

    /// A filled rectangle with edges on whole pixels.
    pub(super) fn rect(&mut self, area: Area, colour: Rgb) {
        self.shown.push(Shown::Rect(area, colour));
    }

    /// A crisp horizontal line of one pixel.
    pub(super) fn horizontal(&mut self, left: f64, right: f64, y: f64, colour: Rgb) {
        let (top, bottom) = (y.round(), y.round() + 1.0);
        let area = Area {
            left,
            top,
            right,
            bottom,
        };
        self.rect(area, colour);
    }

    /// A crisp vertical line of one pixel.
    pub(super) fn vertical(&mut self, x: f64, top: f64, bottom: f64, colour: Rgb) {
        let (left, right) = (x.round(), x.round() + 1.0);
        let area = Area {
            left,
            top,
            right,
            bottom,
        };
        self.rect(area, colour);
    }

    pub(super) fn line(&mut self, line: Line) {
        if line.points.len() > 1 {
            self.shown.push(Shown::Line(line));
        }
    }

    pub(super) fn marks(&mut self, marks: Marks) {
        if !marks.points.is_empty() {
            self.shown.push(Shown::Marks(marks));
        }
    }

    pub(super) fn polygon(&mut self, points: Vec<Point>, colour: Rgb, opacity: f64) {
        if points.len() > 2 {
            self.shown.push(Shown::Polygon(points, colour, opacity));
        }
    }

    pub(super) fn label(&mut self, label: Label) {
        self.shown.push(Shown::Label(label));
    }

    /// Draws the label unless it would touch another one or leave the width of the figure.
    pub(super) fn label_if_free(&mut self, label: Label) -> bool {
        let area = label.area();
        let free = area.left >= 2.0 && area.right <= WIDTH - 2.0 && !self.is_labelled(&area);
        if free {
            self.label(label);
        }
        free
    }

    /// The same unless it comes nearer than so many pixels to another one at either side.
    pub(super) fn label_if_spaced(&mut self, label: Label, space: f64) -> bool {
        let mut area = label.area();
        (area.left, area.right) = (area.left - space, area.right + space);
        !self.is_labelled(&area) && self.label_if_free(label)
    }

    /// A filled square around a point.
    pub(super) fn square(&mut self, at: Point, radius: f64, colour: Rgb) {
        self.shape(at, radius, Shape::Square, colour);
    }

    /// Whether a label touches the area.
    pub(super) fn is_labelled(&self, area: &Area) -> bool {
        self.labels().any(|label| label.area().meets(area))
    }

    pub(super) fn labels(&self) -> impl Iterator<Item = &Label> {
        self.shown.iter().filter_map(|shown| match shown {
            Shown::Label(label) => Some(label),
            _ => None,
        })
    }

    /// The marker of a series, with a rim that sets it off from lines.
    pub(super) fn marker_on_line(&mut self, at: Point, look: &Look) {
        self.shape(at, 5.6, look.shape, CARD);
        self.marker(at, look);
    }

    /// The marker of a series.
    pub(super) fn marker(&mut self, at: Point, look: &Look) {
        self.shape(at, 4.4, look.shape, look.colour);
        if !look.filled {
            self.shape(at, 2.6, look.shape, CARD);
        }
    }

    fn shape(&mut self, (x, y): Point, radius: f64, shape: Shape, colour: Rgb) {
        let corners: &[Point] = match shape {
            Shape::Circle => {
                self.shown.push(Shown::Circle((x, y), radius, colour));
                return;
            }
            Shape::Square => &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
            Shape::Diamond => &[(0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)],
            Shape::Up => &[(0.0, -1.25), (1.15, 0.8), (-1.15, 0.8)],
            Shape::Down => &[(0.0, 1.25), (1.15, -0.8), (-1.15, -0.8)],
        };
        let points = corners.iter().map(|(dx, dy)| (x + dx * radius, y + dy * radius));
        self.polygon(points.collect(), colour, 1.0);
    }

    /// The figure: the card, everything shown, and what it finds and says in words.
    pub(super) fn finish(
        &self,
        height: f64,
        title: &str,
        alt: String,
        words: &str,
    ) -> Result<Chart, ChartError> {
        let words = format!("{alt}. {words}");
        let svg = svg::file(&self.shown, height, title, words.trim_end(), &self.axis)?;
        Ok(Chart { alt, svg })
    }
}

#[cfg(test)]
impl Sheet {
    /// The texts shown.
    pub(super) fn texts(&self) -> Vec<&str> {
        self.labels().map(|label| label.text.as_str()).collect()
    }

    /// Fails if two labels touch, or if one leaves the figure.
    pub(super) fn assert_labels_are_apart(&self, height: f64) {
        let labels: Vec<&Label> = self.labels().collect();
        for (at, label) in labels.iter().enumerate() {
            let area = label.area();
            assert!(area.left >= 0.0 && area.right <= WIDTH, "{label:?} {area:?}");
            assert!(area.top >= 0.0 && area.bottom <= height, "{label:?} {area:?}");
            for other in &labels[..at] {
                assert!(!area.meets(&other.area()), "{label:?}\n{other:?}");
            }
        }
    }
}
