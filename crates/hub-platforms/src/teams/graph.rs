//! Calls of Graph. The only room that builds addresses, together with `api.rs`; the token goes to Graph's own host only.

use super::errors;
use super::settings::Settings;
use hub_domain::Timestamp;
use hub_platform_kit::fetch::FetchRules;
use hub_platform_kit::platform::Fetched;
use hub_platform_kit::transport::{Answer, MAX_ANSWER_BYTES, Transport};
use hub_platform_kit::{ErrorKind, PlatformError, Result};
use reqwest::Method;
use serde_json::Value;
use url::Url;

/// The version that is spoken.
const VERSION: &str = "v1.0";
/// Graph, worldwide and in the national clouds.
const HOSTS: &[&str] =
    &["graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us", "microsoftgraph.chinacloudapi.cn"];
/// Asks for kinds of messages that are newer than the version.
const NEWER_KINDS: (&str, &str) = ("Prefer", "include-unknown-enum-members");

/// Graph at one address. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Graph {
    pub(super) transport: Transport,
    base: String,
    loopback: bool,
}

/// One call, being put together; [`Call::ask`] makes it.
#[derive(Debug)]
#[must_use]
pub(super) struct Call<'a> {
    graph: &'a Graph,
    method: Method,
    address: Result<Url>,
    token: &'a str,
    body: Option<Value>,
    sends: bool,
}

/// An answer, and when it was given.
#[derive(Debug)]
pub(super) struct Said {
    /// The body; null where there is none.
    pub(super) value: Value,
    /// Bytes of the body.
    pub(super) size: usize,
    /// By the platform's clock.
    pub(super) at: Option<Timestamp>,
}

impl Graph {
    pub(super) fn new(transport: Transport, settings: &Settings) -> Self {
        let base = settings.graph_base_url.trim().trim_end_matches('/');
        let base = base.strip_suffix(&format!("/{VERSION}")).unwrap_or(base).to_owned();
        Self { transport, base, loopback: settings.loopback_media }
    }

    /// A call of a path, whose parts may hold anything but a slash.
    pub(super) fn call<'a>(&'a self, method: Method, path: &[&str], token: &'a str) -> Call<'a> {
        Call { graph: self, method, address: self.address(path), token, body: None, sends: false }
    }

    /// A following page. Its address is taken as it came, if it leads to Graph.
    pub(super) fn page<'a>(&'a self, link: &str, token: &'a str) -> Call<'a> {
        let elsewhere = || PlatformError::new(ErrorKind::UnexpectedReply, "the next page lies at another host");
        let address = Url::parse(link).ok().filter(|url| self.is_own(url)).ok_or_else(elsewhere);
        Call { graph: self, method: Method::GET, address, token, body: None, sends: false }
    }

    fn address(&self, path: &[&str]) -> Result<Url> {
        let odd = |part: &&str| part.is_empty() || *part == "." || *part == ".." || part.contains(['/', '\\']);
        if path.iter().any(odd) {
            return Err(PlatformError::bad_input("the id is not one of the platform's"));
        }
        let wrong = || PlatformError::new(ErrorKind::Misconfigured, "the address of Microsoft Graph is not an address");
        let mut url = Url::parse(&self.base).map_err(|_| wrong())?;
        url.path_segments_mut().map_err(|()| wrong())?.pop_if_empty().push(VERSION).extend(path);
        Ok(url)
    }

    /// True for an address of Graph itself: the token may go there.
    pub(super) fn is_own(&self, url: &Url) -> bool {
        let own = Url::parse(&self.base);
        own.is_ok_and(|own| own.origin() == url.origin() && url.username().is_empty() && url.password().is_none())
    }

    /// The bytes at an address of Graph, at most `max_bytes`.
    pub(super) async fn bytes(&self, address: &str, token: &str, max_bytes: u64) -> Result<Fetched> {
        let elsewhere = || PlatformError::new(ErrorKind::Rejected, "the file does not lie at Microsoft Graph");
        let url = Url::parse(address).ok().filter(|url| self.is_own(url)).ok_or_else(elsewhere)?;
        let rules = FetchRules { hosts: HOSTS, loopback: self.loopback };
        let answer = self.transport.fetch(url.as_str(), Some(token), rules, max_bytes).await?;
        match answer.status {
            200 => Ok(Fetched { mime_type: answer.content_type.clone(), bytes: answer.body }),
            // A picture that may not be seen says nothing about the sign-in.
            403 => Err(PlatformError { kind: ErrorKind::NotFound, ..errors::refusal(&answer) }),
            _ => Err(errors::harmless(errors::refusal(&answer))),
        }
    }

    /// The address of a path, for files.
    pub(super) fn address_of(&self, path: &[&str]) -> Result<String> {
        self.address(path).map(String::from)
    }
}

impl Call<'_> {
    /// A parameter in the address.
    pub(super) fn query(mut self, name: &str, value: &str) -> Self {
        if let Ok(url) = &mut self.address {
            url.query_pairs_mut().append_pair(name, value);
        }
        self
    }

    /// A JSON body.
    pub(super) fn json(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// A cut-off call may have sent something that a person sees.
    pub(super) fn sends(mut self) -> Self {
        self.sends = true;
        self
    }

    /// Makes the call and reads the answer.
    pub(super) async fn ask(self) -> Result<Value> {
        self.ask_when().await.map(|said| said.value)
    }

    /// The same with the time of the answer.
    pub(super) async fn ask_when(self) -> Result<Said> {
        let sends = self.sends;
        self.attempt().await.map_err(|error| if sends { errors::doubtful(error) } else { errors::harmless(error) })
    }

    async fn attempt(self) -> Result<Said> {
        let address = self.address?;
        let (name, kinds) = NEWER_KINDS;
        let transport = &self.graph.transport;
        let mut request = transport.request(self.method, address.as_str()).bearer_auth(self.token).header(name, kinds);
        if let Some(body) = &self.body {
            request = request.json(body);
        }
        read(&transport.call(request, MAX_ANSWER_BYTES).await?)
    }
}

fn read(answer: &Answer) -> Result<Said> {
    if !(200..300).contains(&answer.status) {
        return Err(errors::refusal(answer));
    }
    let value = if answer.body.is_empty() { Some(Value::Null) } else { serde_json::from_slice(&answer.body).ok() };
    let odd = || PlatformError::new(ErrorKind::UnexpectedReply, "the answer is not Graph's JSON");
    let value = value.ok_or_else(|| odd().with_status(answer.status))?;
    Ok(Said { value, size: answer.body.len(), at: errors::said_at(answer) })
}
