//! Templates: what an account has, and what a send of one must bring.

use super::refuse::{invalid, missing, refuse, refuse_with};
use super::world::Account;
use crate::meta::GraphError;
use serde_json::{Value, json};

/// Longest body once its parameters stand in it, in characters.
const MAX_BODY: usize = 1_024;

/// A template in one language.
#[derive(Clone, Debug)]
pub(super) struct Template {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) language: String,
    pub(super) category: String,
    /// `APPROVED`, `PENDING`, `REJECTED`, `PAUSED`, `DISABLED`.
    pub(super) status: String,
    pub(super) components: Vec<Value>,
    /// What a send of it is answered with in `message_status`.
    pub(super) sends_as: String,
}

impl Template {
    /// The sample that each account has from the start.
    pub(super) fn sample(id: String) -> Self {
        let components = vec![
            json!({"type": "HEADER", "format": "TEXT", "text": "Hello World"}),
            json!({"type": "BODY", "text": "This message shows that sending works."}),
            json!({"type": "FOOTER", "text": "A sample"}),
        ];
        Self {
            id,
            name: "hello_world".to_owned(),
            language: "en_US".to_owned(),
            category: "UTILITY".to_owned(),
            status: "APPROVED".to_owned(),
            components,
            sends_as: "accepted".to_owned(),
        }
    }

    pub(super) fn shown(&self) -> Value {
        let named = self.body().is_some_and(|text| placeholders(text).iter().any(|name| name.parse::<u32>().is_err()));
        json!({
            "name": self.name, "parameter_format": if named { "NAMED" } else { "POSITIONAL" },
            "components": self.components, "language": self.language, "status": self.status,
            "category": self.category, "id": self.id,
        })
    }

    fn component(&self, kind: &str) -> Option<&Value> {
        self.components.iter().find(|part| part["type"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(kind)))
    }

    pub(super) fn body(&self) -> Option<&str> {
        self.component("BODY")?["text"].as_str()
    }
}

/// The template that a send names.
pub(super) fn find<'a>(account: &'a Account, content: &Value) -> Result<&'a Template, GraphError> {
    let name = content["name"].as_str().ok_or_else(|| missing("template['name']"))?;
    let language = content["language"]["code"].as_str().ok_or_else(|| missing("template['language']['code']"))?;
    let found = account.templates.iter().find(|known| known.name == name && known.language == language);
    let absent = || refuse_with(132_001, &format!("template name ({name}) does not exist in {language}"));
    let template = found.ok_or_else(absent)?;
    match template.status.as_str() {
        "APPROVED" => Ok(template),
        "PAUSED" => Err(refuse(132_015)),
        "DISABLED" => Err(refuse(132_016)),
        _ => Err(absent()),
    }
}

/// Whether a send brings what the template needs; gives the words as the customer reads them.
pub(super) fn filled(template: &Template, content: &Value) -> Result<String, GraphError> {
    let parts = content["components"].as_array().cloned().unwrap_or_default();
    let part =
        |kind: &str| parts.iter().find(|part| part["type"].as_str().is_some_and(|is| is.eq_ignore_ascii_case(kind)));
    for part in &parts {
        let kind = part["type"].as_str().ok_or_else(|| missing("component['type']"))?;
        if !["header", "body", "button", "carousel", "limited_time_offer"].contains(&kind.to_ascii_lowercase().as_str())
        {
            return Err(refuse_with(100, &format!("Invalid component type: {kind}")));
        }
    }
    if let Some(header) = template.component("HEADER") {
        check_header(header, part("header"))?;
    }
    let text = template.body().unwrap_or_default();
    let text = fill("body", text, part("body"))?;
    if text.chars().count() > MAX_BODY {
        return Err(refuse_with(132_005, "The body is too long with its parameters"));
    }
    check_buttons(template, &parts)?;
    Ok(text)
}

fn check_header(header: &Value, given: Option<&Value>) -> Result<(), GraphError> {
    let format = header["format"].as_str().unwrap_or("TEXT").to_ascii_uppercase();
    if format == "TEXT" {
        fill("header", header["text"].as_str().unwrap_or_default(), given)?;
        return Ok(());
    }
    let first = given.and_then(|given| given["parameters"].get(0));
    let kind = first.and_then(|first| first["type"].as_str()).unwrap_or("unknown").to_ascii_uppercase();
    if kind == format {
        return Ok(());
    }
    Err(refuse_with(132_012, &format!("header: Format mismatch, expected {format}, received {kind}")))
}

fn check_buttons(template: &Template, parts: &[Value]) -> Result<(), GraphError> {
    let buttons = template.component("BUTTONS").and_then(|part| part["buttons"].as_array());
    for (place, button) in buttons.into_iter().flatten().enumerate() {
        let dynamic = button["url"].as_str().is_some_and(|url| url.contains("{{"));
        let given = parts.iter().any(|part| {
            let index = part["index"].as_u64().or_else(|| part["index"].as_str().and_then(|text| text.parse().ok()));
            part["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("button")) && index == Some(place as u64)
        });
        if dynamic && !given {
            let words = format!("buttons: Button at index {place} of type Url requires a parameter");
            return Err(refuse_with(131_008, &words));
        }
    }
    Ok(())
}

/// Puts parameters into a text.
fn fill(part: &str, text: &str, given: Option<&Value>) -> Result<String, GraphError> {
    let expected = placeholders(text);
    let parameters = given.and_then(|given| given["parameters"].as_array()).cloned().unwrap_or_default();
    if parameters.len() != expected.len() {
        let words = format!(
            "{part}: number of localizable_params ({}) does not match the expected number of params ({})",
            parameters.len(),
            expected.len()
        );
        return Err(refuse_with(132_000, &words));
    }
    let mut filled = text.to_owned();
    for (place, parameter) in parameters.iter().enumerate() {
        let words = match parameter["type"].as_str() {
            Some("text") => parameter["text"].as_str().ok_or_else(|| missing("parameter['text']"))?,
            Some(kind @ ("currency" | "date_time")) => {
                parameter[kind]["fallback_value"].as_str().ok_or_else(|| missing("fallback_value"))?
            }
            _ => return Err(invalid(&format!("{part}: a parameter of a text must be a text"))),
        };
        let name = match parameter["parameter_name"].as_str() {
            Some(name) if expected.iter().any(|known| known == name) => name.to_owned(),
            Some(_) => return Err(refuse(132_012)),
            None if expected[place].parse::<u32>().is_err() => {
                return Err(refuse_with(132_012, &format!("{part}: Parameter name is missing or empty")));
            }
            None => (place + 1).to_string(),
        };
        filled = filled.replace(&format!("{{{{{name}}}}}"), words);
    }
    Ok(filled)
}

/// Names between double braces, each once, in order.
fn placeholders(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for piece in text.split("{{").skip(1) {
        if let Some((name, _)) = piece.split_once("}}") {
            let name = name.trim().to_owned();
            if !name.is_empty() && !found.contains(&name) {
                found.push(name);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::placeholders;

    #[test]
    fn names_between_braces_are_found_once() {
        assert_eq!(placeholders("Hi {{1}}, {{ code }} and {{1}} {{"), ["1", "code"]);
    }
}
