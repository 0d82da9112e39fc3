//! Signing in with Facebook: the dialog, the exchange of codes and tokens, and what was really granted.

use super::App;
use super::graph::Graph;
use crate::values::{id, number};
use hub_domain::Timestamp;
use hub_domain::connect::Answers;
use hub_platform_kit::platform::ConnectContext;
use hub_platform_kit::webhook::Inspection;
use hub_platform_kit::{ErrorKind, PlatformError, Result, Secret};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// Longest code that is believed to be one.
const MAX_CODE_BYTES: usize = 4096;

/// A token as the exchange hands it out.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Exchanged {
    /// The token.
    pub(crate) access_token: Secret,
    /// Its life in seconds, where the answer says.
    #[serde(default)]
    expires_in: Option<Value>,
}

impl Exchanged {
    /// When a token that was handed out at `now` ends; `None` = it does not, or nobody says.
    pub(crate) fn expires_at(&self, now: Timestamp) -> Option<Timestamp> {
        let seconds = self.expires_in.as_ref().and_then(number).and_then(|seconds| u64::try_from(seconds).ok())?;
        let life = chrono::Duration::from_std(Duration::from_secs(seconds)).ok().filter(|life| !life.is_zero())?;
        now.checked_add_signed(life)
    }
}

/// What is known of a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TokenFacts {
    /// Whether it works.
    pub(crate) is_valid: bool,
    /// The app it was made for.
    pub(crate) app_id: Option<String>,
    /// Whose it is.
    pub(crate) user_id: Option<String>,
    /// When it ends; `None` = never.
    pub(crate) expires_at: Option<Timestamp>,
    /// When reading ends although the token works on.
    pub(crate) data_access_expires_at: Option<Timestamp>,
    /// What was granted.
    pub(crate) scopes: Vec<String>,
    /// What was granted for which objects: the scope and the ids.
    pub(crate) targets: Vec<(String, Vec<String>)>,
}

impl TokenFacts {
    /// The objects that a scope was granted for; empty = all of them, or none.
    pub(crate) fn targets_of(&self, scope: &str) -> &[String] {
        self.targets.iter().find(|(name, _)| name == scope).map(|(_, ids)| ids.as_slice()).unwrap_or_default()
    }

    /// Refuses a token that does not work, is another app's, or lacks a permission.
    pub(crate) fn check(&self, app_id: &str, required: &[&str]) -> Result<()> {
        if !self.is_valid || self.app_id.as_deref() != Some(app_id) {
            return Err(PlatformError::bad_input("Facebook does not accept this sign-in. Please sign in again."));
        }
        match required.iter().find(|scope| !self.scopes.iter().any(|granted| granted == *scope)) {
            Some(missing) => Err(not_granted(missing)),
            None => Ok(()),
        }
    }
}

/// The sentence for a permission that was not given.
pub(crate) fn not_granted(scope: &str) -> PlatformError {
    PlatformError::bad_input(format!(
        "The permission {scope} was not granted. Please sign in again and leave all permissions switched on."
    ))
}

/// The app's id and secret, or a word for the operator.
pub(crate) fn credentials(app: &App) -> Result<(&str, &str)> {
    match (app.id(), app.secret()) {
        (Some(id), Some(secret)) => Ok((id, secret)),
        _ => Err(PlatformError::new(ErrorKind::Misconfigured, "the app's id or secret is not set")),
    }
}

/// Where the browser comes back to.
pub(crate) fn redirect_uri(context: &ConnectContext) -> Result<&str> {
    let missing = || PlatformError::new(ErrorKind::Misconfigured, "the hub has no public address to come back to");
    context.redirect_uri.as_deref().ok_or_else(missing)
}

/// The address of the sign-in dialog. `asks` is what is asked for: `("scope", "a,b")` or `("config_id", …)`.
pub(crate) fn dialog(app: &App, context: &ConnectContext, asks: &[(&str, &str)]) -> Result<String> {
    let (app_id, _) = credentials(app)?;
    let wrong = || PlatformError::new(ErrorKind::Misconfigured, "the address of the sign-in dialog is not an address");
    let mut url = Url::parse(&app.dialog_base_url).map_err(|_| wrong())?;
    url.path_segments_mut().map_err(|()| wrong())?.pop_if_empty().extend([&app.graph_version, "dialog", "oauth"]);
    url.query_pairs_mut()
        .append_pair("client_id", app_id)
        .append_pair("redirect_uri", redirect_uri(context)?)
        .append_pair("state", &context.state)
        .append_pair("response_type", "code")
        .extend_pairs(asks);
    Ok(url.into())
}

/// The code that the browser brought back.
pub(crate) fn code(answers: &Answers) -> Result<&str> {
    // Instagram, and Facebook before it, end the address with a fragment that some browsers hand on.
    let code = answers.get("code").map(|code| code.split('#').next().unwrap_or_default().trim()).unwrap_or_default();
    if (1..=MAX_CODE_BYTES).contains(&code.len()) {
        Ok(code)
    } else {
        Err(PlatformError::bad_input("The sign-in came back without a code. Please try again."))
    }
}

/// Exchanges a code, which counts once. The address of the redirect must be the dialog's, byte for byte.
pub(crate) async fn exchange_code(graph: &Graph, app: &App, redirect: &str, code: &str) -> Result<Exchanged> {
    let (app_id, secret) = credentials(app)?;
    graph
        .get("oauth/access_token")
        .query("client_id", app_id)
        .query("redirect_uri", redirect)
        .secret_query("client_secret", secret)
        .secret_query("code", code)
        .ask()
        .await
}

/// Exchanges a token of hours for one of about two months. An ended one cannot be exchanged.
pub(crate) async fn lengthen(graph: &Graph, app: &App, token: &Secret) -> Result<Exchanged> {
    let (app_id, secret) = credentials(app)?;
    graph
        .get("oauth/access_token")
        .query("grant_type", "fb_exchange_token")
        .query("client_id", app_id)
        .secret_query("client_secret", secret)
        .secret_query("fb_exchange_token", token.expose_secret())
        .ask()
        .await
}

/// What Meta knows of a token.
pub(crate) async fn debug_token(graph: &Graph, app: &App, token: &Secret) -> Result<TokenFacts> {
    let app_token = app_token(app)?;
    let answer: Value =
        graph.get("debug_token").secret_query("input_token", token.expose_secret()).token(&app_token).ask().await?;
    Ok(token_facts(&answer["data"]))
}

/// Whether a sign-in still works and still allows what is needed; `None` = nothing is known against it. Without the app's secret,
/// and of another app's token, Meta tells nothing. `per_asset` is a permission that may be given for some pages or business
/// accounts only, and the one it is needed for.
pub(crate) async fn lacks(
    graph: &Graph,
    app: &App,
    token: &Secret,
    required: &[&str],
    per_asset: (&str, &str),
) -> Result<Option<Inspection>> {
    if !app.is_configured() {
        return Ok(None);
    }
    let facts = debug_token(graph, app, token).await.map_err(|error| match error.kind {
        // What is refused here is the app, not the account.
        ErrorKind::ReauthRequired => PlatformError { kind: ErrorKind::Misconfigured, ..error },
        _ => error,
    })?;
    if facts.app_id.as_deref() != app.id() {
        return Ok(None);
    }
    if !facts.is_valid {
        return Err(PlatformError::new(
            ErrorKind::ReauthRequired,
            "Meta says that this sign-in does not work any more",
        ));
    }
    let targets = facts.targets_of(per_asset.0);
    let is_for_others = !targets.is_empty() && !targets.iter().any(|target| target == per_asset.1);
    let missing = required.iter().filter(|scope| {
        !facts.scopes.iter().any(|granted| granted == *scope) || (is_for_others && **scope == per_asset.0)
    });
    let permissions: Vec<String> = missing.map(ToString::to_string).collect();
    // An answer without scopes says nothing of them.
    Ok((!permissions.is_empty() && !facts.scopes.is_empty()).then_some(Inspection::Lacks { permissions }))
}

/// The token of the app itself.
pub(crate) fn app_token(app: &App) -> Result<String> {
    let (app_id, secret) = credentials(app)?;
    Ok(format!("{app_id}|{secret}"))
}

/// Reads what an answer of `debug_token` says.
pub(crate) fn token_facts(data: &Value) -> TokenFacts {
    let texts = |list: &Value| -> Vec<String> {
        list.as_array().map(|list| list.iter().filter_map(id).collect()).unwrap_or_default()
    };
    let targets = data["granular_scopes"].as_array().map(Vec::as_slice).unwrap_or_default();
    TokenFacts {
        is_valid: data["is_valid"].as_bool().unwrap_or(false),
        app_id: id(&data["app_id"]),
        user_id: id(&data["user_id"]),
        // Zero stands for never; both times count seconds.
        expires_at: crate::values::instant(&data["expires_at"]),
        data_access_expires_at: crate::values::instant(&data["data_access_expires_at"]),
        scopes: texts(&data["scopes"]),
        targets: targets.iter().filter_map(|one| Some((id(&one["scope"])?, texts(&one["target_ids"])))).collect(),
    }
}

/// Tells Meta where deliveries of `object` go, unless the app has an address for them already. Only the operator can say more
/// about a failure, so it is logged and nothing else.
pub(crate) async fn subscribe_app(graph: &Graph, app: &App, object: &str, fields: &str, callback: &str) {
    if let Err(error) = try_subscribe_app(graph, app, object, fields, callback).await {
        tracing::warn!(object, %error, "the app's webhook could not be set; set it in the app's dashboard");
    }
}

async fn try_subscribe_app(graph: &Graph, app: &App, object: &str, fields: &str, callback: &str) -> Result<()> {
    let Some(verify_token) = app.verify_token() else { return Ok(()) };
    let (app_id, _) = credentials(app)?;
    let token = app_token(app)?;
    let path = format!("{app_id}/subscriptions");
    let known: Value = graph.get(path.as_str()).token(&token).ask().await?;
    let is_set = |one: &Value| one.get("object").and_then(Value::as_str) == Some(object);
    if known["data"].as_array().is_some_and(|known| known.iter().any(is_set)) {
        return Ok(());
    }
    let parameters = vec![
        ("object", object.to_owned()),
        ("callback_url", callback.to_owned()),
        ("verify_token", verify_token.to_owned()),
        ("fields", fields.to_owned()),
    ];
    graph.post(path).fields(parameters).token(&token).done().await
}

#[cfg(test)]
mod tests {
    use super::token_facts;
    use hub_domain::time::to_contract;
    use serde_json::Value;

    #[test]
    fn a_token_says_what_it_may() {
        let recorded = include_bytes!("../facebook/fixtures/debug_token.json");
        let recorded: Value = serde_json::from_slice(recorded).unwrap();
        let facts = token_facts(&recorded["data"]);
        assert_eq!((facts.is_valid, facts.expires_at), (true, None), "zero stands for never");
        assert_eq!(facts.data_access_expires_at.map(to_contract).as_deref(), Some("2026-02-19T06:00:11.000Z"));
        assert_eq!(facts.scopes.len(), 4);
        assert_eq!(facts.targets_of("pages_messaging"), ["682498302938465"]);
        assert!(facts.targets_of("pages_show_list").is_empty());
        assert!(facts.check("138483919580948", &["pages_messaging"]).is_ok());
        assert!(facts.check("another app", &[]).is_err());
        let missing = facts.check("138483919580948", &["business_management"]).unwrap_err();
        assert!(missing.message.contains("permission business_management was not granted"), "{missing}");
        assert!(token_facts(&Value::Null).check("", &[]).is_err(), "nothing known is no proof");
    }
}
