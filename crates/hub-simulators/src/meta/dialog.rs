//! The login dialogs: a page that asks, or an answer at once; then back to the app with a code or a refusal.

use super::dialog_html::{self, Ask};
use super::{Call, CodeGrant, DialogMode, Login, Meta, TokenKind};
use axum::http::{Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

/// Seconds a short-lived token of a person lives.
const SHORT_LIFE: i64 = 5_107;
/// Seconds an Instagram token lives before it is exchanged.
const INSTAGRAM_SHORT_LIFE: i64 = 3_600;
/// Seconds a code lives.
const CODE_LIFE: i64 = 600;
/// Seconds a code of a business's sign-up lives.
pub(crate) const SIGN_UP_CODE_LIFE: i64 = 30;
/// Seconds a code of Instagram Login lives.
const INSTAGRAM_CODE_LIFE: i64 = 3_600;

impl Meta {
    /// The dialog: GET shows it, POST is the person's decision.
    pub(super) fn dialog(&self, call: &Call) -> Response {
        let ask = match self.ask(call) {
            Ok(ask) => ask,
            Err(words) => return (StatusCode::BAD_REQUEST, Html(dialog_html::problem(words))).into_response(),
        };
        if call.method == Method::POST {
            let all = |name: &str| {
                let named = call.pairs.iter().filter(|(key, _)| key == name);
                named.map(|(_, value)| value.clone()).collect::<Vec<_>>()
            };
            if call.text("decision").as_deref() != Some("accept") {
                return self.refused(&ask);
            }
            let user = call.text("user").unwrap_or_default();
            return self.accepted(&ask, &user, all("granted_scope"), &all("asset"));
        }
        let (mode, user) = {
            let state = self.state();
            let user = state.dialog_user.clone().or_else(|| state.users.keys().next().cloned());
            (state.dialog, user.unwrap_or_default())
        };
        match mode {
            DialogMode::Refuse => self.refused(&ask),
            DialogMode::Accept => {
                let assets = self.state().users.get(&user).map(|user| user.assets.clone()).unwrap_or_default();
                let assets: Vec<String> = assets.into_iter().map(|asset| asset.id).collect();
                self.accepted(&ask, &user, ask.scopes.clone(), &assets)
            }
            DialogMode::Ask => {
                let users = self.state().users.values().cloned().collect::<Vec<_>>();
                Html(dialog_html::consent(&ask, &users, self.manners().login)).into_response()
            }
        }
    }

    /// What the app asks for.
    fn ask(&self, call: &Call) -> Result<Ask, &'static str> {
        let client_id = call.text("client_id").unwrap_or_default();
        let state = self.state();
        let app =
            state.apps.get(&client_id).ok_or("Invalid App ID: the provided app ID does not look like a valid one.")?;
        let redirect_uri = call.text("redirect_uri").unwrap_or_default();
        if url::Url::parse(&redirect_uri).is_err() {
            return Err("The redirect_uri URL must be absolute.");
        }
        if !app.redirect_uris.is_empty() && !app.redirect_uris.contains(&redirect_uri) {
            return Err(
                "URL blocked: this redirect failed because the redirect URI is not white-listed in the app's settings.",
            );
        }
        if call.text("response_type").is_some_and(|kind| kind != "code") {
            return Err("Only response_type=code is known here.");
        }
        // Commas in the manual; libraries for OAuth write spaces.
        let asked = call.text("scope").unwrap_or_default();
        let mut scopes: Vec<String> =
            asked.split([',', ' ']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
        if scopes.is_empty() {
            scopes = self.manners().default_scopes.iter().map(|scope| (*scope).to_owned()).collect();
        }
        let state = call.text("state").unwrap_or_default();
        let sign_up = self.manners().configuration_signs_up && call.text("config_id").is_some();
        Ok(Ask { client_id, app_name: app.name.clone(), redirect_uri, state, scopes, sign_up })
    }

    fn accepted(&self, ask: &Ask, user: &str, scopes: Vec<String>, assets: &[String]) -> Response {
        let mut state = self.state();
        let Some(person) = state.users.get(user) else {
            return (StatusCode::BAD_REQUEST, Html(dialog_html::problem("Nobody is logged in."))).into_response();
        };
        let granted = person.assets.iter().map(|asset| asset.id.clone()).filter(|id| assets.contains(id));
        let targets = granted.collect();
        let instagram = self.manners().login == Login::Instagram;
        let (kind, code_life, token_life) = match (ask.sign_up, instagram) {
            (true, _) => (TokenKind::System, SIGN_UP_CODE_LIFE, None),
            (_, true) => (TokenKind::Instagram, INSTAGRAM_CODE_LIFE, Some(INSTAGRAM_SHORT_LIFE)),
            _ => (TokenKind::User, CODE_LIFE, Some(SHORT_LIFE)),
        };
        let code = state.issue_code(CodeGrant {
            app_id: ask.client_id.clone(),
            redirect_uri: (!ask.sign_up).then(|| ask.redirect_uri.clone()),
            user_id: user.to_owned(),
            scopes: scopes.into_iter().filter(|scope| ask.scopes.contains(scope)).collect(),
            targets,
            kind,
            code_life,
            token_life,
        });
        drop(state);
        back(ask, &[("code", &code)], if instagram { "_" } else { "_=_" })
    }

    fn refused(&self, ask: &Ask) -> Response {
        if self.manners().login == Login::Instagram {
            let words = "The user denied your request";
            let told = [("error", "access_denied"), ("error_reason", "user_denied"), ("error_description", words)];
            return back(ask, &told, "_");
        }
        let told = [
            ("error", "access_denied"),
            ("error_code", "200"),
            ("error_description", "Permissions error"),
            ("error_reason", "user_denied"),
        ];
        back(ask, &told, "_=_")
    }
}

/// Back to the app.
fn back(ask: &Ask, told: &[(&str, &str)], fragment: &str) -> Response {
    let Ok(mut target) = url::Url::parse(&ask.redirect_uri) else { return StatusCode::BAD_REQUEST.into_response() };
    target.query_pairs_mut().extend_pairs(told).append_pair("state", &ask.state);
    target.set_fragment(Some(fragment));
    (StatusCode::FOUND, [(header::LOCATION, target.to_string())]).into_response()
}
