//! Signing in: the dialog, and the endpoint that trades codes and refresh tokens.

use super::Settings;
use super::errors::{self, Said, misconfigured, odd_answer};
use super::rest::{life, said_at};
use super::wire::text;
use hub_domain::Timestamp;
use hub_domain::connect::Answers;
use hub_platform_kit::grant::Tokens;
use hub_platform_kit::platform::ConnectContext;
use hub_platform_kit::transport::{MAX_ANSWER_BYTES, Transport};
use hub_platform_kit::{ErrorKind, PlatformError, Result, Secret};
use reqwest::Method;
use serde_json::Value;
use url::Url;

/// Longest code that is believed to be one.
const MAX_CODE_BYTES: usize = 4096;

/// Tokens as the endpoint hands them out.
#[derive(Clone, Debug)]
pub(super) struct Granted {
    /// The tokens.
    pub(super) tokens: Tokens,
    /// What was granted; `None` when the answer does not say.
    pub(super) scopes: Option<Vec<String>>,
}

impl Granted {
    /// Reads an answer. Scopes are asked for with blanks and come back with commas.
    pub(super) fn of(answer: &Value, now: Option<Timestamp>) -> Option<Self> {
        let ends = now.zip(life(answer.get("expires_in"))).and_then(|(now, life)| now.checked_add_signed(life));
        let scopes = text(answer, "scope").map(|listed| scopes(&listed));
        Some(Self {
            tokens: Tokens {
                access: Secret::from(text(answer, "access_token")?),
                refresh: text(answer, "refresh_token").map(Secret::from),
                expires_at: ends,
            },
            scopes,
        })
    }

    /// Refuses tokens that lack something that was asked for; people grant all or nothing, but an app may have lost a product.
    pub(super) fn check(&self, asked: &str) -> Result<()> {
        let Some(granted) = &self.scopes else { return Ok(()) };
        match scopes(asked).into_iter().find(|scope| !granted.contains(scope)) {
            Some(missing) => Err(PlatformError::bad_input(format!(
                "The permission {missing} was not granted. Please sign in again and allow everything that is asked for."
            ))),
            None => Ok(()),
        }
    }
}

/// A list of scopes, separated by commas or blanks.
pub(super) fn scopes(list: &str) -> Vec<String> {
    list.split([',', ' ']).map(str::trim).filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
}

/// The app's id and secret, or a word for the operator.
fn credentials(settings: &Settings) -> Result<(&str, &str)> {
    let pair = settings.client_id().zip(settings.client_secret());
    pair.ok_or_else(|| misconfigured("LINKEDIN_CLIENT_ID or LINKEDIN_CLIENT_SECRET is not set"))
}

fn redirect_uri(context: &ConnectContext) -> Result<&str> {
    let missing = || misconfigured("the hub has no public address to come back to");
    context.redirect_uri.as_deref().ok_or_else(missing)
}

fn address(settings: &Settings, last: &str) -> Result<Url> {
    let wrong = || misconfigured("LINKEDIN_AUTH_BASE_URL is not an address");
    let mut url = Url::parse(&settings.auth_base_url).map_err(|_| wrong())?;
    url.path_segments_mut().map_err(|()| wrong())?.pop_if_empty().extend(["oauth", "v2", last]);
    Ok(url)
}

/// The address of the dialog.
pub(super) fn dialog(settings: &Settings, context: &ConnectContext, asked: &str) -> Result<String> {
    let (client_id, _) = credentials(settings)?;
    let mut url = address(settings, "authorization")?;
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", client_id)
        .append_pair("redirect_uri", redirect_uri(context)?)
        .append_pair("state", &context.state)
        .append_pair("scope", &scopes(asked).join(" "));
    Ok(url.into())
}

/// The code that the browser brought back, or what the person or LinkedIn said instead.
fn code(answers: &Answers) -> Result<&str> {
    if let Some(error) = answers.get("error") {
        return Err(match error.as_str() {
            "user_cancelled_login" | "user_cancelled_authorize" | "access_denied" => {
                PlatformError::bad_input("You did not allow the hub to use your LinkedIn account.")
            }
            "unauthorized_scope_error" => misconfigured(
                "The app at LinkedIn has not all the permissions that the hub asks for. LINKEDIN_SCOPES must name only those \
                 that the app's page lists.",
            ),
            _ => PlatformError::bad_input("LinkedIn ended the sign-in. Please try again."),
        });
    }
    let code = answers.get("code").map(|code| code.trim()).unwrap_or_default();
    if (1..=MAX_CODE_BYTES).contains(&code.len()) {
        Ok(code)
    } else {
        Err(PlatformError::bad_input("The sign-in came back without a code. Please try again."))
    }
}

/// Trades the code that came back.
pub(super) async fn trade(
    transport: &Transport,
    settings: &Settings,
    context: &ConnectContext,
    answers: &Answers,
) -> Result<Granted> {
    let fields =
        [("grant_type", "authorization_code"), ("code", code(answers)?), ("redirect_uri", redirect_uri(context)?)];
    token(transport, settings, &fields, Some(context.now)).await
}

/// Trades a refresh token. The platform's own clock tells when the new one ends.
pub(super) async fn renew(transport: &Transport, settings: &Settings, refresh: &str) -> Result<Granted> {
    token(transport, settings, &[("grant_type", "refresh_token"), ("refresh_token", refresh)], None).await
}

/// Calls the endpoint; `linking_at` is the hub's clock while somebody links an account.
async fn token(
    transport: &Transport,
    settings: &Settings,
    fields: &[(&str, &str)],
    linking_at: Option<Timestamp>,
) -> Result<Granted> {
    let (client_id, secret) = credentials(settings)?;
    let form: Vec<(&str, &str)> =
        fields.iter().copied().chain([("client_id", client_id), ("client_secret", secret)]).collect();
    let request = transport.request(Method::POST, address(settings, "accessToken")?.as_str()).form(&form);
    let answer = transport.call(request, MAX_ANSWER_BYTES).await.map_err(|error| match error.kind {
        // A code or token that may be used up is tried once more all the same: the answer will tell.
        ErrorKind::Transient { .. } => PlatformError { kind: ErrorKind::Transient { maybe_applied: false }, ..error },
        _ => error,
    })?;
    let read: Option<Value> = serde_json::from_slice(&answer.body).ok();
    if !(200..300).contains(&answer.status) {
        let secrets: Vec<&str> = form.iter().filter(|(name, _)| *name != "grant_type").map(|(_, v)| *v).collect();
        return Err(errors::sign_in(answer.status, &Said::of(read.as_ref()), linking_at.is_some(), &secrets));
    }
    let now = linking_at.or_else(|| said_at(&answer));
    read.and_then(|read| Granted::of(&read, now)).ok_or_else(odd_answer)
}

#[cfg(test)]
mod tests {
    use super::{Granted, scopes};
    use hub_domain::time::from_unix_seconds;
    use secrecy::ExposeSecret;

    #[test]
    fn scopes_come_back_with_commas() {
        let answer = include_bytes!("fixtures/api_token_success_no_refresh.json");
        let granted = Granted::of(&serde_json::from_slice(answer).unwrap(), from_unix_seconds(100)).unwrap();
        assert_eq!(granted.tokens.expires_at, from_unix_seconds(100 + 5_184_000));
        assert!(granted.tokens.refresh.is_none() && granted.tokens.access.expose_secret().starts_with("AQX"));
        assert!(granted.check("openid profile r_organization_social").is_ok());
        let error = granted.check("openid w_member_social").unwrap_err();
        assert!(error.message.contains("w_member_social"), "{error}");
        assert_eq!(scopes(" a, b c"), ["a", "b", "c"]);
    }
}
