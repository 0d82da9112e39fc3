//! Tokens and codes.

use super::LinkedInHandle;
use super::state::MAX_KEPT;
use std::collections::HashMap;

/// Milliseconds an access token lives: 60 days.
pub(super) const ACCESS_LIFE: i64 = 60 * DAY;
/// Milliseconds a refresh token lives: 365 days.
pub(super) const REFRESH_LIFE: i64 = 365 * DAY;
/// Milliseconds a code lives: 30 minutes.
pub(super) const CODE_LIFE: i64 = 30 * 60 * 1_000;
/// Milliseconds of a day.
pub(super) const DAY: i64 = 24 * 3_600 * 1_000;
/// Characters of a token: plan for many.
const LENGTH: usize = 350;

/// What a member gave an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) client_id: String,
    pub(super) member: String,
    pub(super) scopes: Vec<String>,
}

impl Grant {
    pub(super) fn of(client_id: &str, member: &str, scopes: &[&str]) -> Self {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        Self { client_id: client_id.to_owned(), member: member.to_owned(), scopes }
    }

    /// Whether one of these scopes was given.
    pub(super) fn allows(&self, any: &[&str]) -> bool {
        self.scopes.iter().any(|scope| any.contains(&scope.as_str()))
    }
}

/// An access token.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) grant: Grant,
    pub(super) issued_at: i64,
    pub(super) expires_at: i64,
    pub(super) revoked: bool,
}

/// A refresh token.
#[derive(Clone, Debug)]
pub(super) struct Refresh {
    pub(super) grant: Grant,
    pub(super) expires_at: i64,
    pub(super) revoked: bool,
}

/// A code that waits to be exchanged.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) grant: Grant,
    pub(super) redirect_url: String,
    pub(super) expires_at: i64,
    pub(super) used: bool,
}

/// All of them; times are Unix milliseconds of the platform's clock.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    pub(super) access: HashMap<String, Access>,
    pub(super) refresh: HashMap<String, Refresh>,
    pub(super) codes: HashMap<String, Code>,
}

impl Tokens {
    /// Makes an access token.
    pub(super) fn issue(&mut self, grant: &Grant, now: i64) -> String {
        let access = Access { grant: grant.clone(), issued_at: now, expires_at: now + ACCESS_LIFE, revoked: false };
        keep(&mut self.access, "AQX", access)
    }

    /// Makes a refresh token.
    pub(super) fn issue_refresh(&mut self, grant: &Grant, now: i64) -> String {
        keep(&mut self.refresh, "AQW", Refresh { grant: grant.clone(), expires_at: now + REFRESH_LIFE, revoked: false })
    }

    /// Keeps tokens that were made elsewhere.
    pub(super) fn know(&mut self, grant: &Grant, access: &str, refresh: Option<&str>, now: i64) {
        let one = Access { grant: grant.clone(), issued_at: now, expires_at: now + ACCESS_LIFE, revoked: false };
        self.access.insert(access.to_owned(), one);
        if let Some(refresh) = refresh {
            let one = Refresh { grant: grant.clone(), expires_at: now + REFRESH_LIFE, revoked: false };
            self.refresh.insert(refresh.to_owned(), one);
        }
    }

    /// Makes a code.
    pub(super) fn issue_code(&mut self, grant: Grant, redirect_url: &str, now: i64) -> String {
        let redirect_url = redirect_url.to_owned();
        keep(&mut self.codes, "AQT", Code { grant, redirect_url, expires_at: now + CODE_LIFE, used: false })
    }

    /// The member removes the app: everything they gave it is void.
    pub(super) fn revoke_all(&mut self, client_id: &str, member: &str) {
        let theirs = |grant: &Grant| grant.client_id == client_id && grant.member == member;
        self.access.values_mut().filter(|token| theirs(&token.grant)).for_each(|token| token.revoked = true);
        self.refresh.values_mut().filter(|token| theirs(&token.grant)).for_each(|token| token.revoked = true);
        self.codes.retain(|_, code| !theirs(&code.grant));
    }

    /// The latest time until which a grant with one of these scopes lives; `None` = there is none.
    pub(super) fn alive_until(&self, client_id: &str, member: &str, any: &[&str], now: i64) -> Option<i64> {
        let theirs = |grant: &Grant| grant.client_id == client_id && grant.member == member && grant.allows(any);
        let access = self.access.values().filter(|token| !token.revoked && theirs(&token.grant));
        let refresh = self.refresh.values().filter(|token| !token.revoked && theirs(&token.grant));
        let ends = access.map(|token| token.expires_at).chain(refresh.map(|token| token.expires_at));
        ends.filter(|end| *end > now).max()
    }
}

impl LinkedInHandle {
    /// Access tokens of a member end before their time; what renews them works on.
    pub fn end_access(&self, member: &str) {
        let mut state = self.platform.state();
        let now = state.now_ms();
        let theirs = state.tokens.access.values_mut().filter(|token| token.grant.member == member);
        theirs.for_each(|token| token.expires_at = now);
    }
}

fn keep<T>(kept: &mut HashMap<String, T>, prefix: &str, value: T) -> String {
    if kept.len() >= MAX_KEPT {
        kept.clear();
    }
    let text = format!("{prefix}{}", opaque(LENGTH));
    kept.insert(text.clone(), value);
    text
}

/// Letters and digits that nobody has seen before.
pub(super) fn opaque(length: usize) -> String {
    let mut text = String::with_capacity(length + 32);
    while text.len() < length {
        text.push_str(&uuid::Uuid::new_v4().simple().to_string());
    }
    text.truncate(length);
    text
}
