//! What refusals mean, and what follows from them.

use super::{THREAD, handle, member, page, refused, settings};
use crate::support::block_on;
use crate::support::stand_in::{Reply, StandIn};
use hub_domain::Timestamp;
use hub_platform_kit::platform::OutboundMessage;
use hub_platform_kit::webhook::Callback;
use hub_platform_kit::{ErrorKind, Secret};
use serde_json::{Value, json};
use std::time::Duration;

const NOT_SENT: ErrorKind = ErrorKind::Transient { maybe_applied: false };
const WHO_KNOWS: ErrorKind = ErrorKind::Transient { maybe_applied: true };

fn comment() -> OutboundMessage {
    OutboundMessage { conversation: THREAD.into(), text: Some("Thank you!".to_owned()), ..OutboundMessage::default() }
}

#[test]
fn every_refusal_has_its_meaning() {
    let html = |status| Reply { status, headers: Vec::new(), body: b"<html>".to_vec() };
    let minute = ErrorKind::RateLimited { retry_after: Some(Duration::from_mins(1)) };
    let cases = [
        (refused(400, "Syntax exception in path variables"), ErrorKind::BadInput, "request"),
        (refused(403, "Not enough permissions to access: x.CREATE.20260701"), ErrorKind::Misconfigured, "not approved"),
        (refused(403, "Member does not have permission"), ErrorKind::Rejected, "administrator of the page"),
        (refused(404, "Could not find entity"), ErrorKind::NotFound, "not at LinkedIn"),
        (refused(409, ""), ErrorKind::Rejected, "done already"),
        (refused(422, "ERROR :: /message/text :: is too long"), ErrorKind::BadInput, "is too long"),
        (refused(426, "Requested version 20250801 is not active"), ErrorKind::Misconfigured, "LINKEDIN_VERSION"),
        (refused(429, ""), minute, "limit"),
        (html(429), minute, "limit"),
        (refused(500, ""), WHO_KNOWS, "trouble"),
        (html(502), WHO_KNOWS, "trouble"),
        (html(200), WHO_KNOWS, "shape"),
        (refused(451, "no"), ErrorKind::Rejected, "refuses"),
    ];
    for (reply, kind, words) in cases {
        let shown = format!("{reply:?}");
        let error = block_on(async {
            let stand_in = StandIn::start(vec![reply]).await;
            handle(settings(&stand_in.base)).send(&page(), &comment()).await.unwrap_err()
        });
        assert_eq!(error.kind, kind, "{shown}");
        assert!(error.message.contains(words), "{shown}: {error}");
    }
}

/// A limit is of one endpoint: an answer may still leave when reading is used up, and what is used up is not asked again.
#[test]
fn a_limit_stops_only_what_it_limits() {
    block_on(async {
        let throttled = refused(429, "Resource level throttle limit for calls to this resource is reached.");
        let written =
            json!({ "commentUrn": format!("urn:li:comment:({THREAD},7457036306481152005)"), "actor": super::PAGE });
        let stand_in = StandIn::start(vec![throttled, Reply::json(201, written.to_string())]).await;
        let platform = handle(settings(&stand_in.base));
        let cursor = json!({ "begun": true }).to_string();
        let noon_to_midnight = ErrorKind::RateLimited { retry_after: Some(Duration::from_hours(12)) };
        let error = platform.pull(&page(), Some(&cursor), Duration::ZERO).await.unwrap_err();
        assert_eq!(error.kind, noon_to_midnight);
        platform.send(&page(), &comment()).await.unwrap();
        assert!(platform.pull(&page(), Some(&cursor), Duration::ZERO).await.is_err());
        assert_eq!(stand_in.asked().len(), 2, "LinkedIn is left alone until midnight");
    });
}

/// A token that was just renewed may be refused for some seconds; one that was not is dead.
#[test]
fn a_young_token_is_not_given_up() {
    block_on(async {
        let renewed = json!({ "access_token": "fresh", "expires_in": 5_184_000, "refresh_token": "r" });
        let revoked = || Reply::json(401, super::fixtures::payload("api_error_401_revoked.json"));
        let stand_in = StandIn::start(vec![super::ok(&renewed), revoked(), revoked()]).await;
        let platform = handle(settings(&stand_in.base));
        let mut grant = page();
        grant.refresh_token = Some(Secret::from("r"));
        grant.access_token = platform.refresh(&grant).await.unwrap().access;
        assert_eq!(platform.send(&grant, &comment()).await.unwrap_err().kind, NOT_SENT);
        assert_eq!(platform.send(&page(), &comment()).await.unwrap_err().kind, ErrorKind::ReauthRequired);
    });
}

/// A post that was just made is not known everywhere yet; an old one that is not known is gone.
#[test]
fn a_young_post_is_waited_for() {
    let answer = |date: &str| {
        let mut reply = refused(404, &format!("Unable to obtain activity for urn: {THREAD}"));
        reply.headers.retain(|(name, _)| name != "date");
        reply.headers.push(("date".to_owned(), date.to_owned()));
        reply
    };
    // The post's number says 2026-05-04 08:00:00 UTC.
    for (date, kind) in
        [("Mon, 04 May 2026 08:00:20 GMT", NOT_SENT), ("Mon, 04 May 2026 08:02:00 GMT", ErrorKind::NotFound)]
    {
        let error = block_on(async {
            let stand_in = StandIn::start(vec![answer(date)]).await;
            handle(settings(&stand_in.base)).send(&page(), &comment()).await.unwrap_err()
        });
        assert_eq!(error.kind, kind, "{date}: {error}");
    }
}

/// Nobody shows a token, wherever it turns up.
#[test]
fn no_error_shows_a_token() {
    let error = block_on(async {
        let stand_in = StandIn::start(vec![refused(400, &format!("bad token {}\u{7}", super::TOKEN))]).await;
        handle(settings(&stand_in.base)).send(&page(), &comment()).await.unwrap_err()
    });
    assert!(error.message.ends_with("bad token [secret]"), "{error}");
}

/// A question that is cut off changed nothing.
#[test]
fn a_line_that_breaks_is_judged_by_what_was_asked() {
    block_on(async {
        let platform = handle(settings("http://127.0.0.1:9"));
        assert_eq!(platform.send(&page(), &comment()).await.unwrap_err().kind, NOT_SENT, "nobody was reached");
        let callback = Callback::new("https://hub.example/".parse().unwrap(), Secret::from("s"), Timestamp::UNIX_EPOCH);
        assert_eq!(platform.subscribe(&page(), &callback).await.unwrap_err().kind, NOT_SENT);
        assert_eq!(platform.pull(&member(), None, Duration::ZERO).await.unwrap_err().kind, NOT_SENT);
    });
    let answer: Value = json!({ "status": 500 });
    let error = block_on(async {
        let stand_in = StandIn::start(vec![Reply::json(500, answer.to_string())]).await;
        handle(settings(&stand_in.base)).pull(&page(), None, Duration::ZERO).await.unwrap_err()
    });
    assert_eq!(error.kind, NOT_SENT);
}
