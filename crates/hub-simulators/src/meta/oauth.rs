//! `/oauth/access_token` and `/debug_token` of Facebook Login.

use super::token::Code;
use super::{Call, GraphError, Meta, Outcome, Token, TokenKind};
use serde_json::{Value, json};

/// Seconds a long-lived token lives.
pub(crate) const LONG_LIFE: i64 = 5_183_944;
/// Seconds that data may be read after a login.
const DATA_ACCESS: i64 = 90 * 24 * 3_600;

impl Meta {
    /// `/oauth/access_token`.
    pub(super) fn access_token(&self, call: &Call) -> Outcome {
        match call.text("grant_type").as_deref() {
            Some("fb_exchange_token") => self.exchange_long(call),
            Some("client_credentials") => {
                let app_id = self.client(call)?;
                let state = self.state();
                let token = state.apps.get(&app_id).map(super::App::token).unwrap_or_default();
                Ok(json!({"access_token": token, "token_type": "bearer"}))
            }
            None | Some("authorization_code") => {
                let app_id = self.client(call)?;
                let token = self.redeem(call, &app_id).map_err(CodeProblem::graph)?;
                let mut answer = json!({"access_token": token.value, "token_type": "bearer"});
                if let Some(expires_at) = token.expires_at {
                    answer["expires_in"] = (expires_at - token.issued_at).into();
                }
                Ok(answer)
            }
            Some(_) => Err(GraphError::new(1, "Invalid grant_type").with_status(400)),
        }
    }

    /// The app that a call names and has the secret of.
    fn client(&self, call: &Call) -> Result<String, GraphError> {
        let id = call.text("client_id").unwrap_or_default();
        let state = self.state();
        let Some(app) = state.apps.get(&id) else {
            let words = "Error validating application. Cannot get application info due to a system error.";
            return Err(GraphError::new(101, words));
        };
        if call.text("client_secret").as_deref() != Some(app.secret.as_str()) {
            return Err(GraphError::new(1, "Error validating client secret.").with_status(400));
        }
        Ok(id)
    }

    /// Uses a code up.
    pub(crate) fn redeem(&self, call: &Call, app_id: &str) -> Result<Token, CodeProblem> {
        let mut state = self.state();
        let now = state.now();
        let given = call.text("code").unwrap_or_default();
        let redirect_uri = call.text("redirect_uri");
        let code = state.codes.get_mut(&given).filter(|code| code.grant.app_id == app_id);
        let Some(code) = code else { return Err(CodeProblem::Unknown) };
        check(code, redirect_uri.as_deref(), now)?;
        code.used = true;
        let grant = code.grant.clone();
        Ok(state.issue(Token {
            value: String::new(),
            kind: grant.kind,
            app_id: grant.app_id,
            user_id: grant.user_id,
            profile_id: None,
            scopes: grant.scopes,
            targets: grant.targets,
            issued_at: now,
            expires_at: grant.token_life.map(|life| now + life),
            dead: None,
        }))
    }

    fn exchange_long(&self, call: &Call) -> Outcome {
        let app_id = self.client(call)?;
        let given = call.required("fb_exchange_token")?;
        let mut state = self.state();
        let now = state.now();
        let token = state.tokens.get(&given).filter(|token| token.app_id == app_id).cloned();
        let token = token.ok_or_else(|| self.dead_token("Cannot parse access token", None))?;
        if token.dead.is_some() || token.expires_at.is_some_and(|at| at <= now) {
            return Err(self.dead_token("Error validating access token: Session has expired.", Some(463)));
        }
        let long = Token { value: String::new(), issued_at: now, expires_at: Some(now + LONG_LIFE), ..token };
        let long = state.issue(long);
        Ok(json!({"access_token": long.value, "token_type": "bearer", "expires_in": LONG_LIFE}))
    }

    /// `/debug_token`.
    pub(super) fn debug_token(&self, call: &Call) -> Outcome {
        let asking = self.authorise(call)?;
        let input = call.required("input_token")?;
        let state = self.state();
        let Some(token) = state.token(&input).filter(|token| token.app_id == asking.app_id) else {
            let error = json!({"code": 190, "message": "Invalid OAuth access token - Cannot parse access token"});
            return Ok(json!({"data": {"error": error, "is_valid": false, "scopes": []}}));
        };
        let name = state.apps.get(&token.app_id).map(|app| app.name.clone()).unwrap_or_default();
        let valid = token.dead.is_none() && token.expires_at.is_none_or(|at| at > state.now());
        let mut data = json!({
            "app_id": token.app_id, "type": token.kind.name(), "application": name, "is_valid": valid,
        });
        if token.kind == TokenKind::App {
            return Ok(json!({ "data": data }));
        }
        let granular = token.scopes.iter().map(|scope| {
            let mut granted = json!({"scope": scope});
            if !token.targets.is_empty() && scope != "public_profile" {
                granted["target_ids"] = Value::from(token.targets.clone());
            }
            granted
        });
        data["granular_scopes"] = granular.collect();
        data["scopes"] = Value::from(token.scopes.clone());
        data["issued_at"] = token.issued_at.into();
        data["expires_at"] = token.expires_at.unwrap_or(0).into();
        data["data_access_expires_at"] = (token.issued_at + DATA_ACCESS).into();
        data["user_id"] = token.user_id.clone().into();
        if let Some(profile) = &token.profile_id {
            data["profile_id"] = profile.clone().into();
        }
        if !valid {
            let subcode = token.dead.unwrap_or(463);
            data["error"] = json!({"code": 190, "message": "Error validating access token", "subcode": subcode});
        }
        Ok(json!({ "data": data }))
    }
}

/// Why a code is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeProblem {
    Unknown,
    Used,
    Expired,
    Redirect,
}

impl CodeProblem {
    fn graph(self) -> GraphError {
        let (subcode, words) = match self {
            Self::Unknown => (36_009, "Invalid verification code format."),
            Self::Used => (36_009, "This authorization code has been used."),
            Self::Expired => (36_007, "This authorization code has expired."),
            Self::Redirect => (
                36_008,
                "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request",
            ),
        };
        GraphError::new(100, words).with_subcode(subcode)
    }
}

fn check(code: &Code, redirect_uri: Option<&str>, now: i64) -> Result<(), CodeProblem> {
    if code.used {
        return Err(CodeProblem::Used);
    }
    if code.expires_at <= now {
        return Err(CodeProblem::Expired);
    }
    if code.grant.redirect_uri.as_deref().is_some_and(|wanted| redirect_uri != Some(wanted)) {
        return Err(CodeProblem::Redirect);
    }
    Ok(())
}
