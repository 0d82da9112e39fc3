//! Whether the platform still calls the app for a page or an account.

use super::App;
use super::backfill::listed;
use super::graph::Graph;
use crate::values::id;
use hub_platform_kit::Result;
use hub_platform_kit::webhook::{Inspection, Report};
use serde_json::Value;

/// Asks which apps hear of `owner`, and whether ours does; messages are what an inbox is for.
pub(crate) async fn inspect(graph: &Graph, app: &App, owner: &str, account: &str, token: &str) -> Result<Inspection> {
    let Some(own) = own(graph, app, owner, account, token).await? else { return Ok(unknown_or_gone(app)) };
    let fields = own.get("subscribed_fields").and_then(Value::as_array);
    let hears = fields.is_none_or(|fields| fields.iter().any(|field| field.as_str() == Some("messages")));
    Ok(if hears {
        Inspection::Standing(Report::default())
    } else {
        Inspection::Gone { why: "Meta does not tell the app of messages any more" }
    })
}

/// What the platform lists of our app; `None` = it does not.
pub(crate) async fn own(graph: &Graph, app: &App, owner: &str, account: &str, token: &str) -> Result<Option<Value>> {
    let apps: Value = graph.get(format!("{owner}/subscribed_apps")).token(token).account(account).ask().await?;
    let is_own = |one: &&Value| {
        let named = one.get("whatsapp_business_api_data").unwrap_or(one);
        app.id().is_some_and(|own| named.get("id").and_then(id).as_deref() == Some(own))
    };
    Ok(listed(&apps)?.iter().find(is_own).cloned())
}

/// Without the app's id nobody can tell which of the apps is ours.
pub(crate) fn unknown_or_gone(app: &App) -> Inspection {
    match app.id() {
        Some(_) => Inspection::Gone { why: "Meta does not tell the app of this account any more" },
        None => Inspection::Unknown,
    }
}
