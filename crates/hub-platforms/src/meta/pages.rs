//! The Facebook pages of a person.

use super::App;
use super::backfill::{listed, next};
use super::graph::Graph;
use super::oauth::{self, Exchanged};
use crate::values::{id, words};
use hub_domain::connect::{Answers, Choice, Step};
use hub_platform_kit::platform::{ConnectContext, Progress};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result, Secret};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// What the hub wants to hear of a page, and of the Instagram account behind it. A subscription replaces the list of the one
/// before, so both ask for the same.
pub(crate) const FIELDS_OF_DELIVERIES: &str = "messages,message_echoes,message_deliveries,message_reads,message_reactions,message_edits,messaging_postbacks,\
     messaging_referrals,messaging_handovers,standby";

/// What is asked of each page.
const FIELDS: &str = "id,name,access_token,tasks,instagram_business_account{id,username,name}";
/// Pages of pages that are read.
const MAX_LISTS: usize = 20;
/// Pages offered at most.
const MAX_CHOICES: usize = 500;
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
        pages.extend(listed(&listing)?.iter().filter_map(page));
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

/// A person who signed in, and the pages in whose name they may answer.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    /// The person's own token, good for about two months.
    pub(crate) person: Secret,
    /// Whose permission the pages hang on: the person's, given to this app.
    pub(crate) grantor: Option<String>,
    /// The pages.
    pub(crate) pages: Vec<Page>,
}

impl SignedIn {
    /// Turns the code that came back into pages. All of `scopes` are needed; `per_page` is the one that may be given for some
    /// pages only.
    pub(crate) async fn from_code(
        graph: &Graph,
        app: &App,
        context: &ConnectContext,
        answers: &Answers,
        scopes: &[&str],
        per_page: &str,
    ) -> Result<Self> {
        let (app_id, _) = oauth::credentials(app)?;
        let code = oauth::code(answers)?;
        let short = oauth::exchange_code(graph, app, oauth::redirect_uri(context)?, code).await?;
        let Exchanged { access_token: person, .. } = oauth::lengthen(graph, app, &short.access_token).await?;
        let facts = oauth::debug_token(graph, app, &person).await?;
        facts.check(app_id, scopes)?;
        let given = facts.targets_of(per_page);
        let mut pages = all(graph, person.expose_secret()).await?;
        pages.retain(|page| page.may_message && (given.is_empty() || given.contains(&page.id)));
        pages.truncate(MAX_CHOICES);
        let grantor = facts.user_id.as_deref().map(|user| format!("meta:{app_id}:{user}"));
        Ok(Self { person, grantor, pages })
    }

    /// Asks which page it shall be.
    pub(crate) fn ask(&self, title: &str, label: impl Fn(&Page) -> String) -> Progress {
        let options = self.pages.iter().map(|page| Choice { id: page.id.clone(), label: label(page) }).collect();
        Progress::Next {
            step: Step::Choose { title: title.to_owned(), options },
            memory: json!({
                "person": self.person.expose_secret(),
                "grantor": self.grantor,
                "pages": self.pages.iter().map(Page::remember).collect::<Vec<_>>(),
            }),
        }
    }

    /// What was chosen, as the only page left; `None` when nobody was asked yet.
    pub(crate) fn chosen(memory: &Value, answers: &Answers) -> Option<Result<Self>> {
        let pages = memory.get("pages")?.as_array()?;
        let choice = answers.get("choice").map(String::as_str).unwrap_or_default();
        let page = pages.iter().filter_map(page).find(|page| page.id == choice);
        Some(match (page, words(memory.get("person"))) {
            (Some(page), Some(person)) => {
                Ok(Self { person: Secret::from(person), grantor: words(memory.get("grantor")), pages: vec![page] })
            }
            (None, _) => Err(PlatformError::bad_input("Please pick one of the list.")),
            (_, None) => Err(PlatformError::bad_input("This sign-in is too old. Please sign in again.")),
        })
    }
}

/// The page's own token, got with a person's.
pub(crate) async fn token_of(graph: &Graph, person: &str, page_id: &str) -> Result<Secret> {
    let page = all(graph, person).await?.into_iter().find(|page| page.id == page_id);
    page.map(|page| page.token).ok_or_else(|| {
        PlatformError::new(ErrorKind::ReauthRequired, "the person who linked this page may not use it any more")
    })
}

/// Takes back everything the person gave the app. Their token is kept beside the page's; in rows of the originals it stands in
/// the page's place, which shows by its having an end.
pub(crate) async fn revoke(graph: &Graph, grant: &Grant) -> Result<()> {
    let person = match &grant.refresh_token {
        Some(token) => token.expose_secret(),
        None if grant.expires_at.is_some() => grant.token(),
        None => return Err(PlatformError::unsupported("taking the permission back without the person's token")),
    };
    graph.delete("me/permissions").token(person).done().await
}

impl Page {
    /// What is kept while the person chooses.
    fn remember(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "access_token": self.token.expose_secret(),
            "instagram_business_account": self.instagram.as_ref().map(|(id, name)| json!({ "id": id, "username": name })),
        })
    }
}
