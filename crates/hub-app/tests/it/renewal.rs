//! Grants are renewed in time, by one caller, and taken back with the last account that hangs on them.

use crate::fake::{linked, tokens};
use crate::talk::{Talk, link, register};
use hub_app::{ErrorKind, PlatformError, accounts, housekeeping};
use hub_domain::{AccountHealth, AccountId, DeliveryStatus};
use hub_platform_kit::card::Renewal;
use hub_platform_kit::platform::Progress;
use hub_testkit::Engine;
use hub_testkit::database::engines;
use serde_json::json;
use std::time::Duration;

const DAY: i64 = 24 * 3_600;

async fn ending(engine: Engine, renewal: Renewal, refresh: Option<&str>, ends: i64) -> (Talk, AccountId) {
    let talk = Talk::unlinked(engine, |card| card.renewal = renewal).await;
    talk.test.fake.begins.then(Ok(linked("shop", tokens("old", refresh, Some(ends)))));
    link(talk.app(), &talk.caller).await;
    talk.work().await;
    let id = accounts::list(talk.app(), &talk.caller).await.expect("listed")[0].id;
    (talk, id)
}

impl Talk {
    async fn uses(&self, id: AccountId) -> Result<(), hub_app::AppError> {
        accounts::refresh_grant(self.app(), &self.caller, id).await
    }

    async fn health(&self) -> AccountHealth {
        accounts::list(self.app(), &self.caller).await.expect("listed")[0].health
    }

    /// The tokens as disconnecting hands them to the platform.
    async fn last_tokens(&self, id: AccountId) -> Vec<(String, Option<String>)> {
        accounts::disconnect(self.app(), &self.caller, id).await.expect("disconnected");
        self.work().await;
        self.test.fake.revoked.lock().unwrap().clone()
    }
}

const EARLY: Renewal = Renewal::Early { when_left: Duration::from_hours(24 * 7) };

#[tokio::test(flavor = "multi_thread")]
async fn what_renews_itself_is_renewed_in_its_last_days_only() {
    for engine in engines() {
        let (talk, id) = ending(engine, EARLY, None, 60 * DAY).await;
        talk.test.clock.advance(Duration::from_hours(24 * 53));
        talk.uses(id).await.expect("still long good");
        assert_eq!(talk.test.fake.count("refresh"), 0);
        talk.test.clock.advance(Duration::from_secs(1));
        talk.test.fake.renewals.then(Ok(tokens("new", None, Some(120 * DAY))));
        talk.uses(id).await.expect("renewed");
        talk.uses(id).await.expect("good again");
        assert_eq!(talk.test.fake.count("refresh"), 1);
        assert_eq!(talk.last_tokens(id).await, [("new".to_owned(), None)]);
        let (late, id) = ending(engine, EARLY, None, DAY).await;
        late.test.clock.advance(Duration::from_hours(24));
        late.uses(id).await.expect("its use will tell");
        assert_eq!(late.test.fake.count("refresh"), 0, "what has ended cannot be renewed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_callers_renew_once_and_none_uses_what_has_ended() {
    for engine in engines() {
        for ended in [true, false] {
            let (talk, id) = ending(engine, Renewal::WithRefreshToken, Some("keep"), DAY).await;
            talk.test.clock.advance(Duration::from_secs(if ended { 86_401 } else { 86_200 }));
            talk.test.fake.renewals.then(Ok(tokens("new", None, Some(10 * DAY))));
            // The platform answers when everybody has begun to ask.
            let (begun, mut everybody) = tokio::sync::watch::channel(0);
            talk.test.fake.meanwhile(async move {
                everybody.wait_for(|begun| *begun == 16).await.expect("they ask");
            });
            let asks = async || {
                begun.send_modify(|begun| *begun += 1);
                talk.uses(id).await
            };
            let outcomes = futures_util::future::join_all((0..16).map(|_| asks())).await;
            assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
            assert_eq!(talk.test.fake.count("refresh"), 1);
            assert_eq!(talk.health().await, AccountHealth::Ok);
            let kept = ("new".to_owned(), Some("keep".to_owned()));
            assert_eq!(talk.last_tokens(id).await, [kept], "silence about the refresh token keeps it");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_renewal_keeps_what_works_and_only_a_no_about_the_grant_marks_it() {
    for engine in engines() {
        let (talk, id) = ending(engine, EARLY, None, 3 * DAY).await;
        let away = PlatformError::new(ErrorKind::Transient { maybe_applied: false }, "away");
        talk.test.fake.renewals.then(Err(away));
        talk.uses(id).await.expect("the old one still works");
        assert_eq!(talk.health().await, AccountHealth::Ok);
        talk.test.fake.renewals.then(Err(PlatformError::new(ErrorKind::ReauthRequired, "dead")));
        assert!(matches!(talk.uses(id).await, Err(hub_app::AppError::AccountNeedsReauth)));
        assert_eq!(talk.health().await, AccountHealth::NeedsReauth);
        assert_eq!(talk.test.fake.count("refresh"), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_nobody_uses_are_renewed_too() {
    for engine in engines() {
        let (talk, id) = ending(engine, EARLY, None, 3 * DAY).await;
        talk.test.fake.renewals.then(Ok(tokens("new", None, Some(60 * DAY))));
        housekeeping::renew_grants(talk.app()).await.expect("looked after");
        housekeeping::renew_grants(talk.app()).await.expect("looked after");
        assert_eq!(talk.test.fake.count("refresh"), 1);
        assert_eq!(talk.last_tokens(id).await, [("new".to_owned(), None)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_ends_after_the_account_was_disconnected_leaves_no_token() {
    for engine in engines() {
        let (talk, id) = ending(engine, EARLY, None, 3 * DAY).await;
        talk.test.fake.renewals.then(Ok(tokens("new", None, Some(60 * DAY))));
        let (app, caller) = (talk.app().clone(), talk.caller.clone());
        talk.test.fake.meanwhile(async move {
            accounts::disconnect(&app, &caller, id).await.expect("disconnected");
        });
        assert!(talk.uses(id).await.is_err());
        let stored = talk.app().store().read().accounts().grant(id).await.unwrap().unwrap();
        assert_eq!((stored.tokens.access_token.as_str(), stored.tokens.access_token_seal), ("", None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_is_taken_back_with_the_last_account_that_hangs_on_it() {
    for engine in engines() {
        let talk = Talk::unlinked(engine, |_| {}).await;
        for remote in ["p1", "p2"] {
            let Progress::Linked { mut identity, tokens, proof } =
                linked(remote, tokens(remote, Some("of the person"), None))
            else {
                panic!("linked at once")
            };
            identity.grantor = Some("person".to_owned());
            identity.facts = json!({"page": remote});
            talk.test.fake.begins.then(Ok(Progress::Linked { identity, tokens, proof }));
            link(talk.app(), &talk.caller).await;
        }
        let eve = register(talk.app(), "eve@example.com").await;
        talk.test.fake.begins.then(Ok(linked("p3", tokens("p3", None, None))));
        link(talk.app(), &eve).await;
        talk.work().await;
        let ids: Vec<_> = accounts::list(talk.app(), &talk.caller).await.expect("listed");
        let first = ids.iter().find(|account| account.remote_id.as_str() == "p1").expect("linked").id;
        let second = ids.iter().find(|account| account.remote_id.as_str() == "p2").expect("linked").id;
        assert!(talk.last_tokens(first).await.is_empty(), "the other page would lose it as well");
        let kept = ("p2".to_owned(), Some("of the person".to_owned()));
        assert_eq!(talk.last_tokens(second).await, [kept], "both tokens, for whichever the platform wants");
    }
}

/// An account whose token the platform has stopped to honour before its time, with one conversation and no name for it.
async fn refused(engine: Engine) -> (Talk, hub_domain::ConversationId) {
    let talk = Talk::unlinked(engine, |card| card.renewal = Renewal::WithRefreshToken).await;
    talk.test.fake.begins.then(Ok(linked("shop", tokens("old", Some("once"), None))));
    link(talk.app(), &talk.caller).await;
    talk.told(json!([{"id": "in", "text": "hello"}])).await;
    talk.work().await;
    talk.test.fake.honour("new", "once");
    let conversation = talk.only().await.id;
    (talk, conversation)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_renewed_once_and_what_was_refused_is_done() {
    for engine in engines() {
        let (talk, _) = refused(engine).await;
        let id = talk.say("answer").await;
        assert_eq!(talk.message(id).await.status, Some(DeliveryStatus::Sent));
        assert_eq!(talk.test.fake.left(), ["answer"]);
        assert_eq!(talk.test.fake.count("refresh"), 1);
        assert_eq!(talk.health().await, AccountHealth::Ok);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_refused_renewal_accuses_the_account_and_nobody_else_s_trouble() {
    for engine in engines() {
        let (talk, _) = refused(engine).await;
        let away = PlatformError::new(ErrorKind::Transient { maybe_applied: true }, "away");
        talk.test.fake.renewals.then(Err(away));
        let id = talk.say("answer").await;
        assert_eq!(talk.message(id).await.status, Some(DeliveryStatus::Queued), "it never left, so it waits");
        assert_eq!(talk.health().await, AccountHealth::Ok);
        talk.later(120).await;
        assert_eq!(talk.message(id).await.status, Some(DeliveryStatus::Sent));
        talk.test.fake.honour("other", "tokens");
        let id = talk.say("one more").await;
        assert_eq!(talk.message(id).await.status, Some(DeliveryStatus::Failed));
        assert_eq!(talk.health().await, AccountHealth::NeedsReauth);
    }
}

/// A refresh token may be used once: whoever comes late finds the new one and accuses nobody.
#[tokio::test(flavor = "multi_thread")]
async fn sixteen_refused_at_once_spend_one_refresh_token() {
    for engine in engines() {
        let (talk, conversation) = refused(engine).await;
        let ask = || accounts::refresh_profile(talk.app(), conversation);
        let outcomes = futures_util::future::join_all((0..16).map(|_| ask())).await;
        assert!(outcomes.iter().all(|outcome| *outcome == hub_app::jobs::Outcome::Done), "{outcomes:?}");
        assert_eq!(talk.test.fake.count("refresh"), 1);
        assert_eq!(talk.health().await, AccountHealth::Ok);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_nothing_renews_is_announced_to_end_once_and_in_time() {
    for engine in engines() {
        let (talk, id) = ending(engine, Renewal::WithRefreshToken, None, 60 * DAY).await;
        let notices = async || accounts::notices(talk.app(), &talk.caller, id, 10).await.expect("listed");
        let look = async || housekeeping::renew_grants(talk.app()).await.expect("looked after");
        talk.test.clock.advance(Duration::from_hours(49 * 24));
        look().await;
        assert!(notices().await.is_empty(), "there is time");
        talk.test.clock.advance(Duration::from_hours(48));
        look().await;
        look().await;
        let told = notices().await;
        assert_eq!(told.iter().map(|notice| notice.kind.as_str()).collect::<Vec<_>>(), ["sign_in_ends"]);
        assert!(told[0].data.contains("ends_at"), "{}", told[0].data);
        let (early, id) = ending(engine, EARLY, None, 3 * DAY).await;
        housekeeping::renew_grants(early.app()).await.expect("looked after");
        assert!(
            accounts::notices(early.app(), &early.caller, id, 10).await.expect("listed").is_empty(),
            "it renews itself"
        );
    }
}
