//! Notices that somebody forged, or that are damaged.

use super::item::{Change, Item};
use crate::teams::chats::model::{Message, Sender};
use crate::teams::login::keys::{SigningKey, unsigned};
use crate::teams::world::{World, opaque};
use serde_json::{Value, json};

/// Seconds a token beside notices lives.
const TOKEN_LIFE: i64 = 24 * 60 * 60;
/// Client id of nobody in particular.
const STRANGER: &str = "11111111-2222-4333-8444-555555555555";

/// What is wrong with a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgery {
    /// Another client state.
    ClientState,
    /// The token's publisher is another app.
    Publisher,
    /// The token is for another app.
    Audience,
    /// The token is of another tenant.
    Issuer,
    /// The token has run out.
    Expired,
    /// The token is signed with a key that is not published.
    UnknownKey,
    /// The token says that it needs no signature.
    Unsigned,
    /// There is no token.
    NoToken,
    /// The item says that it is of another tenant.
    Tenant,
    /// The encrypted content does not match its signature.
    DataSignature,
    /// The encrypted content is for a certificate that nobody has.
    Certificate,
    /// No such subscription.
    Subscription,
}

/// Names for the control API.
const NAMES: [(Forgery, &str); 12] = [
    (Forgery::ClientState, "client_state"),
    (Forgery::Publisher, "publisher"),
    (Forgery::Audience, "audience"),
    (Forgery::Issuer, "issuer"),
    (Forgery::Expired, "expired"),
    (Forgery::UnknownKey, "unknown_key"),
    (Forgery::Unsigned, "unsigned"),
    (Forgery::NoToken, "no_token"),
    (Forgery::Tenant, "tenant"),
    (Forgery::DataSignature, "data_signature"),
    (Forgery::Certificate, "certificate"),
    (Forgery::Subscription, "subscription"),
];

impl Forgery {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(forgery, _)| *forgery)
    }

    /// The forgery of a name.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known)| *known == name).map(|(forgery, _)| *forgery)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(forgery, _)| *forgery == self).map_or("", |(_, name)| name)
    }

    /// Whether the token beside the item is another than that of good items.
    fn is_in_token(self) -> bool {
        matches!(
            self,
            Self::Publisher
                | Self::Audience
                | Self::Issuer
                | Self::Expired
                | Self::UnknownKey
                | Self::Unsigned
                | Self::NoToken
        )
    }

    /// Damages the encrypted content.
    pub(super) fn damage(self, content: &mut Value) {
        match self {
            // A signature of the right form, of something else.
            Self::DataSignature => content["dataSignature"] = "r1bOPESiBAoVbF/QW3KkTeosfaaMmHD+jxj6+oxZQ88=".into(),
            Self::Certificate => {
                content["encryptionCertificateId"] = "nobodys".into();
                content["encryptionCertificateThumbprint"] = "0".repeat(40).into();
            }
            _ => {}
        }
    }
}

impl World {
    /// Queues a notice with something wrong about it for the subscriptions that cover a chat: of a message that is there, or of
    /// one that is made up. Tells how many got it.
    pub(in crate::teams) fn forge(&mut self, chat: &str, message: Option<i64>, forgery: Forgery) -> usize {
        let real = message.and_then(|id| self.chats.get(chat)?.message(id).cloned());
        let now = self.now_ms();
        let told = real.unwrap_or_else(|| Message {
            id: now,
            chat: chat.to_owned(),
            from: Sender::User(STRANGER.to_owned()),
            created_ms: now,
            modified_ms: now,
            edited_ms: None,
            deleted_ms: None,
            html: false,
            content: "forged".to_owned(),
            attachments: Vec::new(),
            mentions: Vec::new(),
            reactions: Vec::new(),
            event: None,
        });
        let Some(kept) = self.chats.get(chat) else { return 0 };
        let covering = self.subscriptions.iter().filter(|one| kept.has(&one.user));
        let items: Vec<Item> = covering.map(|one| self.item(one, &told, Change::Created)).collect();
        let count = items.len();
        for mut item in items {
            match forgery {
                Forgery::ClientState => item.body["clientState"] = "something-else".into(),
                Forgery::Tenant => item.body["tenantId"] = STRANGER.into(),
                Forgery::Subscription => item.body["subscriptionId"] = STRANGER.into(),
                _ => {}
            }
            item.forgery = Some(forgery);
            self.enqueue(&item);
        }
        count
    }

    /// The token beside an item of an app and a tenant.
    fn token_beside(&self, app: &str, tenant: &str, forgery: Option<Forgery>) -> String {
        let now = self.now_ms() / 1_000;
        let other = |wrong: Forgery, good: &str| if forgery == Some(wrong) { STRANGER } else { good }.to_owned();
        let tenant = other(Forgery::Issuer, tenant);
        let publisher = other(Forgery::Publisher, &self.options.publisher);
        let (from, until) = if forgery == Some(Forgery::Expired) {
            (now - 2 * TOKEN_LIFE, now - TOKEN_LIFE)
        } else {
            (now, now + TOKEN_LIFE)
        };
        let mut claims = json!({"aud": other(Forgery::Audience, app), "iat": from, "nbf": from, "exp": until,
            "tid": tenant, "uti": opaque(22)});
        let idp = format!("{}{tenant}/", self.options.issuer_v1);
        claims["idp"] = idp.as_str().into();
        if self.options.tokens_v2 {
            claims["iss"] = format!("{}{tenant}/v2.0", self.options.issuer_v2).into();
            claims["azp"] = publisher.into();
            claims["azpacr"] = "2".into();
            claims["ver"] = "2.0".into();
        } else {
            claims["iss"] = idp.into();
            claims["appid"] = publisher.into();
            claims["appidacr"] = "2".into();
            claims["ver"] = "1.0".into();
        }
        match forgery {
            Some(Forgery::Unsigned) => unsigned(&claims),
            Some(Forgery::UnknownKey) => {
                SigningKey::generate().map_or_else(|_| unsigned(&claims), |key| key.sign(&claims))
            }
            _ => self.keys.sign(&claims),
        }
    }

    /// A request of items made by hand, with a good token for every app and tenant among their subscriptions.
    pub(in crate::teams) fn request(&self, items: &[Value]) -> Value {
        let named = |item: &Value| self.subscriptions.iter().find(|one| item["subscriptionId"] == one.id.as_str());
        let mut owners: Vec<(&str, &str)> =
            items.iter().filter_map(named).map(|one| (one.app.as_str(), one.tenant_id.as_str())).collect();
        owners.sort_unstable();
        owners.dedup();
        let tokens: Vec<String> = owners.iter().map(|(app, tenant)| self.token_beside(app, tenant, None)).collect();
        json!({"value": items, "validationTokens": tokens})
    }

    /// One token for every app and tenant among items with encrypted content.
    pub(super) fn tokens_beside(&self, items: &[Item]) -> Vec<String> {
        let mut seen: Vec<(&str, &str, Option<Forgery>)> = Vec::new();
        let mut tokens = Vec::new();
        for item in items.iter().filter(|item| item.secret.is_some()) {
            let forgery = item.forgery.filter(|forgery| forgery.is_in_token());
            let key = (item.app.as_str(), item.tenant.as_str(), forgery);
            if forgery == Some(Forgery::NoToken) || seen.contains(&key) {
                continue;
            }
            seen.push(key);
            tokens.push(self.token_beside(&item.app, &item.tenant, forgery));
        }
        tokens
    }
}
