//! How channels stand at the platforms that are asked: each trouble as the platform shows it, seen by a whole hub, and its end.

use super::facebook::Facebook;
use super::instagram::Instagram;
use super::linkedin::{self, LinkedIn};
use super::meta;
use super::teams::Teams;
use super::twitter::{self, Twitter};
use super::whatsapp::{self, WhatsApp};
use crate::channels::{ELSEWHERE, OFTEN, becomes, channel, history};
use hub_domain::Pace;
use hub_simulators::linkedin::App;
use hub_simulators::meta::Fault as Wrong;
use hub_testkit::conformance::{Stage, Subject};
use hub_testkit::database::engines;
use hub_testkit::{Engine, eventually, eventually_seen};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::path::Path;

const BINARY: &str = env!("CARGO_BIN_EXE_hub");

async fn linked<S: Subject>(engine: Engine) -> Stage<S> {
    let stage = Box::pin(Stage::<S>::linked_with(Path::new(BINARY), engine, OFTEN)).await;
    stage.past_is_read_back().await;
    confirmed(&stage).await;
    stage
}

/// The hub knows that the platform calls it.
async fn confirmed<S: Subject>(stage: &Stage<S>) {
    let states = "SELECT state FROM hub_subscriptions";
    let active = [Some("active".to_owned())];
    let is_active = async || {
        let states = stage.database.texts(states).await;
        if states == active { Ok(()) } else { Err(states) }
    };
    eventually_seen("it is confirmed", is_active).await;
}

/// The channel was asked about at least once more, beginning now.
async fn looked_at<S: Subject>(stage: &Stage<S>) {
    // The look that is due next may have begun already; the one after it has not.
    for _ in 0..2 {
        let due = channel(&stage.user).await["next_probe_at"].clone();
        let later = async || (channel(&stage.user).await["next_probe_at"] != due).then_some(());
        eventually("the channel is looked at", later).await;
    }
}

async fn reclaim<S: Subject>(stage: &Stage<S>) -> (StatusCode, Value) {
    let account = channel(&stage.user).await["account_id"].as_str().expect("an id").to_owned();
    stage.user.post(&format!("/api/oauth/accounts/{account}/reclaim"), &json!({})).await
}

/// A subscription that ended without a word is made anew, and what was said meanwhile is read back and marked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn teams_makes_an_ended_subscription_anew_and_reads_the_gap() {
    for engine in engines() {
        let stage = linked::<Teams>(engine).await;
        stage.hear(1, "told").await;
        let (account, person) = (stage.subject.account(0), stage.subject.person(1));
        let first = stage.subject.subscription(&account).expect("a subscription").id;
        stage.subject.platform.hold(true, false);
        stage.subject.say(&account, &person, "told by nobody");
        assert!(stage.subject.platform.kill_subscription(&first));
        stage.subject.platform.hold(false, false);
        let missed = stage.message("told by nobody").await;
        let ended = async || {
            let history = history(&stage.user).await;
            history.ends_with(&["catching_up".to_owned(), "ok".to_owned()]).then_some(history)
        };
        let passed = eventually("it is well again", ended).await;
        assert_eq!(passed, ["suspect", "catching_up", "ok"]);
        assert_eq!(missed["is_read"], false, "what was missed rings: {missed}");
        let second = stage.subject.subscription(&account).expect("a subscription").id;
        assert_ne!(second, first);
        stage.hear(1, "told again").await;
        stage.finish().await;
    }
}

/// A permission that was taken back is named, and its return is seen without a new sign-in.
async fn a_lost_permission<S: Subject>(stage: &Stage<S>, permit: impl Fn(bool), scope: &str) {
    permit(false);
    let shown = becomes(&stage.user, "permissions").await;
    assert_eq!(shown["action"], "fix_permissions", "{shown}");
    assert_eq!(shown["evidence"]["kind"], "permissions_lack", "{shown}");
    assert!(shown["evidence"]["words"].as_str().is_some_and(|words| words.contains(scope)), "{shown}");
    permit(true);
    becomes(&stage.user, "ok").await;
    assert_eq!(history(&stage.user).await, ["permissions", "ok"]);
}

/// A subscription that is gone is made anew.
async fn a_lost_subscription<S: Subject>(stage: &Stage<S>, lose: impl Fn(), stands: impl Fn() -> bool) {
    let before = history(&stage.user).await.len();
    lose();
    assert!(!stands());
    eventually("it is made anew", async || stands().then_some(())).await;
    let well = async || {
        let history = history(&stage.user).await;
        (history.last().is_some_and(|state| state == "ok") && history.len() > before).then_some(history)
    };
    let passed = eventually("it is well again", well).await;
    assert_eq!(passed[before], "suspect", "{passed:?}");
    stage.hear(1, &format!("told again after {} changes", passed.len())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facebook_names_a_lost_permission_and_a_lost_subscription_comes_back() {
    let stage = linked::<Facebook>(Engine::Sqlite).await;
    let platform = stage.subject.meta();
    let scope = "pages_messaging";
    a_lost_permission(&stage, |given| platform.permit(meta::APP, super::facebook::OWNER, scope, given), scope).await;
    let page = stage.subject.account(0);
    let lose = || assert!(platform.unsubscribe(&page, meta::APP));
    a_lost_subscription(&stage, lose, || platform.subscription(&page, meta::APP).is_some()).await;
    // Another field than messages alone is as good as none.
    let deaf = || platform.subscribe(&page, meta::APP, vec!["messaging_postbacks".to_owned()], None);
    let hears =
        || platform.subscription(&page, meta::APP).is_some_and(|fields| fields.contains(&"messages".to_owned()));
    let before = history(&stage.user).await.len();
    deaf();
    eventually("it hears again", async || hears().then_some(())).await;
    eventually("it is well again", async || (history(&stage.user).await.len() >= before + 2).then_some(())).await;
    becomes(&stage.user, "ok").await;
    stage.finish().await;
}

/// A page that Facebook does not call for looks linked and is dead until it is asked again: it says so, and what was said meanwhile
/// is read back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facebook_refuses_to_call_at_first_and_nothing_is_missed() {
    let stage = Stage::<Facebook>::open_with(Path::new(BINARY), Engine::Sqlite, OFTEN).await;
    let (platform, page) = (stage.subject.meta(), stage.subject.account(0));
    // Long enough to be looked at: it is asked again every four seconds.
    for _ in 0..4 {
        let message = "(#100) No page like that".to_owned();
        platform.fault("subscribed_apps", Wrong::Graph { status: 400, code: 100, subcode: None, message });
    }
    stage.link_only(&stage.user, Facebook::METHOD, &page).await;
    let shown = becomes(&stage.user, "misconfigured").await;
    assert_eq!((&shown["action"], &shown["evidence"]["kind"]), (&json!("fix_settings"), &json!("not_subscribed")));
    stage.past_is_read_back().await;
    stage.subject.say(&page, &stage.subject.person(1), "told by nobody");
    eventually("it is asked again", async || platform.subscription(&page, meta::APP).map(|_| ())).await;
    assert_eq!(stage.message("told by nobody").await["recovered"], true);
    becomes(&stage.user, "ok").await;
    assert_eq!(history(&stage.user).await, ["misconfigured", "catching_up", "ok"]);
    stage.hear(1, "told").await;
    stage.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instagram_makes_a_lost_subscription_anew() {
    let stage = linked::<Instagram<false>>(Engine::Sqlite).await;
    let (platform, account) = (stage.subject.platform.meta(), stage.subject.account(0));
    let lose = || assert!(platform.unsubscribe(&account, meta::APP));
    a_lost_subscription(&stage, lose, || platform.subscription(&account, meta::APP).is_some()).await;
    stage.finish().await;
}

/// Numbers cannot be read back, so what a lost subscription cost is a hole; an address of somebody else's is a takeover.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatsapp_says_all_that_it_can() {
    let stage = linked::<WhatsApp>(Engine::Sqlite).await;
    let platform = stage.subject.meta();
    let business = whatsapp::business(&stage.subject.account(0));
    let scope = "whatsapp_business_management";
    a_lost_permission(&stage, |given| platform.permit(whatsapp::APP, whatsapp::OWNER, scope, given), scope).await;
    let lose = || assert!(platform.unsubscribe(business, whatsapp::APP));
    a_lost_subscription(&stage, lose, || platform.subscription(business, whatsapp::APP).is_some()).await;
    assert_eq!(channel(&stage.user).await["holes"].as_array().map(Vec::len), Some(1));

    platform.subscribe(business, whatsapp::APP, Vec::new(), Some(ELSEWHERE.to_owned()));
    let taken = becomes(&stage.user, "taken_over").await;
    assert_eq!((&taken["action"], &taken["evidence"]["code"]), (&json!("reclaim"), &json!("other.example")));
    looked_at(&stage).await;
    assert_eq!(channel(&stage.user).await["state"], "taken_over", "nobody is fought");
    let (status, back) = reclaim(&stage).await;
    assert_eq!((status, &back["account"]["state"]), (StatusCode::OK, &json!("ok")), "{back}");
    stage.hear(1, "told to the hub again").await;
    stage.finish().await;
}

/// X allows an app one address: whoever registers another takes every account, and only its removal at X gives them back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x_says_who_took_the_address_and_gives_it_back_once_it_is_free() {
    let stage = linked::<Twitter>(Engine::Sqlite).await;
    let platform = &stage.subject.platform;
    platform.forget_webhooks(twitter::CLIENT_ID);
    platform.knows_webhook(twitter::CLIENT_ID, twitter::ANOTHER_WEBHOOK, ELSEWHERE);
    let taken = becomes(&stage.user, "taken_over").await;
    assert_eq!((&taken["action"], &taken["evidence"]["code"]), (&json!("reclaim"), &json!("other.example")));
    let (status, refused) = reclaim(&stage).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
    let words = refused["error"]["message"].as_str().unwrap_or_default();
    assert!(words.contains("X knows another address of this app and allows no second one."), "{refused}");
    assert!(!words.contains("misconfigured"), "a plain sentence: {refused}");
    assert_eq!(refused["error"]["retryable"], false, "asking again changes nothing: {refused}");
    assert_eq!(channel(&stage.user).await["state"], "taken_over");

    platform.forget_webhooks(twitter::CLIENT_ID);
    becomes(&stage.user, "ok").await;
    assert!(stage.subject.is_called(&stage.subject.account(0)), "what is free again is taken without a word");
    stage.hear(1, "told again").await;
    stage.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn x_makes_a_broken_address_and_lost_subscriptions_good() {
    let stage = linked::<Twitter>(Engine::Sqlite).await;
    let platform = &stage.subject.platform;
    let account = stage.subject.account(0);
    a_lost_subscription(&stage, || platform.break_webhooks(), || stage.subject.is_called(&account)).await;
    let lose = || platform.forget_webhooks(twitter::CLIENT_ID);
    a_lost_subscription(&stage, lose, || stage.subject.is_called(&account)).await;
    stage.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn linkedin_pages_are_made_anew_and_taken_back() {
    let stage = linked::<LinkedIn>(Engine::Sqlite).await;
    let (platform, page) = (&stage.subject.platform, stage.subject.account(0));
    a_lost_subscription(
        &stage,
        || platform.lead_subscriptions(linkedin::CLIENT, None),
        || stage.subject.is_called(&page),
    )
    .await;
    platform.lead_subscriptions(linkedin::CLIENT, Some(ELSEWHERE));
    let taken = becomes(&stage.user, "taken_over").await;
    assert_eq!((&taken["action"], &taken["evidence"]["code"]), (&json!("reclaim"), &json!("other.example")));
    let (status, back) = reclaim(&stage).await;
    assert_eq!(status, StatusCode::OK, "{back}");
    becomes(&stage.user, "ok").await;
    stage.hear(1, "told to the hub again").await;
    stage.finish().await;
}

/// Nothing calls for a member, so LinkedIn has nothing to say about it: that is no trouble, and nothing is claimed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn linkedin_members_stay_well_without_a_word() {
    let scopes = ("LINKEDIN_MEMBER_SCOPES", "openid profile r_dma_portability_3rd_party");
    let settings = [OFTEN[0], scopes];
    let stage = Box::pin(Stage::<LinkedIn>::open_with(Path::new(BINARY), Engine::Sqlite, &settings)).await;
    stage.subject.platform.create_app(App::new(linkedin::CLIENT, linkedin::SECRET).with_portability());
    stage.link_only(&stage.user, "member", &format!("urn:li:person:{}", linkedin::ADMIN)).await;
    confirmed(&stage).await;
    looked_at(&stage).await;
    let shown = channel(&stage.user).await;
    assert_eq!((&shown["state"], &shown["action"]), (&json!("ok"), &json!("none")), "{shown}");
    assert_eq!(shown["evidence"]["kind"], "linked", "LinkedIn confirmed nothing: {shown}");
    assert!(history(&stage.user).await.is_empty());
    let asked = stage.subject.platform.requests();
    assert!(!asked.iter().any(|call| call.endpoint.contains("eventSubscriptions")), "{asked:?}");
    stage.finish().await;
}

/// What is usual for a channel that is heard every quarter of an hour of three weeks.
fn busy() -> String {
    let mut pace = Pace::default();
    let now = chrono::Utc::now();
    for quarter in (0..21 * 96).rev() {
        pace.arrived(now - chrono::TimeDelta::minutes(15 * quarter));
    }
    serde_json::to_string(&pace).expect("JSON")
}

/// The platform says that all is well and delivers nothing any more. Only the silence tells, and reading proves it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_dies_without_a_word_is_found_out_and_read() {
    for engine in engines() {
        let stage = linked::<Facebook>(engine).await;
        stage.hear(1, "the last that was told").await;
        let known = "SELECT state FROM hub_channels WHERE last_event_at IS NOT NULL";
        let noted = async || (!stage.database.texts(known).await.is_empty()).then_some(());
        eventually("its arrival is written down", noted).await;
        stage.subject.meta().hold();
        stage.subject.say(&stage.subject.account(0), &stage.subject.person(1), "told by nobody");
        looked_at(&stage).await;
        assert!(stage.find("told by nobody").await.is_none());
        assert_eq!(channel(&stage.user).await["state"], "ok", "a moment of silence is no silence");

        let ago = |hours| (chrono::Utc::now() - chrono::TimeDelta::hours(hours)).format("%Y-%m-%dT%H:%M:%S%.6fZ");
        let (silent, since, pace) = (ago(3), ago(4), busy());
        let changed = stage
            .database
            .change(format!("UPDATE hub_channels SET last_event_at = '{silent}', since = '{since}', pace = '{pace}'"));
        assert_eq!(changed.await, 1);
        let missed = stage.message("told by nobody").await;
        assert_eq!((&missed["recovered"], &missed["is_read"]), (&json!(true), &json!(false)), "{missed}");
        let passed = async || {
            let history = history(&stage.user).await;
            (history.len() >= 5).then_some(history)
        };
        let passed = eventually("it is well again", passed).await;
        assert_eq!(passed, ["suspect", "catching_up", "suspect", "catching_up", "ok"]);
        stage.subject.meta().release(false);
        stage.hear(1, "told again").await;
        assert_eq!(stage.all("told by nobody").await.len(), 1);
        stage.finish().await;
    }
}
