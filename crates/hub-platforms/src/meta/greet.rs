//! Meta checks a callback's address before it uses it.

use aws_lc_rs::constant_time;
use hub_platform_kit::webhook::{Greeting, Refusal, WebhookRequest};

/// Longest challenge that is given back.
const MAX_CHALLENGE_BYTES: usize = 1024;

/// Answers the check. `Ok(None)` = it is a delivery and no check.
pub(crate) fn greet(request: &WebhookRequest, verify_token: Option<&str>) -> Result<Option<Greeting>, Refusal> {
    if !request.method.eq_ignore_ascii_case("GET") {
        return Ok(None);
    }
    let shown = |name: &str| request.query.get(name).map(String::as_str);
    let (Some(expected), Some("subscribe"), Some(token), Some(challenge)) =
        (verify_token, shown("hub.mode"), shown("hub.verify_token"), shown("hub.challenge"))
    else {
        return Err(Refusal::BadVerifyToken);
    };
    let known = constant_time::verify_slices_are_equal(expected.as_bytes(), token.as_bytes()).is_ok();
    if known && harmless(challenge) {
        let content_type = "text/plain; charset=utf-8";
        Ok(Some(Greeting { status: 200, content_type, body: challenge.to_owned() }))
    } else {
        Err(Refusal::BadVerifyToken)
    }
}

/// What is given back must not be able to say anything to a browser.
fn harmless(challenge: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._~-".contains(&b);
    (1..=MAX_CHALLENGE_BYTES).contains(&challenge.len()) && challenge.bytes().all(plain)
}
