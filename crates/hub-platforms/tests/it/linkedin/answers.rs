//! Every recorded answer of the API is understood as its index entry says.

use super::expected::Outcome;
use super::fixtures::{self, Fixture};
use super::linking::{answers, context, resume};
use super::{ADMIN, PAGE, THREAD, check_head, encoded, handle, member, ok, page, settings};
use crate::support::block_on;
use crate::support::expect::Expected;
use crate::support::stand_in::{Asked, Reply, StandIn};
use hub_domain::RemoteParticipantId;
use hub_domain::connect::Step;
use hub_domain::time::to_contract;
use hub_platform_kit::platform::{HistoryPage, OutboundMessage, Progress};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Secret};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::Duration;

/// Two hours before midnight.
const LATE: &str = "Mon, 04 May 2026 22:00:00 GMT";

fn reply(fixture: &Fixture) -> Reply {
    let headers = fixture.http.headers.iter().map(|(k, v)| (k.clone(), v.clone()));
    let headers = headers.chain([("date".to_owned(), LATE.to_owned())]).collect();
    Reply { status: fixture.http.status, headers, body: fixtures::payload(&fixture.file) }
}

/// The call is the one that the fixture answers; how much is asked for at once is ours.
fn check_call(asked: &Asked, fixture: &Fixture) {
    let request = &fixture.http.request;
    assert_eq!(json!(asked.method), request["method"], "{}", fixture.id);
    assert_eq!(json!(asked.path), request["path"], "{}", fixture.id);
    for (name, value) in request["query"].as_object().into_iter().flatten().filter(|(name, _)| *name != "count") {
        assert_eq!(json!(asked.query.get(name)), *value, "{}: {name}", fixture.id);
    }
}

fn pull(grant: &Grant, cursor: &Value, replies: Vec<Reply>) -> (Result<HistoryPage, PlatformError>, Vec<Asked>) {
    block_on(async {
        let stand_in = StandIn::start(replies).await;
        let platform = handle(settings(&stand_in.base));
        let outcome = platform.pull(grant, Some(&cursor.to_string()), Duration::ZERO).await;
        (outcome, stand_in.asked())
    })
}

/// Asks for the comments of the fixtures' post.
fn comments(fixture: &Fixture) -> Result<HistoryPage, PlatformError> {
    let (outcome, asked) =
        pull(&page(), &json!({ "begun": true, "by_posts": true, "posts": [[THREAD, "A post"]] }), vec![reply(fixture)]);
    check_call(&asked[0], fixture);
    check_head(&asked[0], "GET", &format!("/rest/socialActions/{}/comments", encoded(THREAD)));
    outcome
}

#[test]
fn every_recorded_answer_is_understood() {
    let mut seen = 0;
    for fixture in fixtures::of_kind("api-response") {
        seen += 1;
        match fixture.id.as_str() {
            "api_comments_list" => listed(&fixture),
            "api_create_comment_201" => written(&fixture),
            "api_error_401_revoked" | "api_error_401_invalid" | "api_error_429" => refused(&fixture),
            "api_error_403_messages_partner_only" => closed(&fixture),
            "api_token_success_no_refresh" => traded(&fixture),
            "api_token_refreshed_partner" | "api_token_refresh_refused" => renewed(&fixture),
            "api_userinfo" => introduced(&fixture),
            "api_member_changelog_messages" | "api_member_snapshot_inbox" => logged(&fixture),
            "api_organization_acls" => chosen(&fixture),
            other => panic!("nobody asks for {other}"),
        }
    }
    assert_eq!(seen, 13);
}

fn listed(fixture: &Fixture) {
    let read = comments(fixture).unwrap();
    assert!(!read.more, "the list has no next page");
    Outcome::of(read.events).check(PAGE, Expected::new(&fixture.expect, fixture.id.clone()));
}

fn written(fixture: &Fixture) {
    let body = &fixture.http.request["body"];
    let parent = body["parentComment"].as_str().unwrap();
    block_on(async {
        let found = ok(&json!({ "commentUrn": parent, "actor": "urn:li:person:x", "object": THREAD }));
        let stand_in = StandIn::start(vec![found, reply(fixture)]).await;
        let message = OutboundMessage {
            conversation: THREAD.into(),
            text: body["message"]["text"].as_str().map(str::to_owned),
            reply_to: Some(parent.into()),
            ..OutboundMessage::default()
        };
        let sent = handle(settings(&stand_in.base)).send(&page(), &message).await.unwrap();
        let asked = stand_in.asked();
        check_call(&asked[1], fixture);
        assert_eq!(Value::from(asked[1].parameters.clone()), *body);
        let wanted = &fixture.expect["sent"];
        assert_eq!(json!(sent.messages), json!([wanted["platform_message_id"]]));
        assert_eq!(json!(sent.at.map(to_contract)), wanted["sent_at"]);
        assert_eq!((wanted["platform_conversation_id"].as_str(), sent.recipient), (Some(THREAD), None));
    });
}

fn refused(fixture: &Fixture) {
    let error = comments(fixture).unwrap_err();
    match fixture.expect["error"]["class"].as_str().unwrap() {
        "reconnect" => assert_eq!(error.kind, ErrorKind::ReauthRequired, "{error}"),
        "retry_later" => {
            assert_eq!(fixture.expect["error"]["retry_at"], "next 00:00 UTC");
            assert_eq!(error.kind, ErrorKind::RateLimited { retry_after: Some(Duration::from_hours(2)) });
        }
        other => panic!("{other}"),
    }
}

/// Only an app that says it is approved ever asks.
fn closed(fixture: &Fixture) {
    block_on(async {
        let stand_in = StandIn::start(vec![reply(fixture)]).await;
        let mut settings = settings(&stand_in.base);
        settings.messages_approved = true;
        let message = OutboundMessage {
            conversation: "urn:li:person:TstPrs0n1B".into(),
            text: Some("Hello".to_owned()),
            ..OutboundMessage::default()
        };
        let error = handle(settings).send(&member(), &message).await.unwrap_err();
        check_call(&stand_in.only(), fixture);
        assert_eq!(fixture.expect["error"]["class"], "config");
        assert_eq!(error.kind, ErrorKind::Misconfigured, "a new sign-in could not give what the app lacks");
        assert!(error.message.contains("not approved"), "{error}");
    });
}

fn traded(fixture: &Fixture) {
    let wanted = &fixture.expect["tokens"];
    let me = ok(&json!({ "sub": "TstAdm1n0A", "name": "Dana Doe" }));
    let acls = Reply::json(200, fixtures::payload("api_organization_acls.json"));
    let name = ok(&json!({ "localizedName": "Devtestco" }));
    let (outcome, asked) = resume("page", &[("code", "CODE")], vec![reply(fixture), me, acls, name], |_| {});
    check_call(&asked[0], fixture);
    let form: Vec<&str> = asked[0].parameters.keys().map(String::as_str).collect();
    assert_eq!(form, ["client_id", "client_secret", "code", "grant_type", "redirect_uri"]);
    let Progress::Linked { tokens, .. } = outcome.unwrap() else { panic!() };
    assert_eq!(tokens.expires_at.map(|at| at.timestamp()), wanted["expires_in"].as_i64());
    assert_eq!(json!(tokens.refresh.is_some()), wanted["refreshable"]);
    // Every scope that came back counts as granted, and one that did not is missed.
    let scopes: Vec<&str> = wanted["scopes"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let all = scopes.join(" ");
    let (outcome, _) = resume(
        "page",
        &[("code", "CODE")],
        vec![reply(fixture), ok(&json!({ "sub": "x" })), ok(&json!({ "elements": [] }))],
        |settings| settings.scopes = all,
    );
    assert!(outcome.unwrap_err().message.contains("no page that you administer"));
}

fn renewed(fixture: &Fixture) {
    block_on(async {
        let stand_in = StandIn::start(vec![reply(fixture)]).await;
        let mut grant = page();
        grant.refresh_token = Some(Secret::from("tst-refresh-1"));
        let outcome = handle(settings(&stand_in.base)).refresh(&grant).await;
        let asked = stand_in.only();
        check_call(&asked, fixture);
        assert_eq!(asked.parameters["grant_type"], "refresh_token");
        assert_eq!(asked.parameters["refresh_token"], "tst-refresh-1");
        match fixture.expect.get("tokens") {
            Some(wanted) => {
                let tokens = outcome.unwrap();
                let late = chrono::DateTime::parse_from_rfc2822(LATE).unwrap().timestamp();
                let life = tokens.expires_at.unwrap().timestamp() - late;
                assert_eq!(Some(life), wanted["expires_in"].as_i64(), "by the platform's own clock");
                assert_eq!(tokens.refresh.unwrap().expose_secret(), "tst-refresh-1");
            }
            None => assert_eq!(outcome.unwrap_err().kind, ErrorKind::ReauthRequired),
        }
    });
}

fn introduced(fixture: &Fixture) {
    block_on(async {
        let stand_in = StandIn::start(vec![reply(fixture)]).await;
        let wanted = &fixture.expect["profile"];
        let mut grant = member();
        grant.facts["person"] = wanted["urn"].clone();
        let person = RemoteParticipantId::from(wanted["urn"].as_str().unwrap());
        let profile = handle(settings(&stand_in.base)).profile(&grant, &person).await.unwrap();
        let asked = stand_in.only();
        check_call(&asked, fixture);
        assert!(!asked.headers.contains_key("linkedin-version"), "below /v2 there are no versions");
        assert_eq!(
            (json!(profile.name), json!(profile.picture)),
            (wanted["name"].clone(), wanted["avatar_url"].clone())
        );
    });
}

fn logged(fixture: &Fixture) {
    let old = fixture.id.contains("snapshot");
    let cursor = if old { json!({}) } else { json!({ "begun": true, "since": 1_780_297_000_000_i64 }) };
    let (outcome, asked) = pull(&member(), &cursor, vec![reply(fixture)]);
    check_call(&asked[0], fixture);
    assert_eq!(asked[0].headers["linkedin-version"], "202312", "the product stays on its own version");
    let read = outcome.unwrap();
    if !old {
        let next: Value = serde_json::from_str(read.next.as_deref().unwrap()).unwrap();
        assert_eq!(next["since"], fixture.expect["page"]["next_start_time"]);
        assert!(!read.more);
    }
    Outcome::of(read.events).check(ADMIN, Expected::new(&fixture.expect, fixture.id.clone()));
}

fn chosen(fixture: &Fixture) {
    let token = Reply::json(200, fixtures::payload("api_token_success_no_refresh.json"));
    let me = ok(&json!({ "sub": "TstAdm1n0A" }));
    let (outcome, asked) = resume("page", &[("code", "CODE")], vec![token, me, reply(fixture)], |_| {});
    check_call(&asked[2], fixture);
    let Progress::Linked { identity, .. } = outcome.unwrap() else { panic!() };
    assert_eq!(json!([identity.remote_id]), fixture.expect["connectable_pages"]);
}

/// Of several pages the person chooses; what was asked for is kept sealed meanwhile.
#[test]
fn of_several_pages_the_person_chooses() {
    let role = |id: &str, role: &str, state: &str| json!({ "role": role, "organization": format!("urn:li:organization:{id}"), "state": state });
    let first = json!({ "elements": [role("1", "ADMINISTRATOR", "APPROVED"), role("2", "ADMINISTRATOR", "REQUESTED")],
        "paging": { "links": [{ "rel": "next", "href": "/rest/organizationAcls?start=2" }] } });
    let second =
        json!({ "elements": [role("3", "ADMINISTRATOR", "APPROVED"), role("4", "CONTENT_ADMIN", "APPROVED")] });
    block_on(async {
        let token = Reply::json(200, fixtures::payload("api_token_refreshed_partner.json"));
        let me = ok(&json!({ "sub": "TstAdm1n0A" }));
        let named = ok(&json!({ "localizedName": "One Ltd" }));
        let nameless = Reply::json(403, "{}");
        let stand_in = StandIn::start(vec![token, me, ok(&first), ok(&second), named, nameless]).await;
        let mut settings = settings(&stand_in.base);
        settings.scopes = "r_organization_social w_organization_social".to_owned();
        let platform = handle(settings);
        let context = context("page");
        let progress = platform.resume(&context, &Value::Null, &answers(&[("code", "CODE")])).await.unwrap();
        let Progress::Next { step: Step::Choose { options, .. }, memory } = progress else { panic!("{progress:?}") };
        let shown: Vec<_> = options.iter().map(|one| (one.id.as_str(), one.label.as_str())).collect();
        assert_eq!(
            shown,
            [("urn:li:organization:1", "One Ltd"), ("urn:li:organization:3", "urn:li:organization:3")],
            "only approved administrators may subscribe"
        );
        assert_eq!(stand_in.asked()[3].query["start"], "2");
        for wrong in ["", "urn:li:organization:2"] {
            let error = platform.resume(&context, &memory, &answers(&[("choice", wrong)])).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::BadInput);
        }
        let choice = answers(&[("choice", "urn:li:organization:1")]);
        let Progress::Linked { identity, tokens, .. } = platform.resume(&context, &memory, &choice).await.unwrap()
        else {
            panic!()
        };
        assert_eq!(
            (identity.remote_id.as_str(), identity.username.as_deref()),
            ("urn:li:organization:1", Some("One Ltd"))
        );
        assert_eq!(identity.grantor.as_deref(), Some("linkedin:77tstclientid0:urn:li:person:TstAdm1n0A"));
        assert_eq!(identity.facts, json!({ "person": ADMIN }));
        assert_eq!(tokens.access.expose_secret(), "tst-access-2");
        assert_eq!(tokens.refresh.unwrap().expose_secret(), "tst-refresh-1");
        assert_eq!(tokens.expires_at.unwrap().timestamp(), 5_184_000);
        assert_eq!(stand_in.asked().len(), 6, "choosing asks nobody");
    });
}
