//! `/{waba}/message_templates`.

use super::refuse::{invalid, missing};
use super::templates::Template;
use super::world::World;
use crate::meta::{Call, Fields, GraphError, Meta, Outcome, Wanted};
use axum::http::Method;
use serde_json::json;

/// Templates of one account at most.
const MAX_TEMPLATES: usize = 250;
/// Longest name, in characters.
const MAX_NAME: usize = 512;
/// Members when none are asked for.
const USUAL: &str = "name,parameter_format,components,language,status,category";

pub(super) fn templates(world: &mut World, meta: &Meta, call: &Call, account: &str) -> Outcome {
    if call.method == Method::POST {
        return create(world, call, account);
    }
    if call.method == Method::DELETE {
        let name = call.required("name")?;
        let known = world.accounts.get_mut(account).ok_or_else(|| GraphError::missing(account))?;
        let before = known.templates.len();
        known.templates.retain(|template| template.name != name);
        if known.templates.len() == before {
            return Err(GraphError::parameter("Message template not found").with_subcode(2_593_002));
        }
        return Ok(json!({"success": true}));
    }
    let known = world.accounts.get(account).ok_or_else(|| GraphError::missing(account))?;
    let wanted = |member: &str, value: &str| {
        let asked = call.list(member);
        asked.is_empty() || asked.iter().any(|asked| asked.eq_ignore_ascii_case(value))
    };
    let fields = Fields::parse(call.text("fields").as_deref(), USUAL);
    let fitting = known.templates.iter().filter(|template| {
        wanted("name", &template.name)
            && wanted("language", &template.language)
            && wanted("status", &template.status)
            && wanted("category", &template.category)
    });
    let items: Vec<_> = fitting.map(|template| (template.id.clone(), fields.select(&template.shown()))).collect();
    let mut page = meta.page(&items, &Wanted::of(call), &format!("{account}/message_templates"), call);
    for name in call.list("summary") {
        page["summary"][&name] = match name.as_str() {
            "total_count" => items.len().into(),
            "message_template_count" => known.templates.len().into(),
            "message_template_limit" => MAX_TEMPLATES.into(),
            "are_translations_complete" => true.into(),
            _ => return Err(GraphError::parameter(&format!("Param summary has no {name}"))),
        };
    }
    Ok(page)
}

/// `GET /{template-id}`.
pub(super) fn template(world: &World, call: &Call, account: &str, id: &str) -> Outcome {
    let known = world.accounts.get(account).and_then(|known| known.templates.iter().find(|known| known.id == id));
    let template = known.ok_or_else(|| GraphError::missing(id))?;
    Ok(Fields::parse(call.text("fields").as_deref(), USUAL).select(&template.shown()))
}

/// A new one waits for its review.
fn create(world: &mut World, call: &Call, account: &str) -> Outcome {
    let name = call.required("name")?;
    let language = call.required("language")?;
    let category = call.required("category")?.to_ascii_uppercase();
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if name.len() > MAX_NAME || !name.chars().all(plain) {
        return Err(invalid("Param name must be lower-case letters, digits and underscores"));
    }
    if !["MARKETING", "UTILITY", "AUTHENTICATION"].contains(&category.as_str()) {
        let words = "Param category must be one of {UTILITY, MARKETING, AUTHENTICATION}";
        return Err(GraphError::parameter(words));
    }
    let components = call.json("components").and_then(|list| list.as_array().cloned()).unwrap_or_default();
    let has_body =
        components.iter().any(|part| part["type"].as_str().is_some_and(|is| is.eq_ignore_ascii_case("BODY")));
    if !has_body {
        return Err(missing("components: BODY"));
    }
    let id = world.new_id();
    let known = world.accounts.get_mut(account).ok_or_else(|| GraphError::missing(account))?;
    if known.templates.iter().any(|template| template.name == name && template.language == language) {
        let words = "Content in this language already exists";
        return Err(GraphError::parameter(words).with_subcode(2_388_024));
    }
    if known.templates.len() >= MAX_TEMPLATES {
        return Err(GraphError::parameter("Message template limit exceeded").with_subcode(2_388_023));
    }
    let status = "PENDING".to_owned();
    let answer = json!({"id": id, "status": status, "category": category});
    known.templates.push(Template {
        id,
        name,
        language,
        category,
        status,
        components,
        sends_as: "accepted".to_owned(),
    });
    Ok(answer)
}
