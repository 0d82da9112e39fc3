//! Writes words as a person sees them: blanks fall together, blocks stand on lines of their own.

use serde_json::{Map, Value};

/// Line feeds between two lines at most: one empty line.
const MAX_BREAKS: usize = 2;
/// Elements open at once that are told as spans.
const MAX_OPEN: usize = 64;
/// Spans told of one text.
const MAX_SPANS: usize = 500;
/// Tabs kept in a row, and bytes of blanks.
const MAX_GAP: usize = 200;

/// What stands on the line being written.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Line {
    #[default]
    Empty,
    /// Blanks that are meant: an empty line somebody made.
    Blank,
    Full,
}

/// An element that becomes a span.
struct Open {
    element: &'static str,
    kind: &'static str,
    /// The address of a link, the id of a mention.
    target: Option<String>,
    /// Where its words begin; `None` = it has none yet.
    start: Option<usize>,
    /// True when a picture stands in it.
    shows: bool,
}

#[derive(Default)]
pub(super) struct Writer {
    out: String,
    /// Length of `out` in UTF-16 units.
    units: usize,
    line: Line,
    /// Line feeds that come before the next word.
    breaks: usize,
    /// Blanks that come before the next word of the line.
    gap: String,
    /// The last of them was one that falls together with its neighbours.
    soft: bool,
    /// Ends of table cells that come before the next word of the line.
    tabs: usize,
    open: Vec<Open>,
    spans: Vec<Value>,
}

impl Writer {
    /// Words; `literal` keeps blanks and line feeds.
    pub(super) fn words(&mut self, text: &str, literal: bool) {
        for c in text.chars() {
            match c {
                '\u{a0}' => self.blank(' '),
                '\n' if literal => self.line_break(),
                '\u{2028}' | '\u{2029}' => self.line_break(),
                '\r' if literal => {}
                ' ' | '\t' if literal => self.blank(' '),
                ' ' | '\t' | '\n' | '\r' | '\u{c}' => {
                    if self.line != Line::Empty && !self.soft {
                        self.widen(' ');
                        self.soft = true;
                    }
                }
                c if c.is_control() => {}
                // Other scripts have blanks of their own, which stay what they are.
                c if c.is_whitespace() => self.blank(c),
                c => self.put(c),
            }
        }
    }

    /// A blank that is meant.
    fn blank(&mut self, c: char) {
        self.widen(c);
        self.soft = false;
        if self.line == Line::Empty {
            self.line = Line::Blank;
        }
    }

    fn widen(&mut self, c: char) {
        if self.gap.len() < MAX_GAP {
            self.gap.push(c);
        }
    }

    /// The end of a line inside a block.
    pub(super) fn line_break(&mut self) {
        self.breaks += 1;
        self.end_line();
    }

    /// The beginning or end of a block.
    pub(super) fn block(&mut self) {
        match self.line {
            Line::Empty => self.breaks = self.breaks.max(1),
            Line::Blank => self.breaks += 1,
            Line::Full => self.breaks = 1,
        }
        self.end_line();
    }

    fn end_line(&mut self) {
        self.gap.clear();
        (self.line, self.soft, self.tabs) = (Line::Empty, false, 0);
    }

    /// The beginning of a table's cell.
    pub(super) fn cell(&mut self) {
        if self.line == Line::Full {
            self.tabs = (self.tabs + 1).min(MAX_GAP);
            self.gap.clear();
            self.soft = true;
        }
    }

    /// A picture stands here.
    pub(super) fn shown(&mut self) {
        for open in &mut self.open {
            open.shows = true;
        }
    }

    fn put(&mut self, c: char) {
        if !self.out.is_empty() {
            for _ in 0..self.breaks.min(MAX_BREAKS) {
                self.push('\n');
            }
            for _ in 0..self.tabs {
                self.push('\t');
            }
            for blank in std::mem::take(&mut self.gap).chars() {
                self.push(blank);
            }
        }
        self.gap.clear();
        (self.breaks, self.tabs, self.soft, self.line) = (0, 0, false, Line::Full);
        let start = self.units;
        let mut names_somebody = false;
        for open in &mut self.open {
            if open.start.is_none() {
                open.start = Some(start);
                names_somebody |= open.kind == "mention";
            }
        }
        if names_somebody && c != '@' {
            self.push('@');
        }
        self.push(c);
    }

    fn push(&mut self, c: char) {
        self.out.push(c);
        self.units += c.len_utf16();
    }

    /// An element that becomes a span begins.
    pub(super) fn open(&mut self, element: &'static str, kind: &'static str, target: Option<String>) {
        if self.open.len() < MAX_OPEN {
            self.open.push(Open { element, kind, target, start: None, shows: false });
        }
    }

    /// It ends.
    pub(super) fn close(&mut self, element: &str) {
        let Some(place) = self.open.iter().rposition(|open| open.element == element) else { return };
        let mut open = self.open.remove(place);
        // A link without words would be lost.
        if let (None, false, "text_link", Some(address)) = (open.start, open.shows, open.kind, open.target.clone()) {
            self.words(&address, true);
            open.start = Some(self.units - address.encode_utf16().count().min(self.units));
        }
        self.span(open);
    }

    fn span(&mut self, open: Open) {
        let Some(start) = open.start.filter(|start| *start < self.units) else { return };
        if self.spans.len() >= MAX_SPANS || (open.kind == "text_link" && open.target.is_none()) {
            return;
        }
        let mut span = Map::new();
        span.insert("type".to_owned(), open.kind.into());
        span.insert("offset".to_owned(), start.into());
        span.insert("length".to_owned(), (self.units - start).into());
        if let Some(target) = open.target {
            let name = if open.kind == "mention" { "mention" } else { "url" };
            span.insert(name.to_owned(), target.into());
        }
        self.spans.push(Value::Object(span));
    }

    /// The text and its spans.
    pub(super) fn done(mut self) -> (String, Vec<Value>) {
        while let Some(open) = self.open.last() {
            let element = open.element;
            self.close(element);
        }
        self.spans.sort_by_key(|span| span["offset"].as_u64());
        (self.out, self.spans)
    }
}
