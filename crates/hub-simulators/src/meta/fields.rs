//! `fields=id,name,messages.limit(5){id,from}`.

use serde_json::{Map, Value};

/// Levels of nesting that are read.
const MAX_DEPTH: usize = 6;

/// Which members are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<Field>);

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    name: String,
    /// `limit(5)` and the like.
    modifiers: Vec<(String, String)>,
    inner: Fields,
}

impl Fields {
    /// What a text asks for; an empty one asks for `otherwise`.
    pub(crate) fn parse(text: Option<&str>, otherwise: &str) -> Self {
        let text = text.map(str::trim).filter(|text| !text.is_empty()).unwrap_or(otherwise);
        Self::read(text, 0)
    }

    fn read(text: &str, depth: usize) -> Self {
        if depth > MAX_DEPTH {
            return Self::default();
        }
        Self(split(text).into_iter().filter_map(|part| Field::read(part, depth)).collect())
    }

    /// Whether nothing is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Field> {
        self.0.iter().find(|field| field.name == name)
    }

    /// The asked members of an object; its id always comes along. Lists, and lists in `data`, are gone through.
    pub(crate) fn select(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.select(item)).collect(),
            Value::Object(members) if members.get("data").is_some_and(Value::is_array) => {
                let mut members = members.clone();
                if let Some(data) = members.get_mut("data") {
                    *data = self.select(data);
                }
                Value::Object(members)
            }
            Value::Object(members) => Value::Object(self.pick(members)),
            other => other.clone(),
        }
    }

    fn pick(&self, members: &Map<String, Value>) -> Map<String, Value> {
        let mut picked = Map::new();
        if let Some(id) = members.get("id") {
            picked.insert("id".to_owned(), id.clone());
        }
        for field in &self.0 {
            if let Some(value) = members.get(&field.name) {
                let value = if field.inner.0.is_empty() { value.clone() } else { field.inner.select(value) };
                picked.insert(field.name.clone(), value);
            }
        }
        picked
    }
}

impl Field {
    fn read(part: &str, depth: usize) -> Option<Self> {
        let part = part.trim();
        let (head, inner) = match part.split_once('{') {
            Some((head, rest)) => (head, Fields::read(rest.strip_suffix('}').unwrap_or(rest), depth + 1)),
            None => (part, Fields::default()),
        };
        let mut pieces = head.split('.');
        let name = pieces.next().filter(|name| !name.is_empty())?.to_owned();
        let modifiers = pieces.filter_map(|piece| {
            let (name, value) = piece.split_once('(')?;
            Some((name.to_owned(), value.trim_end_matches(')').to_owned()))
        });
        Some(Self { name, modifiers: modifiers.collect(), inner })
    }

    pub(crate) fn modifier(&self, name: &str) -> Option<&str> {
        self.modifiers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn inner(&self) -> &Fields {
        &self.inner
    }
}

/// Parts between commas that are in no bracket.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (place, letter) in text.char_indices() {
        match letter {
            '{' | '(' => depth += 1,
            '}' | ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
