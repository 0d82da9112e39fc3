//! Buttons, lists and their kin.

use super::check::file;
use super::refuse::{invalid, missing, refuse_with};
use crate::meta::GraphError;
use serde_json::Value;
use std::collections::HashSet;

/// Longest body, in characters.
const MAX_BODY: usize = 1_024;
/// Longest header and footer, in characters.
const MAX_LINE: usize = 60;
/// Buttons under one message, and the longest word on one.
const MAX_BUTTONS: usize = 3;
const MAX_BUTTON: usize = 20;
/// Rows of a list in all its sections, and the longest title and description of one.
const MAX_ROWS: usize = 10;
const MAX_ROW: usize = 24;
const MAX_ROW_WORDS: usize = 72;
/// Longest ids of buttons and rows.
const MAX_BUTTON_ID: usize = 256;
const MAX_ROW_ID: usize = 200;

/// Kinds that carry an action of their own, taken without a closer look.
const OTHERS: [&str; 10] = [
    "product",
    "product_list",
    "catalog_message",
    "flow",
    "cta_url",
    "location_request_message",
    "address_message",
    "call_permission_request",
    "order_details",
    "order_status",
];

type Checked = Result<(), GraphError>;

pub(super) fn interactive(content: &Value) -> Checked {
    let kind = content["type"].as_str().ok_or_else(|| missing("interactive['type']"))?;
    let action = content.get("action").filter(|action| action.is_object());
    let action = action.ok_or_else(|| missing("interactive['action']"))?;
    if kind != "product" && kind != "call_permission_request" {
        length(&content["body"]["text"], "interactive['body']['text']", MAX_BODY)?;
    }
    if content.get("footer").is_some() {
        length(&content["footer"]["text"], "interactive['footer']['text']", MAX_LINE)?;
    }
    if let Some(header) = content.get("header") {
        match header["type"].as_str() {
            Some("text") => length(&header["text"], "interactive['header']['text']", MAX_LINE)?,
            Some(kind @ ("image" | "video" | "document")) => file(kind, &header[kind])?,
            _ => return Err(invalid("Param interactive['header']['type'] must be text, image, video or document")),
        }
    }
    match kind {
        "button" => buttons(action),
        "list" => list(action),
        kind if OTHERS.contains(&kind) => Ok(()),
        kind => Err(refuse_with(100, &format!("Param interactive['type'] must not be \"{kind}\"."))),
    }
}

fn buttons(action: &Value) -> Checked {
    let buttons = action["buttons"].as_array().ok_or_else(|| missing("action['buttons']"))?;
    if buttons.is_empty() || buttons.len() > MAX_BUTTONS {
        return Err(invalid(&format!(
            "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: {MAX_BUTTONS}"
        )));
    }
    let mut seen = HashSet::new();
    for button in buttons {
        if button["type"] != "reply" {
            return Err(invalid("Param action['buttons']['type'] must be reply"));
        }
        let reply = &button["reply"];
        length(&reply["id"], "action['buttons']['reply']['id']", MAX_BUTTON_ID)?;
        length(&reply["title"], "action['buttons']['reply']['title']", MAX_BUTTON)?;
        if !seen.insert(reply["id"].as_str()) {
            return Err(invalid("Ids of buttons must be unique"));
        }
    }
    Ok(())
}

fn list(action: &Value) -> Checked {
    length(&action["button"], "action['button']", MAX_BUTTON)?;
    let sections = action["sections"].as_array().filter(|sections| !sections.is_empty());
    let sections = sections.ok_or_else(|| missing("action['sections']"))?;
    let mut rows = 0;
    let mut seen = HashSet::new();
    for section in sections {
        if sections.len() > 1 || section.get("title").is_some() {
            length(&section["title"], "section['title']", MAX_ROW)?;
        }
        for row in section["rows"].as_array().ok_or_else(|| missing("section['rows']"))? {
            length(&row["id"], "row['id']", MAX_ROW_ID)?;
            length(&row["title"], "row['title']", MAX_ROW)?;
            if row.get("description").is_some() {
                length(&row["description"], "row['description']", MAX_ROW_WORDS)?;
            }
            if !seen.insert(row["id"].as_str()) {
                return Err(invalid("Ids of rows must be unique"));
            }
            rows += 1;
        }
    }
    if rows == 0 || rows > MAX_ROWS {
        return Err(invalid(&format!("Total row count exceed max allowed count: {MAX_ROWS}")));
    }
    Ok(())
}

/// A text that is there and not too long.
fn length(value: &Value, name: &str, most: usize) -> Checked {
    let text = value.as_str().filter(|text| !text.is_empty()).ok_or_else(|| missing(name))?;
    if text.chars().count() > most {
        return Err(invalid(&format!("{name} length invalid. Min length: 1, Max length: {most}")));
    }
    Ok(())
}
