//! Rules about text: how platforms count it, how it is cut, which addresses are e-mail addresses.

use serde::{Deserialize, Serialize};

/// How a platform counts the length of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LengthUnit {
    /// UTF-16 code units: an emoji counts two.
    Utf16,
    /// Unicode code points.
    Chars,
    /// UTF-8 bytes.
    Bytes,
}

impl LengthUnit {
    /// The length of `text` in this unit.
    pub fn measure(self, text: &str) -> usize {
        match self {
            Self::Utf16 => text.encode_utf16().count(),
            Self::Chars => text.chars().count(),
            Self::Bytes => text.len(),
        }
    }

    fn of_char(self, c: char) -> usize {
        match self {
            Self::Utf16 => c.len_utf16(),
            Self::Chars => 1,
            Self::Bytes => c.len_utf8(),
        }
    }
}

/// Cuts a long text into parts of at most `limit` units: after a paragraph if one ends in the second half of the part,
/// else after a line, else after a space, else in the middle of a word, never inside a character.
///
/// The parts joined give the text again, except that the line feeds or the space at a cut are dropped; a part is never blank.
/// A `limit` of zero is taken as one character per part.
pub fn split(text: &str, limit: usize, unit: LengthUnit) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while unit.measure(rest) > limit {
        let window = &rest[..longest_prefix(rest, limit, unit)];
        let cut = cut_at(window);
        let (part, tail) = rest.split_at(cut);
        let part = part.trim_end_matches(['\n', ' ']);
        if !part.trim().is_empty() {
            parts.push(part);
        }
        rest = tail.trim_start_matches(['\n', ' ']);
    }
    if !rest.trim().is_empty() || parts.is_empty() {
        parts.push(rest);
    }
    parts
}

/// Bytes of the longest prefix within `limit` units, at least one character.
fn longest_prefix(text: &str, limit: usize, unit: LengthUnit) -> usize {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += unit.of_char(c);
        if used > limit && at > 0 {
            return at;
        }
    }
    text.len()
}

fn cut_at(window: &str) -> usize {
    let half = window.len() / 2;
    ["\n\n", "\n", " "]
        .iter()
        .find_map(|mark| window.rfind(mark).filter(|at| *at >= half && *at > 0).map(|at| at + mark.len()))
        .unwrap_or(window.len())
}

/// Cuts a display name to the contract's column width; names may be cut, ids may not.
pub fn fit_name(name: &str) -> String {
    name.chars().take(crate::id::REMOTE_ID_MAX_CHARS).collect()
}

/// The contract's e-mail rule (D11): one `@`, a local part, at least two domain labels, no white space, at most 255 characters.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let label_ok = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    !local.is_empty()
        && local.len() <= 64
        && text.chars().count() <= 255
        && !local.contains('@')
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "\"(),:;<>[\\]".contains(c))
        && domain.contains('.')
        && domain.split('.').all(label_ok)
}
