//! From a sheet into SVG. The only file that knows of plotters.
//!
//! Plotters writes the shapes, and each of its lines is finished here: it knows no dashes and only whole pixels, so
//! that lines and markers are drawn ten times as large and scaled down.

use super::ChartError;
use super::frame::{Align, Line, Mark, Marks, Point, Shown, WIDTH};
use super::palette::{CARD, Rgb};
use super::text;
use plotters::prelude::{Color, DrawingBackend, FontDesc, FontFamily, RGBColor, SVGBackend, ShapeStyle};
use plotters::style::FontStyle;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Drawn units in one pixel.
const FINE: f64 = 10.0;
/// What plotters makes the size of a font larger by, and its SVG smaller again.
const PLOTTERS_FONT: f64 = 1.24;

/// The SVG file: the card, everything shown, and what it says in words.
pub(super) fn file(
    shown: &[Shown],
    height: f64,
    title: &str,
    words: &str,
    axis: &str,
) -> Result<String, ChartError> {
    let mut drawn = String::new();
    {
        let size = (WIDTH as u32, height.ceil() as u32);
        let mut backend = SVGBackend::with_string(&mut drawn, size);
        for shown in shown {
            draw(&mut backend, shown)?;
        }
        backend
            .present()
            .map_err(|error| ChartError::Draw(error.to_string()))?;
    }
    let lines = shown
        .iter()
        .filter(|shown| matches!(shown, Shown::Line(_) | Shown::Marks(_)));
    Ok(finish_lines(
        &drawn,
        lines,
        height.ceil() as u32,
        title,
        words,
        axis,
    ))
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
    // Far outside of every figure, and near enough for differences and their products.
    let unit = |pixels: f64| (pixels * FINE).round().clamp(-1e6, 1e6) as i32;
    (unit(x), unit(y))
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
    axis: &str,
) -> String {
    let mut svg = String::with_capacity(drawn.len() + words.len() + 500);
    svg.push_str(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"{axis} width=\"{WIDTH}\" height=\"{height}\" \
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
            Some(Shown::Line(path)) => {
                line.insert_str("<polyline".len(), &dashes(path));
                if path.fill > 0.0 {
                    let fill = format!("fill=\"{}\" fill-opacity=\"{}\"", hex(path.colour), path.fill);
                    line = line.replacen("fill=\"none\"", &fill, 1);
                }
            }
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

/// The dashes of a line, if it has some.
fn dashes(line: &Line) -> String {
    if line.dash.is_empty() {
        return String::new();
    }
    let lengths: Vec<String> = line.dash.split(' ').map(|length| format!("{length}0")).collect();
    format!(" stroke-dasharray=\"{}\"", lengths.join(" "))
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
mod tests {
    use super::super::frame::{Align, Label, Line, Mark, Marks, Sheet};
    use super::super::palette::INK;
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
