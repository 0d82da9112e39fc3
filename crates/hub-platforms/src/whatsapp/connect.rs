//! Linking: somebody signs in at Facebook, or a system user's token is pasted. Either way the token proves which numbers it may
//! use, and nothing is believed that it does not.

use super::api::Number;
use super::{FACEBOOK_LOGIN, LINKED_BY_FACT, NUMBER_FACT, SYSTEM_TOKEN, WABA_FACT, WhatsApp};
use crate::meta::oauth::{self, TokenFacts};
use async_trait::async_trait;
use hub_domain::connect::{Answers, Choice, Field, LinkedIdentity, Step};
use hub_domain::{RemoteAccountId, Timestamp};
use hub_platform_kit::grant::Tokens;
use hub_platform_kit::platform::{Connect, ConnectContext, Progress};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result, Secret};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Sending, and being told of messages.
const MESSAGING: &str = "whatsapp_business_messaging";
/// Everything else: numbers, templates, subscriptions.
pub(super) const MANAGEMENT: &str = "whatsapp_business_management";
/// Both, as the dialog wants them.
pub(super) const SCOPES: &str = "whatsapp_business_messaging,whatsapp_business_management";
/// Business accounts whose numbers are read.
const MAX_BUSINESS_ACCOUNTS: usize = 20;
/// Numbers to choose from.
const MAX_NUMBERS: usize = 200;
/// The name of a number that tells none.
const NAMELESS: &str = "WhatsApp Business";
/// Answer fields of the form.
const TOKEN_FIELD: &str = "access_token";
const NUMBER_FIELD: &str = "phone_number_id";
const WABA_FIELD: &str = "business_account_id";

/// A number that the token may use.
#[derive(Clone, Serialize, Deserialize)]
struct Found {
    id: String,
    waba: Option<String>,
    number: Option<String>,
    name: Option<String>,
}

/// What is kept while the person chooses.
#[derive(Serialize, Deserialize)]
struct Memory {
    token: String,
    expires_at: Option<Timestamp>,
    grantor: Option<String>,
    numbers: Vec<Found>,
}

#[async_trait]
impl Connect for WhatsApp {
    async fn begin(&self, context: &ConnectContext) -> Result<Progress> {
        let step = match context.method.as_str() {
            FACEBOOK_LOGIN => {
                let asks = match self.settings.config_id() {
                    Some(config) => [("config_id", config)],
                    None => [("scope", SCOPES)],
                };
                Step::Redirect { url: oauth::dialog(&self.settings.app, context, &asks)? }
            }
            SYSTEM_TOKEN => self.ask_for_token(),
            _ => return Err(PlatformError::unsupported("this way of linking")),
        };
        Ok(Progress::Next { step, memory: Value::Null })
    }

    async fn resume(&self, context: &ConnectContext, memory: &Value, answers: &Answers) -> Result<Progress> {
        if let Ok(memory) = serde_json::from_value::<Memory>(memory.clone()) {
            return chosen(&context.method, &memory, answers);
        }
        match context.method.as_str() {
            FACEBOOK_LOGIN => self.signed_in(context, answers).await.map_err(while_linking),
            SYSTEM_TOKEN => self.token_given(&context.method, answers).await.map_err(while_linking),
            _ => Err(PlatformError::unsupported("this way of linking")),
        }
    }

    async fn refresh(&self, _grant: &Grant) -> Result<Tokens> {
        Err(PlatformError::unsupported("renewing tokens"))
    }

    /// A pasted token belongs to whoever made it, and others may use it too; only a sign-in is taken back.
    async fn revoke(&self, grant: &Grant) -> Result<()> {
        let operators = self.settings.access_token() == Some(grant.token());
        if operators || grant.fact(LINKED_BY_FACT) == Some(SYSTEM_TOKEN) {
            return Err(PlatformError::unsupported("taking a system user's token back"));
        }
        self.api.revoke(grant.token()).await
    }
}

impl WhatsApp {
    async fn signed_in(&self, context: &ConnectContext, answers: &Answers) -> Result<Progress> {
        let (app, graph) = (&self.settings.app, &self.api.graph);
        let code = oauth::code(answers)?;
        let mut exchanged = oauth::exchange_code(graph, app, oauth::redirect_uri(context)?, code).await?;
        // A business's token does not end; a person's ends within hours, unless it is exchanged for a longer one.
        if exchanged.expires_at(context.now).is_some() {
            exchanged = oauth::lengthen(graph, app, &exchanged.access_token).await?;
        }
        let facts = self.facts(&exchanged.access_token).await?;
        let token = exchanged.access_token.expose_secret();
        let mut numbers = self.numbers_of(token, &facts).await?;
        if let (true, Some(id)) = (numbers.is_empty(), self.settings.phone_number_id()) {
            numbers = vec![self.one_number(token, id, self.settings.business_account_id(), &facts).await?];
        }
        let expires_at = facts.expires_at.or_else(|| exchanged.expires_at(context.now));
        self.found(&context.method, token, expires_at, &facts, numbers)
    }

    async fn token_given(&self, method: &str, answers: &Answers) -> Result<Progress> {
        let field = |name: &str| answers.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
        let typed = field(TOKEN_FIELD);
        let token = typed.or_else(|| self.settings.access_token()).ok_or_else(|| {
            PlatformError::bad_input("An access token of a system user is needed; it is made in the business settings.")
        })?;
        // What the operator set goes with the operator's token only.
        let (number, waba) = match typed {
            Some(_) => (field(NUMBER_FIELD), field(WABA_FIELD)),
            None => (
                field(NUMBER_FIELD).or_else(|| self.settings.phone_number_id()),
                field(WABA_FIELD).or_else(|| self.settings.business_account_id()),
            ),
        };
        let facts = self.facts(&Secret::from(token.to_owned())).await?;
        let numbers = match (number, waba) {
            (Some(number), waba) => vec![self.one_number(token, number, waba, &facts).await?],
            (None, Some(waba)) => self.numbers_of_account(token, waba).await?,
            (None, None) => self.numbers_of(token, &facts).await?,
        };
        self.found(method, token, facts.expires_at, &facts, numbers)
    }

    /// What the token is good for; one that works but lacks a permission is refused.
    async fn facts(&self, token: &Secret) -> Result<TokenFacts> {
        let (app_id, _) = oauth::credentials(&self.settings.app)?;
        let facts = oauth::debug_token(&self.api.graph, &self.settings.app, token).await?;
        facts.check(app_id, &[MESSAGING, MANAGEMENT])?;
        Ok(facts)
    }

    /// All numbers of the business accounts that were granted.
    async fn numbers_of(&self, token: &str, facts: &TokenFacts) -> Result<Vec<Found>> {
        let mut numbers = Vec::new();
        for waba in facts.targets_of(MANAGEMENT).iter().take(MAX_BUSINESS_ACCOUNTS) {
            numbers.extend(self.numbers_of_account(token, waba).await?);
            if numbers.len() >= MAX_NUMBERS {
                break;
            }
        }
        numbers.truncate(MAX_NUMBERS);
        Ok(numbers)
    }

    async fn numbers_of_account(&self, token: &str, waba: &str) -> Result<Vec<Found>> {
        let listed = self.api.numbers(token, waba).await?;
        Ok(listed.into_iter().filter_map(|number| found(number, Some(waba))).collect())
    }

    /// One number by its id. Its business account counts only when it lists the number, because deliveries may name nothing
    /// else.
    async fn one_number(&self, token: &str, id: &str, waba: Option<&str>, facts: &TokenFacts) -> Result<Found> {
        let listed = match waba {
            Some(waba) => self.numbers_of_account(token, waba).await?,
            None => self.numbers_of(token, facts).await?,
        };
        if let Some(number) = listed.into_iter().find(|number| number.id == id) {
            return Ok(number);
        }
        if waba.is_some() {
            return Err(PlatformError::bad_input("This number does not belong to this WhatsApp business account."));
        }
        let number = self.api.number(token, id).await?;
        found(number, None).filter(|number| number.id == id).ok_or_else(no_number)
    }

    /// One number is linked; of several the person chooses.
    fn found(
        &self,
        method: &str,
        token: &str,
        expires_at: Option<Timestamp>,
        facts: &TokenFacts,
        numbers: Vec<Found>,
    ) -> Result<Progress> {
        let app_id = self.settings.app.id().unwrap_or_default();
        let grantor = facts.user_id.as_ref().map(|user| format!("meta:{app_id}:{user}"));
        let memory = Memory { token: token.to_owned(), expires_at, grantor, numbers };
        match memory.numbers.as_slice() {
            [] => Err(no_number()),
            [only] => Ok(linked(method, &memory, only)),
            several => {
                let options = several.iter().map(|one| Choice { id: one.id.clone(), label: one.label() }).collect();
                let step = Step::Choose { title: "Which number do you want to link?".to_owned(), options };
                let memory = serde_json::to_value(&memory)
                    .map_err(|_| PlatformError::new(ErrorKind::UnexpectedReply, "the numbers cannot be kept"))?;
                Ok(Progress::Next { step, memory })
            }
        }
    }

    fn ask_for_token(&self) -> Step {
        let field = |name: &str, label: &str, help: &str, secret: bool| Field {
            name: name.to_owned(),
            label: label.to_owned(),
            help: Some(help.to_owned()),
            secret,
        };
        let own = self.settings.access_token().is_some();
        let token_help = if own {
            "Leave it empty to use the token that the operator set."
        } else {
            "Made in the business settings for a system user, with both WhatsApp permissions."
        };
        Step::Ask {
            title: "Link a WhatsApp number".to_owned(),
            fields: vec![
                field(TOKEN_FIELD, "Access token", token_help, true),
                field(NUMBER_FIELD, "Phone number id", "Optional: when the token may use several numbers.", false),
                field(WABA_FIELD, "Business account id", "Optional: the account that the number belongs to.", false),
            ],
        }
    }
}

impl Found {
    fn label(&self) -> String {
        match (&self.number, &self.name) {
            (Some(number), Some(name)) => format!("{number} ({name})"),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) => self.id.clone(),
        }
    }
}

fn found(number: Number, waba: Option<&str>) -> Option<Found> {
    Some(Found {
        id: number.id.take()?,
        waba: waba.map(str::to_owned),
        number: number.dialled.take(),
        name: number.verified_name.take(),
    })
}

fn chosen(method: &str, memory: &Memory, answers: &Answers) -> Result<Progress> {
    let choice = answers.get("choice").map(String::as_str).unwrap_or_default();
    let number = memory.numbers.iter().find(|number| number.id == choice);
    let number = number.ok_or_else(|| PlatformError::bad_input("Please choose one of the numbers."))?;
    Ok(linked(method, memory, number))
}

fn linked(method: &str, memory: &Memory, number: &Found) -> Progress {
    let username = number.number.clone().or_else(|| number.name.clone()).unwrap_or_else(|| NAMELESS.to_owned());
    Progress::Linked {
        identity: LinkedIdentity {
            remote_id: RemoteAccountId::from(number.id.as_str()),
            username: Some(username),
            group: number.waba.as_deref().map(RemoteAccountId::from),
            grantor: memory.grantor.clone(),
            facts: json!({ WABA_FACT: number.waba, NUMBER_FACT: number.number, LINKED_BY_FACT: method }),
        },
        tokens: Tokens { access: Secret::from(memory.token.clone()), refresh: None, expires_at: memory.expires_at },
        proof: None,
    }
}

fn no_number() -> PlatformError {
    PlatformError::bad_input(
        "No WhatsApp number was found. Add a number to the WhatsApp business account, or grant access to it, and try again.",
    )
}

/// There is no account yet that could need a new sign-in: the token that was given is not good.
fn while_linking(error: PlatformError) -> PlatformError {
    match error.kind {
        ErrorKind::ReauthRequired => PlatformError { kind: ErrorKind::BadInput, ..error },
        _ => error,
    }
}
