//! The Facebook pages of a person.

use super::backfill::next;
use super::graph::Graph;
use super::values::{id, words};
use hub_platform_kit::{Result, Secret};
use serde_json::{Value, json};

/// What is asked of each page.
const FIELDS: &str = "id,name,access_token,tasks,instagram_business_account{id,username,name}";
/// Pages of pages that are read.
const MAX_LISTS: usize = 20;
/// The task that lets a person answer in the page's name.
const MESSAGING: &str = "MESSAGING";

/// A page as the person who signed in may use it.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// The page's id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: Option<String>,
    /// Its own token.
    pub(crate) token: Secret,
    /// Whether the person may answer in its name.
    pub(crate) may_message: bool,
    /// The Instagram account behind it: id and name.
    pub(crate) instagram: Option<(String, Option<String>)>,
}

/// All pages of the person.
pub(crate) async fn all(graph: &Graph, user_token: &str) -> Result<Vec<Page>> {
    let mut pages = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..MAX_LISTS {
        let mut call = graph.get("me/accounts").query("fields", FIELDS);
        if let Some(after) = &after {
            call = call.query("after", after);
        }
        let listing: Value = call.token(user_token).ask().await?;
        pages.extend(listing["data"].as_array().into_iter().flatten().filter_map(page));
        after = next(&listing);
        if after.is_none() {
            break;
        }
    }
    Ok(pages)
}

/// Reads one; a page without a token cannot be used.
fn page(value: &Value) -> Option<Page> {
    let behind = &value["instagram_business_account"];
    let name_there = words(behind.get("username")).or_else(|| words(behind.get("name")));
    // An answer without the list of tasks is an older one: trying is the only way to know.
    let tasks = value["tasks"].as_array();
    Some(Page {
        id: id(&value["id"])?,
        name: words(value.get("name")),
        token: Secret::from(words(value.get("access_token"))?),
        may_message: tasks.is_none_or(|tasks| tasks.iter().any(|task| task.as_str() == Some(MESSAGING))),
        instagram: behind.get("id").and_then(id).map(|id| (id, name_there)),
    })
}

impl Page {
    /// What is kept while the person chooses.
    pub(crate) fn remember(&self) -> Value {
        use secrecy::ExposeSecret;
        json!({
            "id": self.id,
            "name": self.name,
            "access_token": self.token.expose_secret(),
            "instagram_business_account": self.instagram.as_ref().map(|(id, name)| json!({ "id": id, "username": name })),
        })
    }

    /// The page that was kept under this id.
    pub(crate) fn remembered(kept: &Value, chosen: &str) -> Option<Self> {
        kept.as_array()?.iter().filter_map(page).find(|page| page.id == chosen)
    }
}
