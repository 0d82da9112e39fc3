//! Linking: a person signs in with Microsoft.

use super::sign_in::Pkce;
use super::{MICROSOFT_LOGIN, NAMELESS, TENANT_FACT, Teams};
use crate::values::{id, words};
use async_trait::async_trait;
use hub_domain::RemoteAccountId;
use hub_domain::connect::{Answers, LinkedIdentity, Step};
use hub_platform_kit::grant::Tokens;
use hub_platform_kit::platform::{Connect, ConnectContext, Progress};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// Longest code that is believed to be one; the platform's are long.
const MAX_CODE_BYTES: usize = 8192;

#[async_trait]
impl Connect for Teams {
    async fn begin(&self, context: &ConnectContext) -> Result<Progress> {
        if context.method != MICROSOFT_LOGIN {
            return Err(PlatformError::unsupported("this way of linking"));
        }
        let pkce = Pkce::fresh()?;
        let url = self.sign_in.page(&self.settings, context, &pkce)?;
        Ok(Progress::Next { step: Step::Redirect { url }, memory: json!({ "verifier": pkce.verifier }) })
    }

    async fn resume(&self, context: &ConnectContext, memory: &Value, answers: &Answers) -> Result<Progress> {
        let code = code(answers)?;
        let verifier = memory.get("verifier").and_then(Value::as_str);
        let verifier = verifier.ok_or_else(|| PlatformError::bad_input("Please start signing in again."))?;
        let granted = self.sign_in.exchange(&self.settings, context, code, verifier).await.map_err(while_linking)?;
        granted.check()?;
        let token = granted.tokens.access.expose_secret();
        let me = self.api.me(token).await.map_err(while_linking)?;
        let odd = || PlatformError::new(ErrorKind::UnexpectedReply, "the answer does not say who signed in");
        let user = me.get("id").and_then(id).ok_or_else(odd)?;
        let name = words(me.get("displayName")).or_else(|| words(me.get("userPrincipalName")));
        let client = self.settings.client_id().unwrap_or_default();
        Ok(Progress::Linked {
            identity: LinkedIdentity {
                username: Some(name.unwrap_or_else(|| NAMELESS.to_owned())),
                group: None,
                grantor: Some(format!("microsoft:{client}:{user}")),
                facts: json!({ TENANT_FACT: self.tenant_of(token, &user).await }),
                remote_id: RemoteAccountId::from(user),
            },
            tokens: granted.tokens,
            proof: None,
        })
    }

    async fn refresh(&self, grant: &Grant) -> Result<Tokens> {
        let token = grant.refresh_token.as_ref().ok_or_else(|| PlatformError::unsupported("renewing tokens"))?;
        let granted = self.sign_in.refresh(&self.settings, token.expose_secret()).await?;
        // Each answer brings a new one; the old one stays good, should it be missing.
        let refresh = granted.tokens.refresh.or_else(|| grant.refresh_token.clone());
        Ok(Tokens { refresh, ..granted.tokens })
    }

    /// A person takes a permission back at Microsoft only; what could be called would sign them out everywhere.
    async fn revoke(&self, _grant: &Grant) -> Result<()> {
        Err(PlatformError::unsupported("taking a permission back"))
    }
}

/// The code that the browser brought back.
fn code(answers: &Answers) -> Result<&str> {
    let code = answers.get("code").map(|code| code.trim()).unwrap_or_default();
    if (1..=MAX_CODE_BYTES).contains(&code.len()) {
        Ok(code)
    } else {
        Err(PlatformError::bad_input("The sign-in came back without a code. Please try again."))
    }
}

/// There is no account yet that could need a new sign-in: the code was used or has ended.
fn while_linking(error: PlatformError) -> PlatformError {
    match error.kind {
        ErrorKind::ReauthRequired => PlatformError { kind: ErrorKind::BadInput, ..error },
        _ => error,
    }
}
