//! What the recorded answers of both platforms are checked with.

use crate::support::expect::Expected;
use crate::support::fixtures::{self, Fixture};
use crate::support::stand_in::{Asked, Reply};
use hub_domain::{RemoteConversationId, Timestamp};
use hub_platform_kit::platform::{ConnectContext, OutboundMessage};
use hub_platform_kit::{ErrorKind, PlatformError};
use serde_json::{Value, json};

/// The recorded answer.
pub(crate) fn reply(platform: &str, fixture: &Fixture) -> Reply {
    Reply {
        status: fixture.http_status.unwrap(),
        headers: fixture.headers.clone().into_iter().collect(),
        body: fixtures::payload(platform, &fixture.file),
    }
}

/// The recorded answer with this name.
pub(crate) fn recorded(platform: &str, file: &str) -> Reply {
    Reply::json(200, fixtures::payload(platform, file))
}

pub(crate) fn words(to: &str, text: &str) -> OutboundMessage {
    OutboundMessage {
        conversation: RemoteConversationId::from(to),
        text: Some(text.to_owned()),
        client_key: "hub:out:7f3a".to_owned(),
        ..OutboundMessage::default()
    }
}

pub(crate) fn context(method: &str) -> ConnectContext {
    ConnectContext {
        method: method.to_owned(),
        state: "state-0001".to_owned(),
        redirect_uri: Some("https://hub.example/api/auth/callback/x".to_owned()),
        frontend_url: None,
        now: Timestamp::from_timestamp(1_763_704_811, 0).unwrap(),
    }
}

/// Compares a refusal with the index.
pub(crate) fn check_error(error: &PlatformError, mut expected: Expected) {
    let whose = expected.whose().to_owned();
    let code = expected.take("code");
    let code = match expected.take("subcode") {
        Value::Null => code.to_string(),
        subcode => format!("{code}/{subcode}"),
    };
    // The flat form of Instagram's sign-in shows an HTTP status where others show a code.
    assert_eq!(error.remote_code.as_deref(), Some(code.as_str()), "{whose}");
    let retryable = matches!(error.kind, ErrorKind::Transient { .. } | ErrorKind::RateLimited { .. });
    expected.equal("retryable", retryable);
    expected.equal("reconnect", error.kind == ErrorKind::ReauthRequired);
    let class = expected.take("class");
    let class = class.as_str().unwrap();
    let fits = match error.kind {
        ErrorKind::ReauthRequired => ["auth_expired", "auth_revoked", "permission"].contains(&class),
        ErrorKind::RateLimited { .. } => class == "rate_limit",
        ErrorKind::Transient { .. } => ["transient", "media"].contains(&class),
        ErrorKind::Rejected => ["window_closed", "recipient_unreachable", "profile_unavailable"].contains(&class),
        ErrorKind::NotFound => class == "recipient_unreachable",
        ErrorKind::BadInput => ["auth_code_invalid", "invalid_request", "media", "history_gone"].contains(&class),
        _ => false,
    };
    assert!(fits, "{whose}: {class} became {:?}", error.kind);
    let pause = match error.kind {
        ErrorKind::RateLimited { retry_after } => retry_after,
        _ => None,
    };
    let seconds = expected.take("retry_after_s").as_u64();
    assert_eq!(pause.map(|pause| pause.as_secs()), seconds, "{whose}: pause");
    expected.done();
    assert!(!error.message.is_empty() && !error.message.starts_with("(#"), "{whose}: {}", error.message);
}

/// No address holds a token, and every call on somebody's behalf proves whose it is.
pub(crate) fn check_tokens(asked: &[Asked], tokens: &[&str]) {
    for one in asked.iter().filter(|one| one.token.as_deref().is_some_and(|token| tokens.contains(&token))) {
        // The one call that asks about a token has no other place for it.
        for (name, value) in one.query.iter().filter(|(name, _)| *name != "input_token") {
            assert!(!tokens.contains(&value.as_str()), "{} shows a token as {name}", one.path);
        }
        let proof = one.query.get("appsecret_proof").unwrap_or_else(|| panic!("{} proves nothing", one.path));
        assert_eq!(proof.len(), 64);
    }
}

/// The members of an address that were recorded, and no others but the proof and how much is asked for.
pub(crate) fn check_query(asked: &Asked, expected: &[(&str, &str)]) {
    let also = ["appsecret_proof", "limit"];
    let query: Vec<(&str, &str)> = asked
        .query
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| !also.contains(name))
        .collect();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(query, expected, "{}", asked.path);
}

/// An answer with one page of `data` and nothing after it.
pub(crate) fn list(data: &Value) -> Reply {
    Reply::json(200, json!({ "data": data }).to_string())
}
