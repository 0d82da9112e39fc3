//! Linking: a person signs in and picks one of the pages in whose name they may answer.

use super::{FACEBOOK_LOGIN, Facebook};
use crate::meta::oauth;
use crate::meta::pages::{self, Page, SignedIn};
use async_trait::async_trait;
use hub_domain::RemoteAccountId;
use hub_domain::connect::{Answers, LinkedIdentity, Step};
use hub_platform_kit::grant::Tokens;
use hub_platform_kit::platform::{Connect, ConnectContext, Progress};
use hub_platform_kit::{Grant, PlatformError, Result};
use serde_json::{Value, json};

/// What is asked for; all of it is needed.
pub(super) const SCOPES: &[&str] =
    &["pages_show_list", "pages_messaging", "pages_manage_metadata", "pages_read_engagement"];
/// The permission that may be given for some pages only.
pub(super) const PER_PAGE: &str = "pages_messaging";

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
        let signed_in = match SignedIn::chosen(memory, answers) {
            Some(chosen) => chosen?,
            None => SignedIn::from_code(&self.graph, &self.settings.app, context, answers, SCOPES, PER_PAGE).await?,
        };
        match signed_in.pages.as_slice() {
            [] => Err(PlatformError::bad_input(
                "There is no page that you may answer for. You need the page's task \"Messages\", and the page must be \
                 ticked while signing in.",
            )),
            [page] => Ok(linked(page, &signed_in)),
            _ => Ok(signed_in.ask("Which page do you want to link?", label)),
        }
    }

    /// Rows of the originals hold a person's token where the page's belongs; only those end.
    async fn refresh(&self, grant: &Grant) -> Result<Tokens> {
        if grant.expires_at.is_none() {
            return Err(PlatformError::unsupported("renewing tokens"));
        }
        let access = pages::token_of(&self.graph, grant.token(), grant.remote_id.as_str()).await?;
        Ok(Tokens { access, refresh: Some(grant.access_token.clone()), expires_at: None })
    }

    /// Takes back everything this person gave the app.
    async fn revoke(&self, grant: &Grant) -> Result<()> {
        pages::revoke(&self.graph, grant).await
    }
}

fn label(page: &Page) -> String {
    page.name.clone().unwrap_or_else(|| page.id.clone())
}

fn linked(page: &Page, signed_in: &SignedIn) -> Progress {
    Progress::Linked {
        identity: LinkedIdentity {
            remote_id: RemoteAccountId::from(page.id.as_str()),
            username: page.name.clone(),
            group: None,
            grantor: signed_in.grantor.clone(),
            facts: json!({ "page_id": page.id }),
        },
        tokens: Tokens { access: page.token.clone(), refresh: Some(signed_in.person.clone()), expires_at: None },
        proof: None,
    }
}
