//! What opens a whole account wants a fresh proof of who sits at the hub.

use crate::fake::{linked, tokens};
use crate::support::TestApp;
use hub_app::accounts::{self, BeginConnect, begin_connect};
use hub_app::auth::{self, Credentials, Refresh, Reproof};
use hub_app::{AppError, Caller, Card};
use hub_platform_kit::Secret;
use hub_platform_kit::card::ConnectMethod;
use hub_testkit::Engine;
use hub_testkit::database::engines;
use std::time::Duration;

const PASSWORD: &str = "correct horse battery";
const WHOLE: &[ConnectMethod] =
    &[ConnectMethod { id: "whole", label: "Everything", redirects: false, full_access: true, lacks: &[] }];

fn whole(card: &mut Card) {
    card.connect = WHOLE;
}

async fn begins(test: &TestApp, caller: &Caller, password: Option<&str>) -> Result<(), AppError> {
    let reproof = password.map(|password| Reproof { password: Secret::from(password), address: None });
    let input = BeginConnect { platform: "telegram".to_owned(), reproof, ..BeginConnect::default() };
    begin_connect(&test.app, caller, input).await.map(|_| ())
}

async fn registered(test: &TestApp) -> (Caller, String) {
    let credentials =
        Credentials { email: "ada@example.com".to_owned(), password: Secret::from(PASSWORD), address: None };
    let session = auth::register(&test.app, credentials).await.expect("registered");
    (auth::authenticate(&test.app, &session.access_token).expect("signed in"), session.refresh_token)
}

async fn renewed(test: &TestApp, token: &str) -> Caller {
    let renewal = Refresh { token: Secret::from(token), cookie: None, address: None };
    let session = auth::refresh(&test.app, renewal).await.expect("renewed");
    auth::authenticate(&test.app, &session.access_token).expect("signed in")
}

#[tokio::test]
async fn a_log_in_of_some_minutes_ago_is_enough_and_a_renewal_makes_it_no_newer() {
    for engine in engines() {
        let test = TestApp::start_with(engine, |_| {}, whole).await;
        let (caller, refresh) = registered(&test).await;
        begins(&test, &caller, None).await.expect("fresh");
        test.clock.advance(Duration::from_mins(9));
        let caller = renewed(&test, &refresh).await;
        begins(&test, &caller, None).await.expect("still fresh");
        test.clock.advance(Duration::from_secs(61));
        assert!(matches!(begins(&test, &caller, None).await, Err(AppError::StepUpRequired)));
        let unknown = Caller { proven_at: None, ..caller.clone() };
        assert!(matches!(begins(&test, &unknown, None).await, Err(AppError::StepUpRequired)), "a token of an original");
        assert_eq!(accounts::list(&test.app, &caller).await.expect("listed").len(), 1, "one account, linked again");
        begins(&test, &caller, Some(PASSWORD)).await.expect("the password is a proof");
        begins(&test, &unknown, Some(PASSWORD)).await.expect("whatever the token says");
    }
}

#[tokio::test]
async fn a_wrong_password_proves_nothing_and_guessing_is_slowed_down() {
    let test = TestApp::start_with(Engine::Sqlite, |_| {}, whole).await;
    let (caller, _) = registered(&test).await;
    for _ in 0..6 {
        assert!(matches!(begins(&test, &caller, Some("guessed")).await, Err(AppError::Invalid(_))));
    }
    assert!(matches!(begins(&test, &caller, Some(PASSWORD)).await, Err(AppError::Throttled { .. })));
    assert_eq!(accounts::list(&test.app, &caller).await.expect("listed").len(), 0);
    test.clock.advance(Duration::from_mins(2));
    begins(&test, &caller, Some(PASSWORD)).await.expect("after a pause");
}

#[tokio::test]
async fn other_ways_and_other_settings_ask_for_nothing() {
    let test = TestApp::start(|_| {}).await;
    let (caller, _) = registered(&test).await;
    test.clock.advance(Duration::from_hours(1));
    begins(&test, &caller, None).await.expect("a permission with limits");
    let test = TestApp::start_with(Engine::Sqlite, |settings| settings.step_up_within = Duration::ZERO, whole).await;
    let (caller, _) = registered(&test).await;
    test.clock.advance(Duration::from_hours(1));
    begins(&test, &caller, None).await.expect("the operator wants it so");
}

#[tokio::test]
async fn a_sign_in_that_cannot_be_kept_is_ended_at_the_platform() {
    let test = TestApp::start_with(Engine::Sqlite, |_| {}, whole).await;
    let (caller, _) = registered(&test).await;
    // Nobody of that id: the row cannot be stored.
    let gone = Caller { user_id: hub_app::clock::new_id(), ..caller };
    test.fake.begins.then(Ok(linked("somebody", tokens("all of somebody", None, None))));
    assert!(begins(&test, &gone, None).await.is_err());
    let revoked = test.fake.revoked.lock().unwrap().clone();
    assert_eq!(revoked, [("all of somebody".to_owned(), None)]);
}
