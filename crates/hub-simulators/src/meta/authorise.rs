//! Who calls: the token, and the proof that the caller has the app's secret.

use super::{Call, GraphError, Login, Meta, Token, TokenKind, sign};

impl Meta {
    /// The token of a call, checked.
    pub(crate) fn authorise(&self, call: &Call) -> Result<Token, GraphError> {
        let Some(value) = call.token() else {
            let words = "An access token is required to request this resource.";
            return Err(GraphError::new(104, words).with_status(self.manners().token_status));
        };
        let state = self.state();
        // Instagram answers 400 to what is no token of its own, and 401 to one that died.
        let status = if self.manners().login == Login::Instagram { 400 } else { self.manners().token_status };
        let unknown = || self.dead_token("Cannot parse access token", None).with_status(status);
        let token = state.token(&value).ok_or_else(unknown)?;
        if let Some(subcode) = token.dead {
            return Err(self.dead_token(words_of(subcode, &token.app_id).as_str(), Some(subcode)));
        }
        if token.expires_at.is_some_and(|at| at <= state.now()) {
            return Err(self.dead_token("Error validating access token: Session has expired.", Some(463)));
        }
        let app = state.apps.get(&token.app_id).ok_or_else(|| self.dead_token("Cannot parse access token", None))?;
        match call.text("appsecret_proof") {
            Some(proof) if proof != sign::hmac_sha256(&app.secret, value.as_bytes()) => {
                let words = "Invalid appsecret_proof provided in the API argument";
                return Err(GraphError { kind: "GraphMethodException", ..GraphError::new(100, words) });
            }
            None if app.require_proof && token.kind != TokenKind::App => {
                let words = "API calls from the server require an appsecret_proof argument";
                return Err(GraphError { kind: "GraphMethodException", ..GraphError::new(100, words) });
            }
            _ => {}
        }
        Ok(token)
    }

    /// The same, for calls that only the app itself may make.
    pub(crate) fn authorise_app(&self, call: &Call, app_id: &str) -> Result<Token, GraphError> {
        let token = self.authorise(call)?;
        if token.kind == TokenKind::App && token.app_id == app_id {
            return Ok(token);
        }
        Err(GraphError::new(15, "(#15) This method must be called with an app access_token.").with_status(400))
    }

    /// 190.
    pub(crate) fn dead_token(&self, words: &str, subcode: Option<i64>) -> GraphError {
        GraphError { subcode, ..GraphError::new(190, words).with_status(self.manners().token_status) }
    }
}

fn words_of(subcode: i64, app_id: &str) -> String {
    let why = match subcode {
        458 => return format!("Error validating access token: The user has not authorized application {app_id}."),
        459 => "The user is enrolled in a blocking, logged-in checkpoint",
        460 => {
            "The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons."
        }
        463 => "Session has expired.",
        464 => "Sessions for the user are not allowed because the user is not a confirmed user.",
        _ => "The access token is invalid.",
    };
    format!("Error validating access token: {why}")
}
