//! Linking: a person signs in and picks one of the pages in whose name they may answer.

use super::{FACEBOOK_LOGIN, Facebook};
use crate::meta::oauth::{self, Exchanged, TokenFacts};
use crate::meta::pages::{self, Page};
use crate::meta::values::words;
use async_trait::async_trait;
use hub_domain::RemoteAccountId;
use hub_domain::connect::{Answers, Choice, LinkedIdentity, Step};
use hub_platform_kit::grant::Tokens;
use hub_platform_kit::platform::{Connect, ConnectContext, Progress};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result, Secret};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// What is asked for; all of it is needed.
const SCOPES: &[&str] = &["pages_show_list", "pages_messaging", "pages_manage_metadata", "pages_read_engagement"];
/// The permission that may be given for some pages only.
const PER_PAGE: &str = "pages_messaging";
/// Pages offered at most.
const MAX_CHOICES: usize = 500;

#[async_trait]
impl Connect for Facebook {
    async fn begin(&self, context: &ConnectContext) -> Result<Progress> {
        if context.method != FACEBOOK_LOGIN {
            return Err(PlatformError::unsupported("this way of linking"));
        }
        let url = oauth::dialog(&self.settings.app, context, &[("scope", &SCOPES.join(","))])?;
        Ok(Progress::Next { step: Step::Redirect { url }, memory: Value::Null })
    }

    async fn resume(&self, context: &ConnectContext, memory: &Value, answers: &Answers) -> Result<Progress> {
        match memory.get("pages") {
            Some(kept) => self.chosen(memory, kept, answers),
            None => self.signed_in(context, answers).await,
        }
    }

    /// Rows of the originals hold a person's token where the page's belongs; only those end.
    async fn refresh(&self, grant: &Grant) -> Result<Tokens> {
        if grant.expires_at.is_none() {
            return Err(PlatformError::unsupported("renewing tokens"));
        }
        let pages = pages::all(&self.graph, grant.token()).await?;
        let page = pages.into_iter().find(|page| page.id == grant.remote_id.as_str()).ok_or_else(|| {
            PlatformError::new(ErrorKind::ReauthRequired, "the person who linked this page may not use it any more")
        })?;
        Ok(Tokens { access: page.token, refresh: Some(grant.access_token.clone()), expires_at: None })
    }

    /// Takes back everything this person gave the app.
    async fn revoke(&self, grant: &Grant) -> Result<()> {
        let person = match &grant.refresh_token {
            Some(token) => token.expose_secret(),
            None if grant.expires_at.is_some() => grant.token(),
            None => return Err(PlatformError::unsupported("taking the permission back without the person's token")),
        };
        self.graph.delete("me/permissions").token(person).ask::<Value>().await.map(|_| ())
    }
}

impl Facebook {
    async fn signed_in(&self, context: &ConnectContext, answers: &Answers) -> Result<Progress> {
        let app = &self.settings.app;
        let code = oauth::code(answers)?;
        let short = oauth::exchange_code(&self.graph, app, oauth::redirect_uri(context)?, code).await?;
        let Exchanged { access_token: person, .. } = oauth::lengthen(&self.graph, app, &short.access_token).await?;
        let facts = oauth::debug_token(&self.graph, app, &person).await?;
        facts.check(app.id().unwrap_or_default(), SCOPES)?;
        let usable = usable(pages::all(&self.graph, person.expose_secret()).await?, &facts);
        let grantor = self.grantor(&facts);
        match usable.as_slice() {
            [] => Err(PlatformError::bad_input(
                "There is no page that you may answer for. You need the page's task \"Messages\", and the page must be \
                 ticked while signing in.",
            )),
            [page] => Ok(linked(page, &person, grantor)),
            _ => Ok(choose(&usable, &person, grantor)),
        }
    }

    fn chosen(&self, memory: &Value, kept: &Value, answers: &Answers) -> Result<Progress> {
        let choice = answers.get("choice").map(String::as_str).unwrap_or_default();
        let page = Page::remembered(kept, choice)
            .ok_or_else(|| PlatformError::bad_input("Please pick one of the pages in the list."))?;
        let person = words(memory.get("user_token"))
            .ok_or_else(|| PlatformError::bad_input("This sign-in is too old. Please sign in again."))?;
        Ok(linked(&page, &Secret::from(person), words(memory.get("grantor"))))
    }

    /// Whose permission the page hangs on: the person's, given to this app.
    fn grantor(&self, facts: &TokenFacts) -> Option<String> {
        Some(format!("meta:{}:{}", self.settings.app.id()?, facts.user_id.as_deref()?))
    }
}

/// Pages in whose name the person may answer and for which they gave the permission.
fn usable(pages: Vec<Page>, facts: &TokenFacts) -> Vec<Page> {
    let given = facts.targets_of(PER_PAGE);
    let usable = pages.into_iter().filter(|page| page.may_message && (given.is_empty() || given.contains(&page.id)));
    usable.take(MAX_CHOICES).collect()
}

fn choose(pages: &[Page], person: &Secret, grantor: Option<String>) -> Progress {
    let label = |page: &Page| page.name.clone().unwrap_or_else(|| page.id.clone());
    Progress::Next {
        step: Step::Choose {
            title: "Which page do you want to link?".to_owned(),
            options: pages.iter().map(|page| Choice { id: page.id.clone(), label: label(page) }).collect(),
        },
        memory: json!({
            "user_token": person.expose_secret(),
            "grantor": grantor,
            "pages": pages.iter().map(Page::remember).collect::<Vec<_>>(),
        }),
    }
}

fn linked(page: &Page, person: &Secret, grantor: Option<String>) -> Progress {
    Progress::Linked {
        identity: LinkedIdentity {
            remote_id: RemoteAccountId::from(page.id.as_str()),
            username: page.name.clone(),
            group: None,
            grantor,
            facts: json!({ "page_id": page.id }),
        },
        tokens: Tokens { access: page.token.clone(), refresh: Some(person.clone()), expires_at: None },
        proof: None,
    }
}
