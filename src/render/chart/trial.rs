//! Samples and checks that the tests of all figures share.

use super::frame::Sheet;
use super::{Chart, ChartError, MAX_SERIES, text};
use crate::comparison::drawn::Named;
use crate::stats::Sample;
use crate::vocab::acts;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

pub(super) use crate::comparison::drawn::trial::{exactly, latencies, round};

/// The largest figure in bytes.
pub(super) const LARGEST: usize = 200_000;

/// Names as nobody would choose them.
pub(super) const HOSTILE: [&str; 6] = [
    "<script>alert(\"1\")</script>",
    "\"'&'\"<&amp;>\u{0}\u{1b}[31m\u{202e}\u{ffff}",
    "]]><!--<svg onload='x'>-->&lt;",
    "",
    "''''''''''''''''''''''''''''''''''''''''''''''''''''''''''''",
    "模型模型模型模型模型模型模型模型模型模型模型模型模型模型模型😀",
];

/// Characters of XML.
const ENTITIES: [&str; 5] = ["&lt;", "&gt;", "&amp;", "&quot;", "&apos;"];

/// Samples with names, in their places.
pub(super) fn named<'a>(samples: &[(&'a str, &'a Sample)]) -> Vec<Named<'a>> {
    let samples = samples.iter().enumerate();
    samples
        .map(|(place, (name, sample))| Named { name, place, sample })
        .collect()
}

/// As many hostile names as there may be series, all of them long.
pub(super) fn hostile_names() -> Vec<String> {
    (0..MAX_SERIES)
        .map(|at| format!("{at}{}", HOSTILE[at % HOSTILE.len()].repeat(40)))
        .collect()
}

/// Draws a figure and fails unless it is sound: no label touches another, it is inert XML of bounded size, the same
/// every time, and the same from data that have been JSON. Gives its texts and its file.
pub(super) fn checked<D: Serialize + DeserializeOwned + PartialEq + Debug>(
    name: &str,
    data: &D,
    lay_out: fn(&D) -> Result<(Sheet, f64), ChartError>,
    draw: fn(&D) -> Result<Chart, ChartError>,
) -> (Vec<String>, String) {
    let (sheet, height) = lay_out(data).unwrap();
    sheet.assert_labels_are_apart(height);
    // What explains the figure is never cut; only names are.
    let remark = sheet.texts().get(1).copied().unwrap_or_default().to_owned();
    assert!(!remark.contains('…'), "{remark}");
    let chart = draw(data).unwrap();
    if !name.is_empty() {
        show(name, &chart.svg);
    }
    assert_well_formed(&chart.svg);
    let json = serde_json::to_string(data).unwrap();
    let read: D = serde_json::from_str(&json).unwrap();
    assert_eq!(&read, data);
    assert_eq!(draw(&read).unwrap(), chart);
    assert!(json.len() < 400_000, "{} bytes of data", json.len());
    assert!(!chart.alt.is_empty() && chart.alt.len() < 2000, "{}", chart.alt);
    assert!(!chart.alt.chars().any(acts), "{}", chart.alt);
    assert!(
        chart
            .svg
            .contains(&format!("<desc>{}. ", text::escape(&chart.alt)))
            || chart
                .svg
                .contains(&format!("<desc>{}.</desc>", text::escape(&chart.alt)))
    );
    (sheet.texts().into_iter().map(str::to_owned).collect(), chart.svg)
}

/// Fails unless the text is one XML element whose tags nest, whose attributes are quoted and
/// unique, and whose text is escaped; and unless it is inert and small.
pub(super) fn assert_well_formed(svg: &str) {
    assert!(svg.len() < LARGEST, "{} bytes", svg.len());
    assert!(!svg.chars().any(|c| c.is_control() && c != '\n'));
    assert!(!svg.contains(['\u{202e}', '\u{fffe}', '\u{ffff}']));
    let mut open: Vec<&str> = Vec::new();
    let mut roots = 0;
    let mut rest = svg;
    while let Some(start) = rest.find('<') {
        assert_text(&rest[..start]);
        assert!(!open.is_empty() || rest[..start].trim().is_empty());
        let end = rest.find('>').unwrap();
        let tag = &rest[start + 1..end];
        assert!(!tag.contains('<'), "{tag}");
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        let (tag, closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let known = [
            "svg", "title", "desc", "rect", "polyline", "polygon", "circle", "text", "path",
        ];
        assert!(known.contains(&name), "{name}");
        assert_attributes(attributes);
        roots += usize::from(open.is_empty());
        if !closed {
            open.push(name);
        }
    }
    assert!(rest.trim().is_empty() && open.is_empty());
    assert_eq!(roots, 1);
    assert!(svg.contains("role=\"img\"") && svg.contains("<title>") && svg.contains("<desc>"));
    for size in svg.split("font-size=\"").skip(1) {
        let size: f64 = size.split('"').next().unwrap().parse().unwrap();
        assert!(size >= 12.0 && size.fract() == 0.0, "{size}");
    }
}

fn assert_attributes(attributes: &str) {
    let mut names = Vec::new();
    let mut rest = attributes;
    while !rest.trim().is_empty() {
        let (name, after) = rest.trim_start().split_once("=\"").unwrap();
        assert!(
            name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
            "{name}"
        );
        assert!(!name.starts_with("on") && name != "href", "{name}");
        assert!(!names.contains(&name), "{name} twice");
        names.push(name);
        let (value, after) = after.split_once('"').unwrap();
        assert_text(value);
        assert!(!value.contains("NaN") && !value.contains("inf"), "{value}");
        rest = after;
    }
}

fn assert_text(text: &str) {
    for (at, _) in text.match_indices('&') {
        assert!(
            ENTITIES.iter().any(|entity| text[at..].starts_with(entity)),
            "{text}"
        );
    }
}

/// Writes a figure where somebody can look at it, if the environment says where.
pub(super) fn show(name: &str, svg: &str) {
    if let Ok(folder) = std::env::var("LATSCOPE_FIGURES") {
        std::fs::write(format!("{folder}/{name}.svg"), svg).unwrap();
    }
}
