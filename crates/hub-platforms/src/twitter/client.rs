//! Calls of X's API. Tokens travel in headers, so no address holds one; addresses never reach an error or a log all the same.

use super::errors;
use hub_platform_kit::transport::{Answer, MAX_ANSWER_BYTES, MEDIA_TIMEOUT, Transport};
use hub_platform_kit::{ErrorKind, PlatformError, Result};
use reqwest::Method;
use reqwest::multipart::Form;
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// The API at one address. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) transport: Transport,
    base: String,
}

/// Who calls.
#[derive(Debug)]
enum Caller {
    Nobody,
    /// By a person's token, or the app's.
    Token(String),
    /// By name and secret.
    Pair(String, String),
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
pub(super) struct Call<'a> {
    client: &'a Client,
    method: Method,
    path: Vec<String>,
    caller: Caller,
    query: Vec<(&'static str, String)>,
    body: Body,
    sends: bool,
    tokens: bool,
}

impl Client {
    pub(super) fn new(transport: Transport, base: &str) -> Self {
        Self { transport, base: base.trim_end_matches('/').to_owned() }
    }

    /// Begins a call; each part of the path is one, whatever is in it.
    pub(super) fn call<const N: usize>(&self, method: Method, path: [&str; N]) -> Call<'_> {
        Call {
            client: self,
            method,
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            caller: Caller::Nobody,
            query: Vec::new(),
            body: Body::Nothing,
            sends: false,
            tokens: false,
        }
    }

    pub(super) fn get<const N: usize>(&self, path: [&str; N]) -> Call<'_> {
        self.call(Method::GET, path)
    }

    pub(super) fn post<const N: usize>(&self, path: [&str; N]) -> Call<'_> {
        self.call(Method::POST, path)
    }

    fn address(&self, path: &[String]) -> Result<Url> {
        if path.iter().any(|part| part.is_empty() || part == "." || part == "..") {
            return Err(PlatformError::bad_input("the id is not one of the platform's"));
        }
        let wrong = || PlatformError::new(ErrorKind::Misconfigured, "the address of X's API is not an address");
        let mut url = Url::parse(&self.base).map_err(|_| wrong())?;
        url.path_segments_mut().map_err(|()| wrong())?.pop_if_empty().extend(path);
        Ok(url)
    }
}

impl Call<'_> {
    /// By the token of a person or of the app.
    pub(super) fn token(mut self, token: &str) -> Self {
        self.caller = Caller::Token(token.to_owned());
        self
    }

    /// By the name and secret of the app.
    pub(super) fn pair(mut self, name: &str, secret: &str) -> Self {
        self.caller = Caller::Pair(name.to_owned(), secret.to_owned());
        self
    }

    /// A parameter in the address; never a secret.
    pub(super) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(super) fn json(mut self, body: Value) -> Self {
        self.body = Body::Json(body);
        self
    }

    pub(super) fn fields(mut self, fields: Vec<(&'static str, String)>) -> Self {
        self.body = Body::Fields(fields);
        self
    }

    pub(super) fn files(mut self, form: Form) -> Self {
        self.body = Body::Files(form);
        self
    }

    /// A cut-off call may have sent something that a person sees.
    pub(super) fn sends(mut self) -> Self {
        self.sends = true;
        self
    }

    /// The endpoint deals in tokens, and speaks of them in words of its own.
    pub(super) fn about_tokens(mut self) -> Self {
        self.tokens = true;
        self
    }

    /// Makes the call; the answer as it came goes along.
    pub(super) async fn ask(self) -> Result<(Value, Answer)> {
        let (sends, tokens) = (self.sends, self.tokens);
        match self.attempt().await {
            // Budgets of sending are the account's, whomever it writes to.
            Err(error) if sends => Err(doubtful(error).for_whole_account()),
            // Whether a token was spent matters to whoever asked.
            Err(error) if tokens => Err(error),
            Err(error) => Err(harmless(error)),
            done => done,
        }
    }

    /// Asks for the bytes of a file, at most `max_bytes`. Any status but an error's is an answer, a redirect among them.
    pub(super) async fn file(self, max_bytes: u64, limit: Duration) -> Result<Answer> {
        let url = self.client.address(&self.path)?;
        let mut request = self.client.transport.request(self.method, url.as_str()).timeout(limit);
        let Caller::Token(token) = self.caller else { return Err(odd_answer()) };
        request = request.bearer_auth(&token);
        let answer = self.client.transport.call(request, max_bytes).await.map_err(|error| match error.kind {
            // One that is too large is no smaller the next time.
            ErrorKind::UnexpectedReply => PlatformError { kind: ErrorKind::BadInput, ..error },
            _ => harmless(error),
        })?;
        if answer.status < 400 {
            return Ok(answer);
        }
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        Err(errors::refusal(&answer, body.as_ref(), &[token.as_str()]))
    }

    async fn attempt(self) -> Result<(Value, Answer)> {
        let Self { client, method, path, caller, query, body, sends, tokens } = self;
        let mut url = client.address(&path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(&query);
        }
        let request = client.transport.request(method, url.as_str());
        let (request, secret) = match caller {
            Caller::Nobody => (request, String::new()),
            Caller::Token(token) => (request.bearer_auth(&token), token),
            Caller::Pair(name, secret) => (request.basic_auth(name, Some(&secret)), secret),
        };
        let mut secrets = vec![secret];
        let request = match body {
            Body::Nothing => request,
            Body::Json(body) => request.json(&body),
            Body::Fields(fields) => {
                let request = request.form(&fields);
                secrets.extend(fields.into_iter().map(|(_, value)| value).filter(|value| value.len() > 20));
                request
            }
            Body::Files(form) => request.multipart(form).timeout(MEDIA_TIMEOUT),
        };
        let answer = client.transport.call(request, MAX_ANSWER_BYTES).await?;
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        match body {
            // A success may name things it could not find beside what it did.
            Some(body) if (200..300).contains(&answer.status) && body.is_object() => Ok((body, answer)),
            // Some answers are nothing but their status.
            None if (200..300).contains(&answer.status) && answer.body.is_empty() => Ok((Value::Null, answer)),
            _ if (200..300).contains(&answer.status) => Err(odd_answer().with_status(answer.status)),
            body if tokens => Err(errors::token_refusal(&answer, body.as_ref(), &secrets)),
            body => {
                let mut error = errors::refusal(&answer, body.as_ref(), &secrets);
                // Only "not available now", in the platform's own words, says that nothing was done.
                let clear = answer.status == 503 && body.is_some_and(|body| body.is_object());
                if sends && answer.status >= 500 && !clear {
                    error.kind = ErrorKind::Transient { maybe_applied: true };
                }
                Err(error)
            }
        }
    }
}

/// A success that nobody understands may be one: the message must not be sent again by itself.
fn doubtful(mut error: PlatformError) -> PlatformError {
    if error.kind == ErrorKind::UnexpectedReply && error.status.is_none_or(|status| status < 300) {
        error.kind = ErrorKind::Transient { maybe_applied: true };
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

pub(super) fn odd_answer() -> PlatformError {
    PlatformError::new(ErrorKind::UnexpectedReply, "X's answer has an unknown shape")
}
