//! A sheet on which a figure is laid out, and its way into SVG. The only file that knows of
//! plotters.
//!
//! A figure is laid out in pixels first. Plotters then writes the shapes, and each of its lines is
//! finished here: it knows no dashes and only whole pixels, so that lines and markers are drawn
//! ten times as large and scaled down.

use super::palette::{CARD, INK, Look, MUTED, Rgb, Shape};
use super::text::{self, HEADING, SMALL};
use super::{Chart, ChartError};
use plotters::prelude::{Color, DrawingBackend, FontDesc, FontFamily, RGBColor, SVGBackend, ShapeStyle};
use plotters::style::FontStyle;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// The width of every figure in pixels.
pub(super) const WIDTH: f64 = 720.0;
/// What stays free at the left and right.
pub(super) const MARGIN: f64 = 20.0;
/// The distance of two lines of text.
pub(super) const LINE: f64 = 17.0;
/// Drawn units in one pixel.
const FINE: f64 = 10.0;
/// What plotters makes the size of a font larger by, and its SVG smaller again.
const PLOTTERS_FONT: f64 = 1.24;

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
    at: Point,
    text: String,
    size: u32,
    bold: bool,
    colour: Rgb,
    align: Align,
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
enum Shown {
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
}

impl Sheet {
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
        let mut drawn = String::new();
        {
            let size = (WIDTH as u32, height.ceil() as u32);
            let mut backend = SVGBackend::with_string(&mut drawn, size);
            for shown in &self.shown {
                draw(&mut backend, shown)?;
            }
            backend
                .present()
                .map_err(|error| ChartError::Draw(error.to_string()))?;
        }
        let lines = self
            .shown
            .iter()
            .filter(|shown| matches!(shown, Shown::Line(_) | Shown::Marks(_)));
        let words = format!("{alt}. {words}");
        let svg = finish_lines(&drawn, lines, height.ceil() as u32, title, words.trim_end());
        Ok(Chart { alt, svg })
    }
}

/// Lets plotters draw one shape.
fn draw(backend: &mut SVGBackend<'_>, shown: &Shown) -> Result<(), ChartError> {
    let drawn = match shown {
        Shown::Rect(area, colour) => {
            let corner = |x: f64, y: f64| (x.round() as i32, y.round() as i32);
            let (from, to) = (corner(area.left, area.top), corner(area.right, area.bottom));
            backend.draw_rect(from, to, &rgb(*colour), true)
        }
        Shown::Line(line) => {
            let style = ShapeStyle {
                color: rgb(line.colour).to_rgba(),
                filled: false,
                stroke_width: (line.width * FINE).round() as u32,
            };
            backend.draw_path(thinned(&line.points), &style)
        }
        // One line stands for all of them until it is finished.
        Shown::Marks(marks) => {
            let style = ShapeStyle {
                color: rgb(marks.colour).to_rgba(),
                filled: false,
                stroke_width: 1,
            };
            backend.draw_path([(0, 0), (1, 1)], &style)
        }
        Shown::Polygon(points, colour, opacity) => {
            backend.fill_polygon(thinned(points), &rgb(*colour).mix(*opacity))
        }
        Shown::Circle(centre, radius, colour) => {
            backend.draw_circle(fine(*centre), (radius * FINE).round() as u32, &rgb(*colour), true)
        }
        Shown::Label(label) => {
            let style = if label.bold {
                FontStyle::Bold
            } else {
                FontStyle::Normal
            };
            let size = f64::from(label.size) * PLOTTERS_FONT;
            let h_pos = match label.align {
                Align::Left => HPos::Left,
                Align::Middle => HPos::Center,
                Align::Right => HPos::Right,
            };
            let style = FontDesc::new(FontFamily::SansSerif, size, style)
                .color(&rgb(label.colour))
                .pos(Pos::new(h_pos, VPos::Center));
            // Plotters centres small letters; one pixel lower centres digits and capitals.
            let at = (label.at.0.round() as i32, label.at.1.round() as i32 + 1);
            backend.draw_text(&label.text, &style, at)
        }
    };
    drawn.map_err(|error| ChartError::Draw(error.to_string()))
}

fn rgb((r, g, b): Rgb) -> RGBColor {
    RGBColor(r, g, b)
}

fn fine((x, y): Point) -> (i32, i32) {
    ((x * FINE).round() as i32, (y * FINE).round() as i32)
}

/// The points in drawn units, without those that the line passes through anyway.
fn thinned(points: &[Point]) -> Vec<(i32, i32)> {
    let mut kept: Vec<(i32, i32)> = Vec::with_capacity(points.len());
    for point in points.iter().copied().map(fine) {
        if kept.last() == Some(&point) {
            continue;
        }
        if let [.., a, b] = kept[..] {
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            let (ex, ey) = (point.0 - b.0, point.1 - b.1);
            let straight = i64::from(dx) * i64::from(ey) == i64::from(dy) * i64::from(ex);
            let onward = i64::from(dx) * i64::from(ex) + i64::from(dy) * i64::from(ey) > 0;
            if straight && onward {
                kept.pop();
            }
        }
        kept.push(point);
    }
    kept
}

/// Gives the lines that plotters wrote what plotters does not know, and takes away what says
/// nothing. No text of a name can be taken for a tag: plotters has escaped it.
fn finish_lines<'a>(
    drawn: &str,
    mut lines: impl Iterator<Item = &'a Shown>,
    height: u32,
    title: &str,
    words: &str,
) -> String {
    let mut svg = String::with_capacity(drawn.len() + words.len() + 500);
    svg.push_str(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" stroke-linejoin=\"round\">\n\
         <title>{}</title>\n<desc>{}</desc>\n<rect width=\"{WIDTH}\" height=\"{height}\" rx=\"8\" fill=\"{}\"/>\n",
        text::escape(&text::clean(title)),
        text::escape(&text::clean(words)),
        hex(CARD),
    ));
    for line in drawn.lines().skip(1) {
        if !line.starts_with('<') {
            svg.push_str(line);
            continue;
        }
        let mut line = line
            .replace(" opacity=\"1\"", "")
            .replace(" stroke=\"none\"", "")
            .replace(" text-anchor=\"start\"", "")
            .replace(" font-family=\"sans-serif\"", "")
            .replace(" \"/>", "\"/>");
        for tag in ["<polyline", "<polygon", "<circle"] {
            if line.starts_with(tag) {
                line.insert_str(tag.len(), " transform=\"scale(.1)\"");
            }
        }
        if line.starts_with("<circle") {
            line = line.replace(" stroke-width=\"1\"", "");
        }
        match line.starts_with("<polyline").then(|| lines.next()).flatten() {
            Some(Shown::Line(path)) => line.insert_str("<polyline".len(), &extras(path)),
            Some(Shown::Marks(marks)) => line = path(marks),
            _ => {}
        }
        svg.push_str(&line);
        if !line.starts_with("<text") {
            svg.push('\n');
        }
    }
    svg
}

/// What a line has beyond colour and width.
fn extras(line: &Line) -> String {
    let mut extras = String::new();
    if !line.dash.is_empty() {
        let lengths: Vec<String> = line.dash.split(' ').map(|length| format!("{length}0")).collect();
        extras.push_str(&format!(" stroke-dasharray=\"{}\"", lengths.join(" ")));
    }
    if line.fill > 0.0 {
        let fill = hex(line.colour);
        extras.push_str(&format!(" style=\"fill:{fill};fill-opacity:{}\"", line.fill));
    }
    extras
}

/// All marks as one path.
fn path(marks: &Marks) -> String {
    let mut drawn: Vec<(i32, i32)> = marks.points.iter().copied().map(fine).collect();
    // What lies upon each other is one mark, and neighbours have short ways between them.
    drawn.sort_unstable();
    drawn.dedup();
    let fine = |pixels: f64| (pixels * FINE).round() as i32;
    let (arm, height) = (fine(2.0 * marks.width), fine(marks.height));
    let each = drawn.iter().map(|(x, y)| match marks.mark {
        Mark::Dot => format!("M{x} {y}h0"),
        Mark::Plus => format!("M{} {y}h{}m-{arm}-{arm}v{}", x - arm, 2 * arm, 2 * arm),
        Mark::Stroke => format!("M{x} {y}v{height}"),
    });
    let each: String = each.collect();
    let cap = match marks.mark {
        Mark::Dot => " stroke-linecap=\"round\"",
        Mark::Plus | Mark::Stroke => "",
    };
    let opacity = match marks.opacity < 1.0 {
        true => format!(" opacity=\"{}\"", marks.opacity),
        false => String::new(),
    };
    let (stroke, width) = (hex(marks.colour), (marks.width * FINE).round());
    format!(
        "<path transform=\"scale(.1)\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"{width}\"{cap}{opacity} \
         d=\"{each}\"/>"
    )
}

fn hex((r, g, b): Rgb) -> String {
    format!("#{r:02X}{g:02X}{b:02X}")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_become_a_tag() {
        let mut sheet = Sheet::default();
        sheet.label(Label::new((20.0, 20.0), "<polyline opacity=\"1\"/>", Align::Left));
        sheet.line(Line {
            points: vec![(0.0, 0.0), (9.0, 9.0)],
            colour: INK,
            width: 2.0,
            dash: "7 4",
            fill: 0.0,
        });
        let chart = sheet.finish(100.0, "<t>", "<a>".to_owned(), "</desc>").unwrap();
        let svg = chart.svg;
        assert!(
            svg.contains(">&lt;polyline opacity=&quot;1&quot;/&gt;</text>"),
            "{svg}"
        );
        assert!(svg.contains("<title>&lt;t&gt;</title>\n<desc>&lt;a&gt;. &lt;/desc&gt;</desc>"));
        assert_eq!(svg.matches("<polyline").count(), 1);
        assert!(svg.contains("<polyline stroke-dasharray=\"70 40\" transform=\"scale(.1)\""));
        assert!(
            svg.contains("stroke-width=\"20\" points=\"0,0 90,90\"/>"),
            "{svg}"
        );
        assert!(svg.contains("font-size=\"12\""), "{svg}");
        super::super::trial::assert_well_formed(&svg);
    }

    #[test]
    fn marks_are_one_path() {
        let mut sheet = Sheet::default();
        let marks = |mark: Mark| Marks {
            mark,
            points: vec![(2.0, 1.0), (1.0, 1.0), (2.0, 1.0)],
            colour: INK,
            width: 3.0,
            height: 8.0,
            opacity: 0.5,
        };
        sheet.marks(marks(Mark::Dot));
        sheet.line(Line {
            points: vec![(0.0, 0.0), (9.0, 9.0)],
            colour: INK,
            width: 2.0,
            dash: "7 4",
            fill: 0.0,
        });
        sheet.marks(marks(Mark::Stroke));
        sheet.marks(marks(Mark::Plus));
        let svg = sheet.finish(100.0, "", String::new(), "").unwrap().svg;
        let dots = "stroke-linecap=\"round\" opacity=\"0.5\" d=\"M10 10h0M20 10h0\"/>";
        assert!(svg.contains(dots), "{svg}");
        assert!(svg.contains("d=\"M10 10v80M20 10v80\"/>") && svg.matches("stroke-dasharray").count() == 1);
        assert!(svg.contains("d=\"M-50 10h120m-60-60v120M-40 10"), "{svg}");
    }

    #[test]
    fn points_on_the_way_are_left_out() {
        let points = [
            (0.0, 0.0),
            (1.0, 1.0),
            (2.0, 2.0),
            (2.0, 2.0),
            (1.0, 1.0),
            (1.0, 5.0),
        ];
        assert_eq!(thinned(&points), [(0, 0), (20, 20), (10, 10), (10, 50)]);
    }
}
