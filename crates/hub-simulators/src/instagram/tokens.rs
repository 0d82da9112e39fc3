//! Tokens of Instagram Login: a code becomes a short one, that a long one, and that is renewed.

use super::server::Instagram;
use crate::meta::{Call, CodeProblem, GraphError, LONG_LIFE, Outcome, Token, TokenKind};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The permission that everything needs.
pub(super) const BASIC: &str = "instagram_business_basic";
/// Seconds a long-lived token must be old before it is renewed.
const MIN_AGE: i64 = 24 * 3_600;
/// Tokens that live longer than this many seconds are long-lived.
const LONG: i64 = 24 * 3_600;

impl Instagram {
    /// `POST /oauth/access_token`; refusals are flat here.
    pub(super) fn code_exchange(&self, call: &Call) -> Response {
        match self.exchanged(call) {
            Ok(answer) => Json(answer).into_response(),
            Err(words) => {
                let body = json!({"error_type": "OAuthException", "code": 400, "error_message": words});
                (StatusCode::BAD_REQUEST, Json(body)).into_response()
            }
        }
    }

    fn exchanged(&self, call: &Call) -> Result<Value, &'static str> {
        let client_id = call.text("client_id").unwrap_or_default();
        let secret = self.inboxes.meta().state().apps.get(&client_id).map(|app| app.secret.clone());
        let secret = secret.ok_or("Invalid platform app")?;
        if call.text("client_secret") != Some(secret) {
            return Err("Error validating client secret.");
        }
        if call.text("grant_type").as_deref() != Some("authorization_code") {
            return Err("Invalid grant_type");
        }
        let token = self.inboxes.meta().redeem(call, &client_id).map_err(|problem| match problem {
            CodeProblem::Redirect => {
                "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request"
            }
            CodeProblem::Unknown | CodeProblem::Used | CodeProblem::Expired => {
                "Matching code was not found or was already used"
            }
        })?;
        if self.flat_answers() {
            let id = token.user_id.parse::<u64>().map_or_else(|_| json!(token.user_id), Value::from);
            return Ok(json!({"access_token": token.value, "user_id": id, "permissions": token.scopes}));
        }
        let one = json!({
            "access_token": token.value, "user_id": token.user_id, "permissions": token.scopes.join(","),
        });
        Ok(json!({ "data": [one] }))
    }

    /// `GET /access_token`: a short-lived token becomes a long-lived one.
    pub(super) fn exchange(&self, call: &Call) -> Outcome {
        wants(call, "ig_exchange_token")?;
        let token = self.inboxes.meta().authorise(call)?;
        let secret = self.inboxes.meta().state().apps.get(&token.app_id).map(|app| app.secret.clone());
        if call.text("client_secret") != secret {
            return Err(refused("Error validating client secret."));
        }
        if is_long(&token) {
            return Err(refused("The access token is not a short-lived one"));
        }
        Ok(self.longer(&token))
    }

    /// `GET /refresh_access_token`: a long-lived token that is old enough becomes a new one.
    pub(super) fn refresh(&self, call: &Call) -> Outcome {
        wants(call, "ig_refresh_token")?;
        let token = self.inboxes.meta().authorise(call)?;
        if token.kind != TokenKind::Instagram || !is_long(&token) {
            return Err(refused("The access token is not a long-lived one"));
        }
        if !token.allows(BASIC) {
            return Err(GraphError::new(10, "(#10) Application does not have permission for this action"));
        }
        let now = self.inboxes.meta().state().now();
        if now - token.issued_at < MIN_AGE {
            return Err(refused("The access token must be at least 24 hours old to be refreshed"));
        }
        Ok(self.longer(&token))
    }

    fn longer(&self, token: &Token) -> Value {
        let mut state = self.inboxes.meta().state();
        let now = state.now();
        let long = Token { value: String::new(), issued_at: now, expires_at: Some(now + LONG_LIFE), ..token.clone() };
        let long = state.issue(long);
        json!({
            "access_token": long.value, "token_type": "bearer", "expires_in": LONG_LIFE,
            "permissions": long.scopes.join(","),
        })
    }
}

fn is_long(token: &Token) -> bool {
    token.expires_at.is_none_or(|at| at - token.issued_at > LONG)
}

fn wants(call: &Call, grant: &str) -> Result<(), GraphError> {
    if call.text("grant_type").as_deref() == Some(grant) {
        return Ok(());
    }
    Err(refused("Invalid grant_type"))
}

fn refused(words: &str) -> GraphError {
    GraphError { kind: "IGApiException", ..GraphError::new(100, words) }
}
