//! HTML as Teams writes it, as plain words. Read token by token, as browsers do, so that neither depth nor disorder costs
//! anything; what is no words (pictures, formatting, links, mentions) is told beside the text.

mod writer;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use serde_json::Value;
use std::cell::RefCell;
use writer::Writer;

/// Pictures told of one message.
const MAX_PICTURES: usize = 50;
/// Elements that begin and end on a line of their own.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "codeblock",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "html",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "title",
    "tr",
    "ul",
];
/// Elements whose content is no words.
const SILENT: &[&str] = &["script", "style"];
/// Formatting that is told, and the hub's word for it.
const FORMATS: &[(&str, &str)] = &[
    ("b", "bold"),
    ("strong", "bold"),
    ("i", "italic"),
    ("em", "italic"),
    ("u", "underline"),
    ("s", "strikethrough"),
    ("strike", "strikethrough"),
    ("del", "strikethrough"),
    ("code", "code"),
    ("pre", "pre"),
    ("blockquote", "blockquote"),
];

/// What a text in HTML says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Words {
    /// The words: no blanks at the ends of lines, at most one empty line in a row.
    pub(super) text: String,
    /// Spans of the words: `{type, offset, length}` in UTF-16 units, with `url` for links and `mention` (an id) for mentions.
    pub(super) spans: Vec<Value>,
    /// Pictures and films, in order.
    pub(super) media: Vec<Media>,
}

/// A picture or film that stands in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Media {
    /// `img`, `video` or `audio`.
    pub(super) element: &'static str,
    /// Its address.
    pub(super) src: String,
    /// What is said instead of it.
    pub(super) alt: Option<String>,
    /// A drawn picture that stands for a mood.
    pub(super) is_sticker: bool,
}

/// Reads a text in HTML.
pub(super) fn read(html: &str) -> Words {
    let sink = Sink(RefCell::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    // Nothing here waits for a script, so one round reads all of it.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner().done()
}

struct Sink(RefCell<Reader>);

#[derive(Default)]
struct Reader {
    writer: Writer,
    media: Vec<Media>,
    /// Inside elements whose content is no words: the outermost one.
    silent: Option<String>,
    preformatted: usize,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut reader = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) => return reader.tag(&tag),
            Token::CharacterTokens(text) => reader.words(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Reader {
    fn words(&mut self, text: &str) {
        if self.silent.is_none() {
            self.writer.words(text, self.preformatted > 0);
        }
    }

    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name = &*tag.name;
        let opens = tag.kind == TagKind::StartTag;
        if let Some(silent) = &self.silent {
            if !opens && name == silent {
                self.silent = None;
            }
            return TokenSinkResult::Continue;
        }
        if SILENT.contains(&name) {
            if !opens {
                return TokenSinkResult::Continue;
            }
            self.silent = Some(name.to_owned());
            let kind = if name == "script" { RawKind::ScriptData } else { RawKind::Rawtext };
            return TokenSinkResult::RawData(kind);
        }
        if BLOCKS.contains(&name) {
            self.writer.block();
        }
        if opens {
            self.open(name, tag);
        } else {
            self.close(name);
        }
        TokenSinkResult::Continue
    }

    fn open(&mut self, name: &str, tag: &Tag) {
        let attribute = |wanted: &str| attribute(tag, wanted);
        match name {
            "br" => self.writer.line_break(),
            "td" | "th" => self.writer.cell(),
            "img" => self.image(tag),
            "video" | "audio" => {
                let element = if name == "video" { "video" } else { "audio" };
                self.medium(element, attribute("src"), attribute("alt"), false);
            }
            "emoji" | "customemoji" => {
                let word = attribute("alt").or_else(|| attribute("title").or_else(|| attribute("id")));
                self.writer.words(&word.unwrap_or_default(), true);
            }
            "at" => self.writer.open("at", "mention", attribute("id")),
            "a" => self.writer.open("a", "text_link", attribute("href").filter(|href| is_link(href))),
            _ => {}
        }
        if name == "pre" {
            self.preformatted += 1;
        }
        if let Some((element, format)) = format_of(name).filter(|_| !tag.self_closing) {
            self.writer.open(element, format, None);
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            // Browsers read a closing one as an opening one.
            "br" => self.writer.line_break(),
            "at" => self.writer.close("at"),
            "a" => self.writer.close("a"),
            "pre" => self.preformatted = self.preformatted.saturating_sub(1),
            _ => {}
        }
        if let Some((element, _)) = format_of(name) {
            self.writer.close(element);
        }
    }

    fn image(&mut self, tag: &Tag) {
        let kind = attribute(tag, "itemtype").unwrap_or_default();
        let alt = attribute(tag, "alt");
        match alt.as_deref() {
            Some(emoji) if kind.ends_with("Emoji") => self.writer.words(emoji, true),
            _ => self.medium("img", attribute(tag, "src"), alt, kind.ends_with("Sticker")),
        }
    }

    fn medium(&mut self, element: &'static str, src: Option<String>, alt: Option<String>, is_sticker: bool) {
        let Some(src) = src else { return };
        if self.media.len() < MAX_PICTURES {
            self.media.push(Media { element, src, alt, is_sticker });
            self.writer.shown();
        }
    }

    fn done(self) -> Words {
        let (text, spans) = self.writer.done();
        Words { text, spans, media: self.media }
    }
}

fn format_of(name: &str) -> Option<(&'static str, &'static str)> {
    FORMATS.iter().find(|(element, _)| *element == name).copied()
}

fn attribute(tag: &Tag, name: &str) -> Option<String> {
    let found = tag.attrs.iter().find(|attribute| &*attribute.name.local == name)?;
    Some(found.value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Addresses that a person may follow.
fn is_link(href: &str) -> bool {
    let scheme = href.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https" | "mailto" | "tel"))
}
