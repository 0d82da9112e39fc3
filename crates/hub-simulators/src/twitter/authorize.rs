//! The authorize endpoint: a page that asks, or an answer at once; then back to the app.

use super::call::Call;
use super::page::{self, Consent};
use super::tokens::{CODE_LIFE, Code, Grant};
use super::world::{MAX_KEPT, World, opaque};
use axum::http::{Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

/// The longest `state`.
const MAX_STATE: usize = 500;

/// What an app asks for.
struct Ask {
    client_id: String,
    redirect_uri: String,
    state: String,
    scopes: Vec<String>,
    challenge: String,
    plain: bool,
}

impl World {
    /// GET shows the page, POST is the person's decision.
    pub(super) fn authorize(&mut self, call: &Call) -> Response {
        let ask = match self.ask(call) {
            Ok(ask) => ask,
            Err(words) => return (StatusCode::BAD_REQUEST, Html(page::problem(words))).into_response(),
        };
        if call.method == Method::POST {
            return match call.text("decision") {
                Some("accept") => self.accepted(ask, call.text("user").unwrap_or_default()),
                _ => refused(&ask),
            };
        }
        match self.consent {
            Consent::Refuse => refused(&ask),
            Consent::Accept => {
                let first = self.users.keys().next().cloned();
                let user = self.consenting.clone().or(first).unwrap_or_default();
                self.accepted(ask, &user)
            }
            Consent::Ask => {
                let people: Vec<_> = self.users.values().map(|user| (user.id.clone(), user.username.clone())).collect();
                Html(page::consent(&ask.client_id, &people, &ask.scopes)).into_response()
            }
        }
    }

    fn ask(&self, call: &Call) -> Result<Ask, &'static str> {
        let text = |name: &str| call.asked(name).unwrap_or_default().to_owned();
        let client_id = text("client_id");
        let app = self.apps.get(&client_id).ok_or("The client_id is not known.")?;
        let redirect_uri = text("redirect_uri");
        if url::Url::parse(&redirect_uri).is_err()
            || (!app.redirect_uris.is_empty() && !app.redirect_uris.contains(&redirect_uri))
        {
            return Err("The redirect_uri is not one of the app's.");
        }
        if text("response_type") != "code" {
            return Err("The response_type must be code.");
        }
        let state = text("state");
        if state.is_empty() || state.len() > MAX_STATE {
            return Err("The state must have 1 to 500 characters.");
        }
        let challenge = text("code_challenge");
        let plain = match call.asked("code_challenge_method") {
            Some("S256") => false,
            Some("plain") => true,
            _ => return Err("The code_challenge_method must be S256 or plain."),
        };
        if challenge.is_empty() {
            return Err("The code_challenge is missing.");
        }
        let scopes: Vec<String> = text("scope").split_whitespace().map(str::to_owned).collect();
        if scopes.is_empty() {
            return Err("The scope is missing.");
        }
        Ok(Ask { client_id, redirect_uri, state, scopes, challenge, plain })
    }

    fn accepted(&mut self, ask: Ask, user: &str) -> Response {
        if !self.users.contains_key(user) {
            return (StatusCode::BAD_REQUEST, Html(page::problem("Nobody is logged in."))).into_response();
        }
        let value = opaque(91);
        if self.codes.len() >= MAX_KEPT {
            self.codes.clear();
        }
        let response = back(&ask, ("code", &value));
        let grant = Grant { client_id: ask.client_id, user: user.to_owned(), scopes: ask.scopes };
        let expires_at = self.now() + CODE_LIFE;
        let code =
            Code { grant, redirect_uri: ask.redirect_uri, challenge: ask.challenge, plain: ask.plain, expires_at };
        self.codes.insert(value, code);
        response
    }
}

fn refused(ask: &Ask) -> Response {
    back(ask, ("error", "access_denied"))
}

/// Back to the app.
fn back(ask: &Ask, told: (&str, &str)) -> Response {
    let Ok(mut target) = url::Url::parse(&ask.redirect_uri) else { return StatusCode::BAD_REQUEST.into_response() };
    target.query_pairs_mut().append_pair("state", &ask.state).append_pair(told.0, told.1);
    (StatusCode::FOUND, [(header::LOCATION, target.to_string())]).into_response()
}
