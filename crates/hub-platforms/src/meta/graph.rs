//! Typed calls of the Graph API. The token travels in a header, so no address holds one; addresses never reach an error or a
//! log all the same.

use super::App;
use super::brake::Brake;
use super::errors::{self, Row};
use super::signature::app_proof;
use super::usage::Usage;
use crate::values::is_true;
use hub_platform_kit::transport::{Answer, MAX_ANSWER_BYTES, MEDIA_TIMEOUT, Transport};
use hub_platform_kit::{ErrorKind, PlatformError, Result, Secret};
use reqwest::Method;
use reqwest::multipart::Form;
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use url::Url;

/// The code of an error about which the platform knows nothing itself.
const UNKNOWN_TROUBLE: &str = "1";

/// The Graph API at one host. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    pub(crate) transport: Transport,
    base: String,
    version: String,
    secret: Option<Secret>,
    /// Lines of the platform's own that come before the shared table of errors.
    own_errors: &'static [Row],
    brake: Arc<Brake>,
}

/// What a request carries.
#[derive(Debug)]
enum Body {
    Nothing,
    Json(Value),
    Fields(Vec<(&'static str, String)>),
    Files(Form),
}

/// One call, being put together; [`Call::ask`] makes it.
#[derive(Debug)]
#[must_use]
pub(crate) struct Call<'a> {
    graph: &'a Graph,
    method: Method,
    path: String,
    versioned: bool,
    token: Option<String>,
    account: Option<String>,
    query: Vec<(&'static str, String)>,
    /// Secrets among the parameters: cut out of the words of a refusal.
    secrets: Vec<String>,
    body: Body,
    sends: bool,
}

impl Graph {
    /// The host of `app`'s settings.
    pub(crate) fn new(transport: Transport, app: &App, own_errors: &'static [Row]) -> Self {
        Self::at(transport, &app.graph_base_url, app, own_errors)
    }

    /// Another host, with the version and secret of `app`.
    pub(crate) fn at(transport: Transport, base: &str, app: &App, own_errors: &'static [Row]) -> Self {
        Self {
            transport,
            base: base.trim_end_matches('/').to_owned(),
            version: app.graph_version.trim_matches('/').to_owned(),
            secret: app.secret().map(|secret| Secret::from(secret.to_owned())),
            own_errors,
            brake: Arc::default(),
        }
    }

    /// Asks for something.
    pub(crate) fn get(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::GET, path.into())
    }

    /// Does something.
    pub(crate) fn post(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::POST, path.into())
    }

    /// Takes something away.
    pub(crate) fn delete(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::DELETE, path.into())
    }

    fn call(&self, method: Method, path: String) -> Call<'_> {
        Call {
            graph: self,
            method,
            path,
            versioned: true,
            token: None,
            account: None,
            query: Vec::new(),
            secrets: Vec::new(),
            body: Body::Nothing,
            sends: false,
        }
    }

    fn address(&self, path: &str, versioned: bool) -> Result<Url> {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        if parts.iter().any(|part| part.is_empty() || *part == "." || *part == "..") {
            return Err(no_id());
        }
        let mut url = Url::parse(&self.base).map_err(|_| wrong_base())?;
        url.path_segments_mut()
            .map_err(|()| wrong_base())?
            .pop_if_empty()
            .extend(versioned.then_some(self.version.as_str()))
            .extend(parts);
        Ok(url)
    }

    fn secret(&self) -> &str {
        self.secret.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default()
    }
}

impl Call<'_> {
    /// On whose behalf. The proof that the token is used by its app goes along.
    pub(crate) fn token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// The id at the platform whose limit the call counts against; a used-up limit holds it back.
    pub(crate) fn account(mut self, account: &str) -> Self {
        self.account = Some(account.to_owned());
        self
    }

    /// A parameter in the address.
    pub(crate) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// A secret in the address, where the platform takes it nowhere else.
    pub(crate) fn secret_query(mut self, name: &'static str, value: &str) -> Self {
        self.secrets.push(value.to_owned());
        self.query(name, value)
    }

    /// A JSON body.
    pub(crate) fn json(mut self, body: Value) -> Self {
        self.body = Body::Json(body);
        self
    }

    /// A form without files.
    pub(crate) fn fields(mut self, fields: Vec<(&'static str, String)>) -> Self {
        self.body = Body::Fields(fields);
        self
    }

    /// A form with files.
    pub(crate) fn files(mut self, form: Form) -> Self {
        self.body = Body::Files(form);
        self
    }

    /// The path stands alone, without the version.
    pub(crate) fn unversioned(mut self) -> Self {
        self.versioned = false;
        self
    }

    /// A cut-off call may have sent something that a person sees.
    pub(crate) fn sends(mut self) -> Self {
        self.sends = true;
        self
    }

    /// Makes the call and reads the answer.
    pub(crate) async fn ask<T: DeserializeOwned>(self) -> Result<T> {
        self.ask_raw().await.map(|(value, _)| value)
    }

    /// Makes a call that answers with nothing but its success.
    pub(crate) async fn done(self) -> Result<()> {
        let answer: Value = self.ask().await?;
        match answer.get("success") {
            said @ Some(_) if !is_true(said) => {
                Err(PlatformError::new(ErrorKind::UnexpectedReply, "the platform did not do what was asked"))
            }
            _ => Ok(()),
        }
    }

    /// Makes the call; the answer as it came goes along.
    pub(crate) async fn ask_raw<T: DeserializeOwned>(self) -> Result<(T, Answer)> {
        let sends = self.sends;
        let outcome = self.attempt().await;
        outcome.map_err(|error| if sends { doubtful(error) } else { harmless(error) })
    }

    async fn attempt<T: DeserializeOwned>(self) -> Result<(T, Answer)> {
        let Self { graph, method, path, versioned, token, account, query, mut secrets, body, .. } = self;
        if let Some(wait) = account.as_deref().and_then(|account| graph.brake.wait(account)) {
            return Err(PlatformError::new(
                ErrorKind::RateLimited { retry_after: Some(wait) },
                "the platform's limit for this account is used up",
            )
            .for_whole_account());
        }
        let mut url = graph.address(&path, versioned)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(&query);
        }
        if let Some(token) = token.as_deref().filter(|_| !graph.secret().is_empty()) {
            url.query_pairs_mut().append_pair("appsecret_proof", &app_proof(graph.secret(), token));
        }
        let mut request = graph.transport.request(method, url.as_str());
        if let Some(token) = &token {
            request = request.bearer_auth(token);
        }
        request = match body {
            Body::Nothing => request,
            Body::Json(body) => request.json(&body),
            Body::Fields(fields) => request.form(&fields),
            Body::Files(form) => request.multipart(form).timeout(MEDIA_TIMEOUT),
        };
        let answer = graph.transport.call(request, MAX_ANSWER_BYTES).await?;
        graph.learn(&answer);
        secrets.extend(token);
        graph.read(answer, &secrets)
    }
}

impl Graph {
    fn learn(&self, answer: &Answer) {
        let usage = Usage::of(answer);
        for (account, wait) in usage.blocked() {
            tracing::warn!(wait_s = wait.as_secs(), "a limit of the platform is used up");
            self.brake.hold(account, wait);
        }
        if usage.app_is_full() {
            tracing::warn!("the app's own limit at the platform is used up");
        }
    }

    fn read<T: DeserializeOwned>(&self, answer: Answer, secrets: &[String]) -> Result<(T, Answer)> {
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).chain([self.secret()]).collect();
        let refused = body.as_ref().is_some_and(|body| body.get("error").is_some_and(Value::is_object));
        match body {
            Some(body) if (200..300).contains(&answer.status) && !refused => match serde_json::from_value(body) {
                Ok(value) => Ok((value, answer)),
                Err(_) => Err(PlatformError::new(ErrorKind::UnexpectedReply, "the answer has an unknown shape")
                    .with_status(answer.status)),
            },
            body => Err(errors::refusal(&answer, body.as_ref(), self.own_errors, &secrets)),
        }
    }
}

/// After a send, a server error of something that stands before the platform, or an answer nobody understands, leaves open
/// whether the message went out, and Meta drops no repeats. An error of the platform's own, with its code, says that it did
/// not, but for the code that only says that something unknown went wrong.
fn doubtful(mut error: PlatformError) -> PlatformError {
    let known = error.remote_code.as_deref().is_some_and(|code| code != UNKNOWN_TROUBLE);
    let server_trouble = error.status.is_some_and(|status| status >= 500) && !known;
    let accepted = error.status.is_none_or(|status| status < 400);
    match error.kind {
        ErrorKind::Transient { .. } if server_trouble => error.kind = ErrorKind::Transient { maybe_applied: true },
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

/// An id as it may stand in a path. Ids come from outside: one that is no name would change what is asked.
pub(crate) fn plain(id: &str) -> Result<&str> {
    if id.is_empty() || id.contains(['/', '\\']) { Err(no_id()) } else { Ok(id) }
}

fn no_id() -> PlatformError {
    PlatformError::bad_input("the id is not one of the platform's")
}

fn wrong_base() -> PlatformError {
    PlatformError::new(ErrorKind::Misconfigured, "the address of the Graph API is not an address")
}
