//! A call as it came: path and parameters as they were written, headers, body.

use super::error::RestError;
use super::restli;
use super::token::opaque;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// Largest body in bytes.
pub(super) const MAX_BODY: usize = 2 * 1024 * 1024;
/// The version of Rest.li's protocol in which keys are structured.
const PROTOCOL: &str = "2.0.0";

/// Which half of LinkedIn is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Surface {
    /// `/oauth/v2/`.
    OAuth,
    /// `/v2/`, without versions.
    V2,
    /// `/rest/`, with a version in a header.
    Rest,
    /// Anything else.
    Other,
}

/// What a call brings.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) surface: Surface,
    /// Path behind the surface, as it was written.
    pub(super) segments: Vec<String>,
    /// Parameters of the address, as they were written.
    query: Vec<(String, String)>,
    /// Parameters of address and form, read.
    form: HashMap<String, String>,
    pub(super) body: Value,
    pub(super) bearer: Option<String>,
    /// The header `LinkedIn-Version`.
    pub(super) version: Option<String>,
    /// Whether the protocol is the one with structured keys.
    pub(super) protocol2: bool,
    /// The header `X-RestLi-Method`.
    restli_method: Option<String>,
    /// Names the call in answers.
    pub(super) id: String,
}

impl Call {
    pub(super) async fn read(request: Request) -> Result<Self, RestError> {
        let (parts, body) = request.into_parts();
        let headers = &parts.headers;
        let bytes = to_bytes(body, MAX_BODY).await.map_err(|_| RestError::new(413, "Request entity too large"))?;
        let text = String::from_utf8_lossy(&bytes);
        let kind = header_of(headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
        let is_form = kind.starts_with("application/x-www-form-urlencoded");
        let mut method = parts.method.clone();
        let mut written = parts.uri.query().unwrap_or_default().to_owned();
        // A long address may travel in the body of a POST.
        if let Some(meant) = header_of(headers, "x-http-method-override").filter(|_| is_form) {
            method = Method::from_bytes(meant.as_bytes()).map_err(|_| RestError::new(400, "Unknown method"))?;
            written = text.clone().into_owned();
        }
        let (surface, segments) = split(parts.uri.path());
        let mut form = pairs_of(written.as_bytes());
        if is_form {
            form.extend(pairs_of(&bytes));
        }
        let body = if is_form || bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).map_err(|_| RestError::new(400, "Cannot parse request entity"))?
        };
        let query = written.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name.to_owned(), value.to_owned())
        });
        let bearer = header_of(headers, header::AUTHORIZATION.as_str());
        Ok(Self {
            method,
            surface,
            segments,
            query: query.collect(),
            form,
            body,
            bearer: bearer.and_then(|value| value.strip_prefix("Bearer ").map(|token| token.trim().to_owned())),
            version: header_of(headers, "linkedin-version"),
            protocol2: header_of(headers, "x-restli-protocol-version").as_deref() == Some(PROTOCOL),
            restli_method: header_of(headers, "x-restli-method"),
            id: opaque(24),
        })
    }

    /// A parameter of address or form, read as forms are.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.form.get(name).map(String::as_str)
    }

    /// Names and values of address and form.
    pub(super) fn parameters(&self) -> &HashMap<String, String> {
        &self.form
    }

    fn written(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A plain parameter of a finder.
    pub(super) fn plain(&self, name: &str) -> Result<Option<String>, RestError> {
        let Some(raw) = self.written(name) else { return Ok(None) };
        restli::plain(raw, self.protocol2).map(Some).ok_or_else(|| restli::bad_parameter(name))
    }

    /// The same, where it must be there.
    pub(super) fn required(&self, name: &str) -> Result<String, RestError> {
        self.plain(name)?.filter(|value| !value.is_empty()).ok_or_else(|| restli::bad_parameter(name))
    }

    /// `List(…)`; only protocol 2 has it.
    pub(super) fn list(&self, name: &str) -> Result<Option<Vec<String>>, RestError> {
        let Some(raw) = self.written(name) else { return Ok(None) };
        let list = restli::list(raw).filter(|_| self.protocol2);
        list.map(Some).ok_or_else(|| restli::bad_parameter(name))
    }

    /// `(name:value,…)`; only protocol 2 has it.
    pub(super) fn record(&self, name: &str) -> Result<Option<BTreeMap<String, String>>, RestError> {
        let Some(raw) = self.written(name) else { return Ok(None) };
        let record = restli::record(raw).filter(|_| self.protocol2);
        record.map(Some).ok_or_else(|| restli::bad_parameter(name))
    }

    /// A number.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, RestError> {
        let Some(text) = self.plain(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| restli::bad_parameter(name))
    }

    /// A part of the path that is a plain key, such as a URN.
    pub(super) fn key(raw: &str, protocol2: bool) -> Result<String, RestError> {
        restli::plain(raw, protocol2).ok_or_else(restli::bad_path)
    }

    /// Rest.li's name of what is done, from the header or from the call itself.
    pub(super) fn action(&self) -> String {
        if let Some(named) = &self.restli_method {
            return named.to_uppercase();
        }
        let finder = self.written("q").is_some();
        let batch = self.written("ids").is_some();
        match self.method {
            Method::POST => "CREATE",
            Method::PUT => "UPDATE",
            Method::DELETE => "DELETE",
            _ if finder => "FINDER",
            _ if batch => "BATCH_GET",
            // An even number of parts ends with a key: `/posts/{id}`, `/socialActions/{id}/comments/{id}`.
            _ if self.segments.len().is_multiple_of(2) => "GET",
            _ => "GET_ALL",
        }
        .to_owned()
    }

    /// The name that faults, limits and tests know the call by: the last name in its path.
    pub(super) fn endpoint(&self) -> &str {
        if self.surface == Surface::Rest {
            // Names and keys take turns; the last name counts.
            let names = self.segments.iter().step_by(2).next_back();
            return names.map_or("", String::as_str);
        }
        self.segments.first().map_or("", String::as_str)
    }
}

fn header_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn pairs_of(bytes: &[u8]) -> HashMap<String, String> {
    url::form_urlencoded::parse(bytes).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn split(path: &str) -> (Surface, Vec<String>) {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let (surface, skipped) = match (parts.next(), parts.next()) {
        (Some("oauth"), Some("v2")) => (Surface::OAuth, 2),
        (Some("v2"), _) => (Surface::V2, 1),
        (Some("rest"), _) => (Surface::Rest, 1),
        _ => (Surface::Other, 0),
    };
    let parts = path.split('/').filter(|part| !part.is_empty());
    (surface, parts.skip(skipped).map(str::to_owned).collect())
}
