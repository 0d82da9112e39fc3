//! Pages of lists, with cursors.

use super::{Call, Meta};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// Items of a page when none were asked for.
const DEFAULT_LIMIT: usize = 25;
/// Items of a page at most.
const MAX_LIMIT: usize = 100;

/// Which part of a list is wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) limit: Option<usize>,
    pub(crate) after: Option<String>,
    pub(crate) before: Option<String>,
}

impl Wanted {
    pub(crate) fn of(call: &Call) -> Self {
        Self {
            limit: call.number("limit").and_then(|limit| usize::try_from(limit).ok()),
            after: call.text("after").filter(|cursor| !cursor.is_empty()),
            before: call.text("before").filter(|cursor| !cursor.is_empty()),
        }
    }
}

fn cursor(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("QVFI{key}"))
}

impl Meta {
    /// One page of a list of keys and items. Only a page that others follow has `next`; like the real one, it carries the token.
    pub(crate) fn page(&self, items: &[(String, Value)], wanted: &Wanted, path: &str, call: &Call) -> Value {
        let limit = wanted.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
        let place = |wanted: &str| items.iter().position(|(key, _)| cursor(key) == wanted);
        let (start, end) = if let Some(after) = &wanted.after {
            let start = place(after).map_or(items.len(), |place| place + 1);
            (start, items.len().min(start + limit))
        } else if let Some(before) = &wanted.before {
            let end = place(before).unwrap_or(0);
            (end.saturating_sub(limit), end)
        } else {
            (0, items.len().min(limit))
        };
        let shown = items.get(start..end).unwrap_or_default();
        let data: Vec<Value> = shown.iter().map(|(_, item)| item.clone()).collect();
        let (Some((first, _)), Some((last, _))) = (shown.first(), shown.last()) else { return json!({"data": []}) };
        let mut paging = json!({"cursors": {"before": cursor(first), "after": cursor(last)}});
        let link = |name: &str, key: &str| {
            let token = call.token().unwrap_or_default();
            let mut link = url::form_urlencoded::Serializer::new(String::new());
            for name in ["fields", "platform", "user_id", "folder"] {
                if let Some(value) = call.text(name) {
                    link.append_pair(name, &value);
                }
            }
            link.append_pair("access_token", &token).append_pair("limit", &limit.to_string());
            let query = link.append_pair(name, &cursor(key)).finish();
            format!("{}/{}/{path}?{query}", self.base_url(), call.version.as_deref().unwrap_or("v25.0"))
        };
        if end < items.len() {
            paging["next"] = link("after", last).into();
        }
        if start > 0 {
            paging["previous"] = link("before", first).into();
        }
        json!({"data": data, "paging": paging})
    }
}
