//! The authorize endpoint: a page that asks, or an answer at once; then back to the app.

use super::page::{self, Choice, Consent};
use super::tokens::{CODE_LIFE, Code, Grant, Pkce};
use crate::teams::call::Call;
use crate::teams::world::{MAX_KEPT, User, World, opaque};
use axum::http::{Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

/// Characters of a code verifier's hash.
const CHALLENGE_LENGTH: std::ops::RangeInclusive<usize> = 43..=128;

/// What an app asks for.
struct Ask {
    client_id: String,
    redirect_uri: String,
    state: Option<String>,
    nonce: Option<String>,
    scopes: Vec<String>,
    pkce: Option<Pkce>,
    posted: bool,
    silent: bool,
    /// Whether claims are asked for that a challenge named.
    claims: bool,
}

impl World {
    /// GET shows the page, POST is the person's decision.
    pub(in crate::teams) fn authorize(&mut self, tenant: &str, call: &Call) -> Response {
        let ask = match self.ask(call) {
            Ok(ask) => ask,
            Err(words) => return (StatusCode::BAD_REQUEST, Html(page::problem(&words))).into_response(),
        };
        if ask.scopes.is_empty() {
            let words = "AADSTS900144: The request body must contain the following parameter: 'scope'.";
            return back(&ask, vec![("error", "invalid_request".to_owned()), ("error_description", words.to_owned())]);
        }
        if call.method == Method::POST {
            return match call.text("decision") {
                Some("accept") => self.accepted(tenant, ask, call.text("user").unwrap_or_default()),
                _ => refused(&ask),
            };
        }
        match self.consent {
            Consent::Refuse => refused(&ask),
            Consent::AdminNeeded => {
                let words = "AADSTS90094: An administrator of your organization must give their permission before the \
                             app may be used.";
                back(&ask, vec![("error", "access_denied".to_owned()), ("error_description", words.to_owned())])
            }
            Consent::Accept => {
                let first = self.choices(tenant).next().map(|user| user.id.clone());
                let user = self.consenting.clone().or(first).unwrap_or_default();
                self.accepted(tenant, ask, &user)
            }
            Consent::Ask if ask.silent => {
                let words = "AADSTS50058: A silent sign-in request was sent but no user is signed in.";
                back(&ask, vec![("error", "login_required".to_owned()), ("error_description", words.to_owned())])
            }
            Consent::Ask => {
                let hint = call.asked("login_hint").unwrap_or_default();
                let people: Vec<Choice> = self
                    .choices(tenant)
                    .map(|user| Choice {
                        id: user.id.clone(),
                        name: user.display_name.clone(),
                        login: user.user_principal_name.clone(),
                        hinted: user.user_principal_name.eq_ignore_ascii_case(hint),
                    })
                    .collect();
                let name = self.apps.get(&ask.client_id).map_or("the app", |app| app.name.as_str());
                Html(page::consent(name, &people, &ask.scopes)).into_response()
            }
        }
    }

    /// Who can sign in at a tenant's address.
    fn choices<'a>(&'a self, tenant: &'a str) -> impl Iterator<Item = &'a User> {
        let any = matches!(tenant, "common" | "organizations");
        self.users.values().filter(move |user| user.signs_in && (any || user.tenant_id == tenant))
    }

    fn ask(&self, call: &Call) -> Result<Ask, String> {
        let text = |name: &str| call.asked(name).unwrap_or_default().to_owned();
        let client_id = text("client_id");
        let app = self.apps.get(&client_id).ok_or_else(|| {
            format!("AADSTS700016: Application with identifier '{client_id}' was not found in the directory.")
        })?;
        let redirect_uri = text("redirect_uri");
        if url::Url::parse(&redirect_uri).is_err()
            || (!app.redirect_uris.is_empty() && !app.redirect_uris.contains(&redirect_uri))
        {
            return Err(format!(
                "AADSTS50011: The redirect URI '{redirect_uri}' specified in the request does not match the redirect \
                 URIs configured for the application '{client_id}'."
            ));
        }
        if text("response_type") != "code" {
            return Err("AADSTS700054: response_type is not enabled for the application.".to_owned());
        }
        let posted = match call.asked("response_mode") {
            None | Some("query") => false,
            Some("form_post") => true,
            Some(_) => return Err("AADSTS70002: The response_mode is not supported here.".to_owned()),
        };
        let plain = match call.asked("code_challenge_method") {
            Some("S256") => false,
            None | Some("plain") => true,
            Some(_) => return Err("AADSTS501491: Invalid code_challenge_method.".to_owned()),
        };
        let pkce = call.asked("code_challenge").map(|challenge| Pkce { challenge: challenge.to_owned(), plain });
        if pkce.as_ref().is_some_and(|pkce| !CHALLENGE_LENGTH.contains(&pkce.challenge.len())) {
            return Err("AADSTS501491: Invalid size of Code_Challenge parameter.".to_owned());
        }
        Ok(Ask {
            client_id,
            redirect_uri,
            state: call.asked("state").map(str::to_owned),
            nonce: call.asked("nonce").map(str::to_owned),
            scopes: text("scope").split_whitespace().map(short).collect(),
            pkce,
            posted,
            silent: call.asked("prompt") == Some("none"),
            claims: call.asked("claims").is_some(),
        })
    }

    fn accepted(&mut self, tenant: &str, ask: Ask, user: &str) -> Response {
        if !self.choices(tenant).any(|one| one.id == user) {
            let words = "AADSTS50020: User account does not exist in this tenant and cannot access the application.";
            return (StatusCode::BAD_REQUEST, Html(page::problem(words))).into_response();
        }
        let value = format!("0.AXkA{}", opaque(180));
        if self.codes.len() >= MAX_KEPT {
            self.codes.clear();
        }
        // Signing in anew heals whatever was wrong with the grant of before.
        self.troubles.remove(user);
        if ask.claims {
            self.challenged.remove(user);
        }
        let response = back(&ask, vec![("code", value.clone()), ("session_state", uuid::Uuid::new_v4().to_string())]);
        let grant = Grant {
            client_id: ask.client_id,
            user: user.to_owned(),
            scopes: ask.scopes,
            nonce: ask.nonce,
            redirect_uri: ask.redirect_uri,
        };
        let code = Code { grant, pkce: ask.pkce, expires_ms: self.now_ms() + CODE_LIFE, used: false };
        self.codes.insert(value, code);
        response
    }
}

/// A scope without the address of Graph before it.
pub(super) fn short(scope: &str) -> String {
    scope.strip_prefix("https://graph.microsoft.com/").unwrap_or(scope).to_owned()
}

fn refused(ask: &Ask) -> Response {
    let words = "AADSTS65004: User declined to consent to access the app.";
    let told = vec![
        ("error", "access_denied".to_owned()),
        ("error_subcode", "cancel".to_owned()),
        ("error_description", words.to_owned()),
    ];
    back(ask, told)
}

/// Back to the app.
fn back(ask: &Ask, mut told: Vec<(&'static str, String)>) -> Response {
    told.extend(ask.state.clone().map(|state| ("state", state)));
    if ask.posted {
        return Html(page::form_post(&ask.redirect_uri, &told)).into_response();
    }
    let Ok(mut target) = url::Url::parse(&ask.redirect_uri) else { return StatusCode::BAD_REQUEST.into_response() };
    for (name, value) in &told {
        target.query_pairs_mut().append_pair(name, value);
    }
    (StatusCode::FOUND, [(header::LOCATION, target.to_string())]).into_response()
}
