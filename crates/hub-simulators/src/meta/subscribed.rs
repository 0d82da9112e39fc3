//! `/{page or account}/subscribed_apps`: which apps hear of a Page or an account.

use super::{Call, GraphError, Meta, Outcome};
use axum::http::Method;
use serde_json::{Value, json};

/// One app's subscription.
#[derive(Clone, Debug)]
pub(crate) struct Subscribed {
    pub(crate) fields: Vec<String>,
    /// An address of its own in place of the app's.
    pub(crate) callback: Option<String>,
}

impl Meta {
    /// Subscribes an app to a Page or account, or replaces its subscription.
    pub fn subscribe(&self, asset: &str, app_id: &str, fields: Vec<String>, callback: Option<String>) {
        let subscribed = Subscribed { fields, callback };
        self.state().subscribed.entry(asset.to_owned()).or_default().insert(app_id.to_owned(), subscribed);
        self.note_change();
    }

    /// Ends a subscription; tells whether there was one.
    pub fn unsubscribe(&self, asset: &str, app_id: &str) -> bool {
        let gone = self.state().subscribed.get_mut(asset).and_then(|apps| apps.remove(app_id)).is_some();
        self.note_change();
        gone
    }

    /// The fields an app hears of a Page or account; `None` = not subscribed.
    pub fn subscription(&self, asset: &str, app_id: &str) -> Option<Vec<String>> {
        self.state().subscribed.get(asset)?.get(app_id).map(|subscribed| subscribed.fields.clone())
    }

    /// Apps of a Page or account, with their names and their subscriptions.
    pub(crate) fn subscribers(&self, asset: &str) -> Vec<(String, String, Subscribed)> {
        let state = self.state();
        let apps = state.subscribed.get(asset).into_iter().flatten();
        let named = apps.map(|(id, subscribed)| {
            let name = state.apps.get(id).map(|app| app.name.clone()).unwrap_or_default();
            (id.clone(), name, subscribed.clone())
        });
        named.collect()
    }

    /// The endpoint, as Pages and Instagram accounts have it: fields are named in the call and replace older ones.
    pub(crate) fn subscribed_apps(&self, call: &Call, asset: &str, app_id: &str) -> Outcome {
        if call.method == Method::POST {
            let fields = call.list("subscribed_fields");
            if fields.is_empty() {
                return Err(GraphError::parameter("The parameter subscribed_fields is required."));
            }
            self.subscribe(asset, app_id, fields, None);
            return Ok(json!({"success": true}));
        }
        if call.method == Method::DELETE {
            self.unsubscribe(asset, app_id);
            return Ok(json!({"success": true}));
        }
        let apps = self.subscribers(asset).into_iter().map(|(id, name, subscribed)| {
            json!({
                "category": "Business", "link": format!("https://app.example/{id}"), "name": name, "id": id,
                "subscribed_fields": subscribed.fields,
            })
        });
        Ok(json!({"data": apps.collect::<Vec<Value>>()}))
    }
}
