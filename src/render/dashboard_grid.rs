//! Where the widgets of a dashboard stand.

use serde_json::{Value, json};

/// Rows of widgets, one below the other.
#[derive(Debug, Default)]
pub(super) struct Grid {
    widgets: Vec<Value>,
    height: u32,
}

impl Grid {
    /// One more row: a height, and widgets with their widths, which are 24 together at most.
    pub(super) fn row(&mut self, height: u32, widgets: &[(u32, Value)]) {
        let mut x = 0;
        for (width, widget) in widgets {
            let mut widget = widget.clone();
            widget["x"] = json!(x);
            widget["y"] = json!(self.height);
            widget["width"] = json!(width);
            widget["height"] = json!(height);
            self.widgets.push(widget);
            x += width;
        }
        self.height += height;
    }

    /// All of them.
    pub(super) fn widgets(self) -> Vec<Value> {
        self.widgets
    }
}
