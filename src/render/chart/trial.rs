//! Samples and checks that the tests of all figures share.

use crate::stats::Sample;

/// The largest figure in bytes.
pub(super) const LARGEST: usize = 60_000;

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

/// A sample of `n` values in microseconds that rise from the median along a lognormal-like curve
/// through the 95th percentile and bend up to the 99th. All three are in milliseconds.
pub(super) fn latencies(n: usize, p50: f64, p95: f64, p99: f64) -> Sample {
    let values = (0..n).map(|k| {
        let p = (k as f64 + 0.5) / n as f64;
        let z = z_score(p);
        let slope = if z < 0.0 {
            0.7 * (p95 / p50).ln() / 1.645
        } else {
            (p95 / p50).ln() / 1.645
        };
        let bend = (z - 1.645).max(0.0) * ((p99 / p95).ln() / 0.681 - slope);
        (1000.0 * p50 * (slope * z + bend).exp()).round()
    });
    Sample::new(values.collect()).unwrap()
}

/// The normal quantile by Tukey's lambda: close enough to draw.
fn z_score(p: f64) -> f64 {
    (p.powf(0.1349) - (1.0 - p).powf(0.1349)) / 0.1975
}

/// A sample of milliseconds.
pub(super) fn exactly(ms: &[f64]) -> Sample {
    Sample::new(ms.iter().map(|ms| ms * 1000.0).collect()).unwrap()
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
            "svg", "title", "desc", "rect", "polyline", "polygon", "circle", "text",
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
