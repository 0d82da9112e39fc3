//! Linking through either door.

use super::door::Door;
use super::{FACEBOOK_LOGIN, INSTAGRAM_LOGIN, Instagram};
use crate::meta::oauth::{self, Exchanged};
use crate::meta::pages::{self, Page, SignedIn};
use crate::values::{id, words};
use async_trait::async_trait;
use chrono::DateTime;
use hub_domain::connect::{Answers, LinkedIdentity, Step};
use hub_domain::{RemoteAccountId, Timestamp};
use hub_platform_kit::grant::Tokens;
use hub_platform_kit::platform::{Connect, ConnectContext, Progress};
use hub_platform_kit::transport::Answer;
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result, Secret};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

/// What Instagram's own sign-in asks for; all of it is needed.
const SCOPES: &[&str] = &["instagram_business_basic", "instagram_business_manage_messages"];
/// What is asked for through a page; all of it is needed.
pub(super) const PAGE_SCOPES: &[&str] =
    &["instagram_basic", "instagram_manage_messages", "pages_manage_metadata", "pages_show_list"];
/// The permission that may be given for some pages only.
pub(super) const PER_PAGE: &str = "pages_manage_metadata";

#[async_trait]
impl Connect for Instagram {
    async fn begin(&self, context: &ConnectContext) -> Result<Progress> {
        let door = self.open(wanted(context)?);
        let url = match door {
            Door::Instagram => self.dialog(context)?,
            Door::Page => oauth::dialog(&self.settings.page_app, context, &[("scope", &PAGE_SCOPES.join(","))])?,
        };
        Ok(Progress::Next { step: Step::Redirect { url }, memory: json!({ "door": door.as_str() }) })
    }

    async fn resume(&self, context: &ConnectContext, memory: &Value, answers: &Answers) -> Result<Progress> {
        if let Some(chosen) = SignedIn::chosen(memory, answers) {
            return link_page(&chosen?);
        }
        let kept = memory.get("door").and_then(Value::as_str).and_then(Door::from_stored);
        match kept.map_or_else(|| wanted(context), Ok)? {
            Door::Instagram => self.link_account(context, answers).await,
            Door::Page => {
                let (graph, app) = (&self.page_graph, &self.settings.page_app);
                link_page(&SignedIn::from_code(graph, app, context, answers, PAGE_SCOPES, PER_PAGE).await?)
            }
        }
    }

    /// Only tokens of Instagram's own sign-in end, and only a living one that is older than a day can be renewed. The card's
    /// rule renews with half of the life left.
    async fn refresh(&self, grant: &Grant) -> Result<Tokens> {
        if self.way(grant)?.door == Door::Page {
            return Err(PlatformError::unsupported("renewing tokens"));
        }
        let call = self.graph.get("refresh_access_token").unversioned().query("grant_type", "ig_refresh_token");
        let (renewed, answer) = call.secret_query("access_token", grant.token()).ask_raw::<Exchanged>().await?;
        // Counted from the platform's own clock; an answer without it leaves the old end standing.
        let expires_at = said_at(&answer).and_then(|at| renewed.expires_at(at)).or(grant.expires_at);
        Ok(Tokens { access: renewed.access_token, refresh: None, expires_at })
    }

    /// Instagram's own sign-in is taken back in its settings only.
    async fn revoke(&self, grant: &Grant) -> Result<()> {
        match self.way(grant)?.door {
            Door::Instagram => Err(PlatformError::unsupported("taking a permission back")),
            Door::Page => pages::revoke(&self.page_graph, grant).await,
        }
    }
}

/// The door that was asked for.
fn wanted(context: &ConnectContext) -> Result<Door> {
    match context.method.as_str() {
        INSTAGRAM_LOGIN => Ok(Door::Instagram),
        FACEBOOK_LOGIN => Ok(Door::Page),
        _ => Err(PlatformError::unsupported("this way of linking")),
    }
}

/// When the platform said it, by its own clock.
fn said_at(answer: &Answer) -> Option<Timestamp> {
    DateTime::parse_from_rfc2822(answer.header("date")?).ok().map(Timestamp::from)
}

/// A code as Instagram's own sign-in trades it: a list of one, or the bare object.
struct Traded {
    token: Secret,
    /// What was granted; `None` when the answer does not say.
    scopes: Option<Vec<String>>,
}

fn traded(answer: &Value) -> Option<Traded> {
    let object = answer.get("data").and_then(|data| data.get(0)).unwrap_or(answer);
    let scopes = match object.get("permissions") {
        Some(Value::String(listed)) => Some(listed.split(',').map(|scope| scope.trim().to_owned()).collect()),
        Some(Value::Array(listed)) => Some(listed.iter().filter_map(id).collect()),
        _ => None,
    };
    Some(Traded { token: Secret::from(words(object.get("access_token"))?), scopes })
}

impl Instagram {
    /// The door that was asked for, or the other one if only that has an app.
    fn open(&self, wanted: Door) -> Door {
        let has_app = |door| match door {
            Door::Instagram => self.settings.app.is_configured(),
            Door::Page => self.settings.page_app.is_configured(),
        };
        let other = if wanted == Door::Instagram { Door::Page } else { Door::Instagram };
        if !has_app(wanted) && has_app(other) { other } else { wanted }
    }

    fn dialog(&self, context: &ConnectContext) -> Result<String> {
        let (app_id, _) = oauth::credentials(&self.settings.app)?;
        let wrong =
            || PlatformError::new(ErrorKind::Misconfigured, "the address of the sign-in dialog is not an address");
        let mut url = Url::parse(&self.settings.app.dialog_base_url).map_err(|_| wrong())?;
        url.path_segments_mut().map_err(|()| wrong())?.pop_if_empty().extend(["oauth", "authorize"]);
        url.query_pairs_mut()
            .append_pair("client_id", app_id)
            .append_pair("redirect_uri", oauth::redirect_uri(context)?)
            .append_pair("response_type", "code")
            .append_pair("scope", &SCOPES.join(","))
            .append_pair("state", &context.state);
        Ok(url.into())
    }

    async fn link_account(&self, context: &ConnectContext, answers: &Answers) -> Result<Progress> {
        let short = self.trade(oauth::redirect_uri(context)?, oauth::code(answers)?).await?;
        if let Some(granted) = &short.scopes
            && let Some(missing) = SCOPES.iter().find(|scope| !granted.iter().any(|one| one == *scope))
        {
            return Err(oauth::not_granted(missing));
        }
        let long = self.lengthen(&short.token).await?;
        let expires_at = long.expires_at(context.now);
        let access = long.access_token;
        let call = self.graph.get("me").query("fields", "user_id,username,name");
        let me: Value = call.token(access.expose_secret()).ask().await?;
        // `id` is another number, known to this app alone; deliveries name `user_id`.
        let account = me.get("user_id").and_then(id).ok_or_else(|| {
            PlatformError::new(ErrorKind::UnexpectedReply, "Instagram does not say whose account it is")
        })?;
        Ok(Progress::Linked {
            identity: LinkedIdentity {
                remote_id: RemoteAccountId::from(account),
                username: words(me.get("username")).or_else(|| words(me.get("name"))),
                group: None,
                grantor: None,
                facts: json!({ "door": Door::Instagram.as_str() }),
            },
            tokens: Tokens { access, refresh: None, expires_at },
            proof: None,
        })
    }

    /// A code counts once, for a token of an hour.
    async fn trade(&self, redirect: &str, code: &str) -> Result<Traded> {
        let (app_id, secret) = oauth::credentials(&self.settings.app)?;
        let fields = vec![
            ("client_id", app_id.to_owned()),
            ("client_secret", secret.to_owned()),
            ("grant_type", "authorization_code".to_owned()),
            ("redirect_uri", redirect.to_owned()),
            ("code", code.to_owned()),
        ];
        let answer: Value = self.token_graph.post("oauth/access_token").unversioned().fields(fields).ask().await?;
        let odd = || PlatformError::new(ErrorKind::UnexpectedReply, "the sign-in's answer holds no token");
        traded(&answer).ok_or_else(odd)
    }

    async fn lengthen(&self, short: &Secret) -> Result<Exchanged> {
        let (_, secret) = oauth::credentials(&self.settings.app)?;
        let call = self.graph.get("access_token").unversioned().query("grant_type", "ig_exchange_token");
        call.secret_query("client_secret", secret).secret_query("access_token", short.expose_secret()).ask().await
    }
}

/// The Instagram account behind the page; several are asked about.
fn link_page(signed_in: &SignedIn) -> Result<Progress> {
    let pages: Vec<Page> = signed_in.pages.iter().filter(|page| page.instagram.is_some()).cloned().collect();
    let [page] = pages.as_slice() else {
        if pages.is_empty() {
            return Err(PlatformError::bad_input(
                "There is no page that you may answer for and that has a professional Instagram account.",
            ));
        }
        let those = SignedIn { pages, ..signed_in.clone() };
        return Ok(those.ask("Which Instagram account do you want to link?", label));
    };
    let Some((account, username)) = page.instagram.clone() else {
        return Err(PlatformError::bad_input("There is no Instagram account behind this page."));
    };
    Ok(Progress::Linked {
        identity: LinkedIdentity {
            remote_id: RemoteAccountId::from(account),
            username: username.or_else(|| page.name.clone()),
            group: None,
            grantor: signed_in.grantor.clone(),
            facts: json!({ "door": Door::Page.as_str(), "page_id": page.id }),
        },
        tokens: Tokens { access: page.token.clone(), refresh: Some(signed_in.person.clone()), expires_at: None },
        proof: None,
    })
}

fn label(page: &Page) -> String {
    let account = page.instagram.as_ref().map(|(id, name)| name.as_ref().unwrap_or(id).clone());
    match (account, &page.name) {
        (Some(account), Some(page)) => format!("{account} ({page})"),
        (Some(account), None) => account,
        (None, _) => page.id.clone(),
    }
}
