//! Colours, dashes and markers.

/// Red, green and blue.
pub(super) type Rgb = (u8, u8, u8);

/// The card under every figure: opaque, so that it can be read on a dark page too.
pub(super) const CARD: Rgb = (0xfc, 0xfc, 0xfa);
/// Headings and names.
pub(super) const INK: Rgb = (0x24, 0x29, 0x2f);
/// Labels of axes and remarks.
pub(super) const MUTED: Rgb = (0x59, 0x5f, 0x67);
/// Grid lines.
pub(super) const GRID: Rgb = (0xe6, 0xe6, 0xe2);
/// The line on which bars and curves stand.
pub(super) const AXIS: Rgb = (0xa8, 0xab, 0xae);

/// The shape of a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Circle,
    Square,
    Diamond,
    Up,
    Down,
}

/// How one series looks in every figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// Of lines and fills.
    pub(super) colour: Rgb,
    /// Of small text beside them: dark enough to read on the card.
    pub(super) text: Rgb,
    /// The lengths of dashes and gaps; empty for a solid line.
    pub(super) dash: &'static str,
    pub(super) shape: Shape,
    /// Whether the marker is filled.
    pub(super) filled: bool,
}

const fn look(colour: Rgb, text: Rgb, dash: &'static str, shape: Shape, filled: bool) -> Look {
    Look {
        colour,
        text,
        dash,
        shape,
        filled,
    }
}

/// Baseline, candidate, and others. The colours are those of Okabe and Ito (2008), told apart by
/// colour-blind readers, but for yellow, which cannot be seen on a light card.
pub(super) const SERIES: [Look; 10] = [
    look((0x00, 0x72, 0xb2), (0x00, 0x5a, 0x8c), "", Shape::Circle, true),
    look(
        (0xd5, 0x5e, 0x00),
        (0xa6, 0x49, 0x00),
        "7 4",
        Shape::Square,
        false,
    ),
    look((0x00, 0x9e, 0x73), (0x00, 0x6b, 0x4e), "2 3", Shape::Up, true),
    look(
        (0xcc, 0x79, 0xa7),
        (0x95, 0x3f, 0x6e),
        "10 3 2 3",
        Shape::Diamond,
        false,
    ),
    look((0x56, 0xb4, 0xe9), (0x1c, 0x66, 0x92), "4 2", Shape::Down, true),
    look(
        (0xe6, 0x9f, 0x00),
        (0x82, 0x5a, 0x00),
        "12 4",
        Shape::Circle,
        false,
    ),
    look((0x33, 0x33, 0x33), (0x33, 0x33, 0x33), "", Shape::Square, true),
    look((0x5b, 0x3a, 0x8e), (0x5b, 0x3a, 0x8e), "7 4", Shape::Up, false),
    look(
        (0x8c, 0x56, 0x4b),
        (0x7a, 0x48, 0x3e),
        "2 3",
        Shape::Diamond,
        true,
    ),
    look(
        (0x6b, 0x77, 0x00),
        (0x5c, 0x66, 0x00),
        "10 3 2 3",
        Shape::Down,
        false,
    ),
];

/// How the series at a place among all of them looks.
pub(super) fn of_place(place: usize) -> &'static Look {
    &SERIES[place % SERIES.len()]
}

/// Fill and text of the parts of a bar: first the phases in their order, then what lies outside the function on the way to
/// it, and what was not found. Parts that may be neighbours differ in lightness, so
/// that they differ without colour too.
pub(super) const PARTS: [(Rgb, Rgb); 18] = [
    ((0x2f, 0x4b, 0x63), (0xff, 0xff, 0xff)),
    ((0xf2, 0xdc, 0xaa), INK),
    ((0xa9, 0x3f, 0x3a), (0xff, 0xff, 0xff)),
    ((0x62, 0xa3, 0xc8), INK),
    ((0x0d, 0x47, 0x42), (0xff, 0xff, 0xff)),
    ((0x9c, 0xc4, 0xdd), INK),
    ((0x55, 0x69, 0x7a), (0xff, 0xff, 0xff)),
    ((0x33, 0x20, 0x3f), (0xff, 0xff, 0xff)),
    ((0xe3, 0xe1, 0xd8), INK),
    ((0x6b, 0x6f, 0x45), (0xff, 0xff, 0xff)),
    ((0xe6, 0xd9, 0xeb), INK),
    ((0x7a, 0x4b, 0x8c), (0xff, 0xff, 0xff)),
    ((0x8d, 0x62, 0xa0), (0xff, 0xff, 0xff)),
    ((0xb8, 0x5c, 0x14), (0xff, 0xff, 0xff)),
    ((0x5e, 0x30, 0x08), (0xff, 0xff, 0xff)),
    ((0xdf, 0xa2, 0x6c), INK),
    ((0x5d, 0x36, 0x6d), (0xff, 0xff, 0xff)),
    ((0x2a, 0x2d, 0x31), (0xff, 0xff, 0xff)),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance((r, g, b): Rgb) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055_f64).powf(2.4)
            }
        };
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    /// As the Web Content Accessibility Guidelines define it.
    fn contrast(one: Rgb, other: Rgb) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn all_text_can_be_read() {
        for text in [INK, MUTED].into_iter().chain(SERIES.map(|look| look.text)) {
            assert!(contrast(text, CARD) >= 4.5, "{text:x?}");
        }
        for (fill, text) in PARTS {
            assert!(contrast(text, fill) >= 4.5, "{fill:x?}");
        }
    }

    /// Which parts may stand beside which, where those between them are nothing: inference is divided or it is not, and
    /// what is known of an invocation has inference and some other time in it.
    const NEIGHBOURS: [(usize, &[usize]); 15] = [
        (0, &[1, 2, 3, 5, 9]),
        (1, &[2, 3, 5]),
        (2, &[3, 5]),
        (3, &[4, 5, 6, 7, 8]),
        (4, &[5, 6, 7, 8, 9]),
        (5, &[6, 7, 8, 9]),
        (6, &[7, 8]),
        (7, &[8, 9]),
        (8, &[9]),
        (10, &[11, 12, 16, 17]),
        (11, &[13, 14, 17]),
        (12, &[15, 17]),
        (13, &[15, 17]),
        (15, &[0, 1, 9, 17]),
        (16, &[1, 5, 9]),
    ];

    #[test]
    fn neighbouring_parts_differ_in_lightness() {
        for (part, others) in NEIGHBOURS {
            for &other in others {
                let found = contrast(PARTS[part].0, PARTS[other].0);
                assert!(found >= 1.35, "{part} and {other}: {found}");
            }
        }
    }

    #[test]
    fn series_differ_without_colour() {
        for (at, look) in SERIES.iter().enumerate() {
            for other in &SERIES[..at] {
                assert_ne!((look.shape, look.filled), (other.shape, other.filled));
            }
        }
        assert_ne!(SERIES[0].dash, SERIES[1].dash);
    }
}
