//! One call of LinkedIn's REST API: its headers, its way of writing names into addresses, its refusals.

use super::Settings;
use super::errors::{self, Said, odd_answer};
use super::limits::Limits;
use super::urn::{self, encode};
use super::young::Young;
use chrono::{DateTime, Datelike};
use hub_domain::Timestamp;
use hub_platform_kit::transport::{Answer, MAX_ANSWER_BYTES, Transport};
use hub_platform_kit::{ErrorKind, PlatformError, Result};
use reqwest::Method;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The version of the protocol: names in addresses are written out.
const PROTOCOL: &str = "2.0.0";
/// Months after which the operator is reminded of the version's end; it lives about twelve.
const OLD_VERSION_MONTHS: i32 = 10;
/// A post younger than this may not be known everywhere yet.
const YOUNG_POST: chrono::Duration = chrono::Duration::minutes(1);

/// Which version of the API a call wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Current,
    Portability,
    /// Endpoints below `/v2` know none.
    None,
}

/// The API at one host. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Rest {
    pub(super) transport: Transport,
    base: String,
    version: String,
    portability_version: String,
    limits: Arc<Limits>,
    pub(super) young: Arc<Young>,
    reminded: Arc<AtomicBool>,
}

/// One call, being put together.
#[derive(Debug)]
#[must_use]
pub(super) struct Call<'a> {
    rest: &'a Rest,
    method: Method,
    path: String,
    query: String,
    version: Version,
    action: Option<&'static str>,
    token: &'a str,
    account: &'a str,
    body: Option<Value>,
    sends: bool,
}

impl Rest {
    pub(super) fn new(transport: Transport, settings: &Settings) -> Self {
        Self {
            transport,
            base: settings.api_base_url.trim_end_matches('/').to_owned(),
            version: settings.version.trim().to_owned(),
            portability_version: settings.portability_version.trim().to_owned(),
            limits: Arc::default(),
            young: Arc::default(),
            reminded: Arc::default(),
        }
    }

    /// A call of `/rest/…` for an account; `path` is written as it stands in the address.
    pub(super) fn call<'a>(&'a self, method: Method, path: String, token: &'a str, account: &'a str) -> Call<'a> {
        Call {
            rest: self,
            method,
            path,
            query: String::new(),
            version: Version::Current,
            action: None,
            token,
            account,
            body: None,
            sends: false,
        }
    }

    /// Reminds the operator once that the version will end, by the platform's own clock.
    fn remind(&self, at: Option<Timestamp>) {
        let Some(age) = at.and_then(|at| age_in_months(&self.version, at)) else { return };
        if age >= OLD_VERSION_MONTHS && !self.reminded.swap(true, Ordering::Relaxed) {
            tracing::warn!(version = self.version, "LINKEDIN_VERSION ends soon; set it to a newer month");
        }
    }
}

impl Call<'_> {
    /// A plain parameter.
    pub(super) fn query(self, name: &str, value: &str) -> Self {
        let value = encode(value);
        self.raw_query(name, &value)
    }

    /// A parameter whose signs mean something: `List(…)`, `(name:value)`.
    pub(super) fn raw_query(mut self, name: &str, value: &str) -> Self {
        let sign = if self.query.is_empty() { "?" } else { "&" };
        self.query.extend([sign, name, "=", value]);
        self
    }

    /// A call of the data portability product.
    pub(super) fn portability(mut self) -> Self {
        self.version = Version::Portability;
        self
    }

    /// A call below `/v2`.
    pub(super) fn unversioned(mut self) -> Self {
        self.version = Version::None;
        self
    }

    /// What Rest.li calls the call, where the method alone does not say it.
    pub(super) fn action(mut self, action: &'static str) -> Self {
        self.action = Some(action);
        self
    }

    /// A JSON body.
    pub(super) fn json(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// A cut-off call may have sent something that people see.
    pub(super) fn sends(mut self) -> Self {
        self.sends = true;
        self
    }

    /// Makes the call and reads the answer; an empty one is `Null`.
    pub(super) async fn ask(self) -> Result<Value> {
        self.ask_whole().await.map(|(value, _)| value)
    }

    /// Makes the call; the answer as it came goes along.
    pub(super) async fn ask_whole(self) -> Result<(Value, Answer)> {
        let sends = self.sends;
        self.attempt().await.map_err(|error| if sends { doubtful(error) } else { harmless(error) })
    }

    async fn attempt(self) -> Result<(Value, Answer)> {
        let Self { rest, method, path, query, version, action, token, account, body, .. } = self;
        let endpoint = path.split('/').nth(1).unwrap_or_default();
        let place = format!("{method} {endpoint} {account}");
        if let Some(wait) = rest.limits.wait(&place) {
            let words = "LinkedIn's limit for this account is used up";
            return Err(PlatformError::new(ErrorKind::RateLimited { retry_after: Some(wait) }, words));
        }
        let mut request = rest.transport.request(method, &format!("{}/{path}{query}", rest.base)).bearer_auth(token);
        request = match version {
            Version::Current => request.header("LinkedIn-Version", rest.version.as_str()),
            Version::Portability => request.header("LinkedIn-Version", rest.portability_version.as_str()),
            Version::None => request,
        };
        if version != Version::None {
            request = request.header("X-Restli-Protocol-Version", PROTOCOL);
        }
        if let Some(action) = action {
            request = request.header("X-RestLi-Method", action);
        }
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = rest.transport.call(request, MAX_ANSWER_BYTES).await?;
        let at = said_at(&answer);
        if version == Version::Current {
            rest.remind(at);
        }
        let read: Option<Value> =
            if answer.body.is_empty() { Some(Value::Null) } else { serde_json::from_slice(&answer.body).ok() };
        match read {
            Some(value) if (200..300).contains(&answer.status) => Ok((value, answer)),
            None if (200..300).contains(&answer.status) => Err(odd_answer().with_status(answer.status)),
            read => Err(rest.refused(&answer, &Said::of(read.as_ref()), &place, &path, token)),
        }
    }
}

impl Rest {
    fn refused(&self, answer: &Answer, said: &Said, place: &str, path: &str, token: &str) -> PlatformError {
        let error = errors::refusal(answer.status, said, &[token]);
        let at = said_at(answer);
        match error.kind {
            // Not told to the throttle, which would hold back answers because reading is used up.
            ErrorKind::RateLimited { .. } => {
                let wait = answer.retry_after.unwrap_or_else(|| self.limits.refused(place, &said.words, at));
                PlatformError { kind: ErrorKind::RateLimited { retry_after: Some(wait) }, status: None, ..error }
            }
            ErrorKind::ReauthRequired if self.young.is_young(token) => PlatformError {
                kind: ErrorKind::Transient { maybe_applied: false },
                message: "LinkedIn does not know the renewed sign-in everywhere yet".to_owned(),
                ..error
            },
            ErrorKind::NotFound if said.words.starts_with(errors::NO_ACTIVITY) && is_young_post(path, at) => {
                PlatformError { kind: ErrorKind::Transient { maybe_applied: false }, ..error }
            }
            _ => error,
        }
    }
}

/// After a send, a server error or an answer nobody understands leaves open whether the words are out; LinkedIn drops no
/// repeats.
fn doubtful(mut error: PlatformError) -> PlatformError {
    let trouble = error.status.is_some_and(|status| status >= 500);
    let accepted = error.status.is_none_or(|status| status < 400);
    match error.kind {
        ErrorKind::Transient { .. } if trouble => error.kind = ErrorKind::Transient { maybe_applied: true },
        ErrorKind::UnexpectedReply if accepted => error.kind = ErrorKind::Transient { maybe_applied: true },
        _ => {}
    }
    error
}

/// A cut-off question changed nothing.
fn harmless(mut error: PlatformError) -> PlatformError {
    if let ErrorKind::Transient { maybe_applied } = &mut error.kind {
        *maybe_applied = false;
    }
    error
}

/// The platform's clock, as an answer shows it.
pub(super) fn said_at(answer: &Answer) -> Option<Timestamp> {
    DateTime::parse_from_rfc2822(answer.header("date")?).ok().map(Timestamp::from)
}

/// True when the post that a path names was made within the last minute.
fn is_young_post(path: &str, at: Option<Timestamp>) -> bool {
    let marked = path.split("activity%3A").nth(1).unwrap_or_default();
    let digits: String = marked.chars().take_while(char::is_ascii_digit).collect();
    let made = digits.parse().ok().and_then(urn::made_at);
    made.zip(at).is_some_and(|(made, at)| at - made < YOUNG_POST)
}

/// How old a version such as `202607` is.
fn age_in_months(version: &str, at: Timestamp) -> Option<i32> {
    let month: i32 = version.get(..6)?.parse().ok()?;
    let now = at.year() * 12 + i32::try_from(at.month()).ok()?;
    Some(now - (month / 100 * 12 + month % 100))
}

/// How long a token lives, as an answer of the sign-in tells it.
pub(super) fn life(seconds: Option<&Value>) -> Option<chrono::Duration> {
    let seconds = seconds.and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()))?;
    chrono::Duration::from_std(Duration::from_secs(seconds)).ok().filter(|life| !life.is_zero())
}

#[cfg(test)]
mod tests {
    use super::{age_in_months, is_young_post};
    use hub_domain::time::{from_unix_millis, from_unix_seconds};

    #[test]
    fn versions_grow_old() {
        // 2026-09-10.
        let at = from_unix_seconds(1_789_000_000).unwrap();
        assert_eq!(age_in_months("202607", at), Some(2));
        assert_eq!(age_in_months("202511", at), Some(10));
        assert_eq!((age_in_months("", at), age_in_months("newest", at)), (None, None));
    }

    #[test]
    fn a_post_is_young_for_a_minute() {
        let path = "rest/socialActions/urn%3Ali%3Aactivity%3A7456975906406400003/comments";
        let made = 7_456_975_906_406_400_003_i64 >> 22;
        assert!(is_young_post(path, from_unix_millis(made + 59_000)));
        assert!(!is_young_post(path, from_unix_millis(made + 61_000)));
        assert!(!is_young_post(path, None));
        assert!(!is_young_post("rest/posts", from_unix_millis(made)));
    }
}
