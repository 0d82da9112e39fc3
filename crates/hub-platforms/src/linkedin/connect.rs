//! Linking: a person signs in and picks one of the pages they administer, or links their own messages where LinkedIn lets them
//! out.

use super::api::Person;
use super::sign_in::{self, Granted};
use super::wire::text;
use super::{LinkedIn, MEMBER, NAME_FACT, PAGE, PERSON_FACT, READS_FACT};
use async_trait::async_trait;
use hub_domain::connect::{Answers, Choice, LinkedIdentity, Step};
use hub_domain::{RemoteAccountId, Timestamp};
use hub_platform_kit::grant::Tokens;
use hub_platform_kit::platform::{Connect, ConnectContext, Progress};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result, Secret};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// How the scopes begin that let a member's messages out.
const PORTABILITY: &str = "r_dma_portability";
/// Pages offered at most.
const MAX_PAGES: usize = 100;
/// Pages whose names are asked for; each costs a call.
const MAX_NAMES: usize = 20;

/// A page to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Page {
    urn: String,
    name: Option<String>,
}

#[async_trait]
impl Connect for LinkedIn {
    async fn begin(&self, context: &ConnectContext) -> Result<Progress> {
        let url = sign_in::dialog(&self.settings, context, self.scopes(&context.method)?)?;
        Ok(Progress::Next { step: Step::Redirect { url }, memory: Value::Null })
    }

    async fn resume(&self, context: &ConnectContext, memory: &Value, answers: &Answers) -> Result<Progress> {
        if let Some(chosen) = chosen(memory, answers) {
            return chosen;
        }
        let asked = self.scopes(&context.method)?;
        let granted = sign_in::trade(&self.api.rest.transport, &self.settings, context, answers).await?;
        granted.check(asked)?;
        let token = granted.tokens.access.expose_secret();
        let person = self.api.me(token).await.map_err(linking)?;
        if context.method == MEMBER {
            return Ok(self.link_member(&person, granted));
        }
        let pages = self.pages(token).await.map_err(linking)?;
        match pages.as_slice() {
            [] => Err(PlatformError::bad_input(
                "There is no page that you administer. LinkedIn lets the hub answer for pages only: private messages are open \
                 to approved partners alone. Ask an administrator of the page to make you one, then sign in again.",
            )),
            [page] => Ok(self.linked(page, &person, granted.tokens)),
            _ => Ok(self.ask(&pages, &person, &granted.tokens)),
        }
    }

    async fn refresh(&self, grant: &Grant) -> Result<Tokens> {
        let Some(refresh) = &grant.refresh_token else { return Err(PlatformError::unsupported("renewing tokens")) };
        let renewed = sign_in::renew(&self.api.rest.transport, &self.settings, refresh.expose_secret()).await?;
        self.api.rest.young.note(renewed.tokens.access.expose_secret());
        Ok(renewed.tokens)
    }

    /// LinkedIn has no call for it: members take apps away in their own settings.
    async fn revoke(&self, _grant: &Grant) -> Result<()> {
        Err(PlatformError::unsupported("taking the permission back"))
    }
}

impl LinkedIn {
    /// What is asked for.
    fn scopes(&self, method: &str) -> Result<&str> {
        match method {
            PAGE => Ok(&self.settings.scopes),
            MEMBER if self.settings.links_members() => Ok(&self.settings.member_scopes),
            _ => Err(PlatformError::unsupported("this way of linking")),
        }
    }

    /// The pages of a person, with the names of the first of them.
    async fn pages(&self, token: &str) -> Result<Vec<Page>> {
        let mut pages = Vec::new();
        for (number, urn) in self.api.pages(token).await?.into_iter().take(MAX_PAGES).enumerate() {
            // A name is a comfort: the page can be linked without it.
            let name = if number < MAX_NAMES { self.api.page_name(token, &urn).await.ok().flatten() } else { None };
            pages.push(Page { urn, name });
        }
        Ok(pages)
    }

    /// Whose permission an account hangs on: the person's, given to this app.
    fn grantor(&self, person: &Person) -> Option<String> {
        self.settings.client_id().map(|app| format!("linkedin:{app}:{}", person.urn))
    }

    fn linked(&self, page: &Page, person: &Person, tokens: Tokens) -> Progress {
        linked(page, self.grantor(person), &person.urn, tokens)
    }

    fn ask(&self, pages: &[Page], person: &Person, tokens: &Tokens) -> Progress {
        let label = |page: &Page| page.name.clone().unwrap_or_else(|| page.urn.clone());
        let options = pages.iter().map(|page| Choice { id: page.urn.clone(), label: label(page) }).collect();
        Progress::Next {
            step: Step::Choose { title: "Which page do you want to link?".to_owned(), options },
            memory: json!({
                "access": tokens.access.expose_secret(),
                "refresh": tokens.refresh.as_ref().map(ExposeSecret::expose_secret),
                "expires_at": tokens.expires_at,
                "person": person.urn,
                "grantor": self.grantor(person),
                "pages": pages.iter().map(|page| json!({ "urn": page.urn, "name": page.name })).collect::<Vec<_>>(),
            }),
        }
    }

    fn link_member(&self, person: &Person, granted: Granted) -> Progress {
        let reads = granted.scopes.iter().flatten().any(|scope| scope.starts_with(PORTABILITY));
        Progress::Linked {
            identity: LinkedIdentity {
                remote_id: RemoteAccountId::from(person.urn.as_str()),
                username: person.name.clone(),
                group: None,
                grantor: self.grantor(person),
                facts: json!({ PERSON_FACT: person.urn, NAME_FACT: person.name, READS_FACT: reads }),
            },
            tokens: granted.tokens,
            proof: None,
        }
    }
}

/// What was chosen; `None` when nobody was asked yet.
fn chosen(memory: &Value, answers: &Answers) -> Option<Result<Progress>> {
    let pages = memory.get("pages")?.as_array()?;
    let choice = answers.get("choice").map(String::as_str).unwrap_or_default();
    let page = pages.iter().find(|page| text(page, "urn").as_deref() == Some(choice));
    let Some(page) = page else { return Some(Err(PlatformError::bad_input("Please pick one of the list."))) };
    let (Some(access), Some(person)) = (text(memory, "access"), text(memory, "person")) else {
        return Some(Err(PlatformError::bad_input("This sign-in is too old. Please sign in again.")));
    };
    let ends = memory.get("expires_at").cloned().unwrap_or_default();
    let tokens = Tokens {
        access: Secret::from(access),
        refresh: text(memory, "refresh").map(Secret::from),
        expires_at: serde_json::from_value::<Option<Timestamp>>(ends).ok().flatten(),
    };
    let page = Page { urn: choice.to_owned(), name: text(page, "name") };
    Some(Ok(linked(&page, text(memory, "grantor"), &person, tokens)))
}

fn linked(page: &Page, grantor: Option<String>, person: &str, tokens: Tokens) -> Progress {
    Progress::Linked {
        identity: LinkedIdentity {
            remote_id: RemoteAccountId::from(page.urn.as_str()),
            username: page.name.clone(),
            group: None,
            grantor,
            facts: json!({ PERSON_FACT: person }),
        },
        tokens,
        proof: None,
    }
}

/// While linking there is no account yet that could need a new sign-in.
fn linking(error: PlatformError) -> PlatformError {
    let kind = if error.kind == ErrorKind::ReauthRequired { ErrorKind::BadInput } else { error.kind };
    PlatformError { kind, ..error }
}
