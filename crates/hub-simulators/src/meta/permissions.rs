//! `/me/permissions`, and what follows when a person removes the app.

use super::{Call, GraphError, Meta, Outcome, TokenKind, sign};
use axum::http::Method;
use serde_json::{Value, json};

impl Meta {
    /// GET lists what was granted; DELETE takes back one permission, or all of them.
    pub(super) fn permissions(&self, call: &Call, one: Option<&str>) -> Outcome {
        let token = self.authorise(call)?;
        if token.kind == TokenKind::App {
            return Err(GraphError::new(
                2_500,
                "An active access token must be used to query information about the current user.",
            ));
        }
        if call.method == Method::DELETE {
            let mut state = self.state();
            match one {
                None => state.kill_tokens(&token.app_id, &token.user_id, 458),
                Some(scope) => {
                    let theirs =
                        |other: &&mut super::Token| other.app_id == token.app_id && other.user_id == token.user_id;
                    state
                        .tokens
                        .values_mut()
                        .filter(theirs)
                        .for_each(|other| other.scopes.retain(|kept| kept != scope));
                }
            }
            return Ok(json!({"success": true}));
        }
        let granted = token.scopes.iter().map(|scope| json!({"permission": scope, "status": "granted"}));
        Ok(json!({"data": granted.collect::<Vec<Value>>()}))
    }

    /// A person takes one permission of an app back on the site, or gives it again; tokens that live keep the rest.
    pub fn permit(&self, app_id: &str, user_id: &str, scope: &str, given: bool) {
        let mut state = self.state();
        let theirs = state.tokens.values_mut().filter(|token| token.app_id == app_id && token.user_id == user_id);
        for token in theirs {
            token.scopes.retain(|kept| kept != scope);
            if given {
                token.scopes.push(scope.to_owned());
            }
        }
    }

    /// A person removes the app on the site: every token of theirs dies, and the app's callback is called.
    pub async fn remove_app(&self, app_id: &str, user_id: &str) -> Option<u16> {
        self.state().kill_tokens(app_id, user_id, 458);
        let url = self.state().apps.get(app_id)?.deauthorize_url.clone()?;
        self.signed_callback(app_id, user_id, &url).await
    }

    /// A person wants their data deleted; gives the status of the app's answer.
    pub async fn request_deletion(&self, app_id: &str, user_id: &str) -> Option<u16> {
        let url = self.state().apps.get(app_id)?.data_deletion_url.clone()?;
        self.signed_callback(app_id, user_id, &url).await
    }

    async fn signed_callback(&self, app_id: &str, user_id: &str, url: &str) -> Option<u16> {
        let request = {
            let state = self.state();
            let secret = &state.apps.get(app_id)?.secret;
            let payload = json!({"algorithm": "HMAC-SHA256", "issued_at": state.now(), "user_id": user_id});
            sign::signed_request(secret, &payload)
        };
        let form = [("signed_request", request)];
        let answer = self.http().post(url).form(&form).send().await.ok()?;
        Some(answer.status().as_u16())
    }
}
