//! `/oauth/v2/authorization`: a page that asks, or an answer at once; then back to the app with a code or a refusal.

use super::call::Call;
use super::dialog_html::{self, Ask};
use super::handle::Platform;
use super::token::Grant;
use axum::http::{Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

/// What the page does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DialogMode {
    /// Shows a page with buttons.
    #[default]
    Ask,
    /// Leads back at once, with everything granted: members give all or nothing.
    Accept,
    /// Leads back at once: the member did not allow it.
    Refuse,
    /// Leads back at once: the member did not sign in.
    CancelLogin,
}

impl DialogMode {
    /// By name, as the control API takes it.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "ask" => Self::Ask,
            "accept" => Self::Accept,
            "refuse" => Self::Refuse,
            "cancel_login" => Self::CancelLogin,
            _ => return None,
        })
    }
}

impl Platform {
    /// GET shows the page, POST is the member's decision.
    pub(super) fn authorization(&self, call: &Call) -> Response {
        let ask = match self.ask(call) {
            Ok(ask) => ask,
            Err(words) => return (StatusCode::BAD_REQUEST, Html(dialog_html::problem(words))).into_response(),
        };
        if let Some(scope) = &ask.foreign {
            let words = format!("Scope \"{scope}\" is not authorized for your application");
            return back(&ask, &[("error", "unauthorized_scope_error"), ("error_description", &words)]);
        }
        if call.method == Method::POST {
            return match call.text("decision") {
                Some("accept") => self.accepted(&ask, call.text("user").unwrap_or_default()),
                Some("cancel_login") => cancelled_login(&ask),
                _ => refused(&ask),
            };
        }
        let (mode, member, members, silent) = {
            let state = self.state();
            let member = state.dialog_member.clone().or_else(|| state.members.keys().next().cloned());
            let members: Vec<_> = state.members.values().cloned().collect();
            (state.dialog, member.unwrap_or_default(), members, state.options.silent_consent)
        };
        match mode {
            DialogMode::Accept => self.accepted(&ask, &member),
            DialogMode::Refuse => refused(&ask),
            DialogMode::CancelLogin => cancelled_login(&ask),
            DialogMode::Ask if silent && self.still_allows(&ask, &member) => self.accepted(&ask, &member),
            DialogMode::Ask => Html(dialog_html::consent(&ask, &members)).into_response(),
        }
    }

    /// What the app asks for.
    fn ask(&self, call: &Call) -> Result<Ask, &'static str> {
        let client_id = call.text("client_id").unwrap_or_default().to_owned();
        let state = self.state();
        let app = state.apps.get(&client_id).ok_or("The passed in client_id is invalid")?;
        let redirect_url = call.text("redirect_uri").unwrap_or_default().to_owned();
        let known = app.redirect_urls.is_empty() || app.redirect_urls.contains(&redirect_url);
        if !known || url::Url::parse(&redirect_url).is_err() {
            return Err("The redirect_uri does not match the registered value");
        }
        if call.text("response_type") != Some("code") {
            return Err("You need to pass the \"response_type\" parameter with the value \"code\"");
        }
        let asked = call.text("scope").unwrap_or_default();
        let scopes: Vec<String> = asked.split_whitespace().map(str::to_owned).collect();
        if scopes.is_empty() {
            return Err("You need to pass the \"scope\" parameter");
        }
        let foreign = scopes.iter().find(|scope| !app.scopes.contains(scope)).cloned();
        let state = call.text("state").unwrap_or_default().to_owned();
        Ok(Ask { client_id, app_name: app.name.clone(), redirect_url, state, scopes, foreign })
    }

    /// Whether a member's consent to exactly these scopes is still alive.
    fn still_allows(&self, ask: &Ask, member: &str) -> bool {
        let state = self.state();
        let given = state.grants.get(&(ask.client_id.clone(), member.to_owned()));
        let any: Vec<&str> = ask.scopes.iter().map(String::as_str).collect();
        let alive = state.tokens.alive_until(&ask.client_id, member, &any, state.now_ms()).is_some();
        alive && given.is_some_and(|(grant, _)| grant.scopes == ask.scopes)
    }

    fn accepted(&self, ask: &Ask, member: &str) -> Response {
        let mut state = self.state();
        if !state.members.contains_key(member) {
            return (StatusCode::BAD_REQUEST, Html(dialog_html::problem("Nobody is signed in."))).into_response();
        }
        let grant = Grant { client_id: ask.client_id.clone(), member: member.to_owned(), scopes: ask.scopes.clone() };
        let now = state.now_ms();
        let code = state.tokens.issue_code(grant, &ask.redirect_url, now);
        drop(state);
        back(ask, &[("code", &code)])
    }
}

fn refused(ask: &Ask) -> Response {
    let words = "The user cancelled the authorization";
    back(ask, &[("error", "user_cancelled_authorize"), ("error_description", words)])
}

fn cancelled_login(ask: &Ask) -> Response {
    let words = "The user cancelled LinkedIn login";
    back(ask, &[("error", "user_cancelled_login"), ("error_description", words)])
}

/// Back to the app.
fn back(ask: &Ask, told: &[(&str, &str)]) -> Response {
    let Ok(mut target) = url::Url::parse(&ask.redirect_url) else { return StatusCode::BAD_REQUEST.into_response() };
    target.query_pairs_mut().extend_pairs(told);
    if !ask.state.is_empty() {
        target.query_pairs_mut().append_pair("state", &ask.state);
    }
    (StatusCode::FOUND, [(header::LOCATION, target.to_string())]).into_response()
}
