use crate::support::TestApp;
use hub_app::accounts::{self, BeginConnect};
use hub_app::auth::{self, Credentials};
use hub_app::inbox::{self, replay_receipt};
use hub_app::{App, Caller, ListMessages, Secret, WebhookRequest};
use hub_testkit::database::engines;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

async fn linked(app: &App, email: &str) -> Caller {
    let credentials =
        Credentials { email: email.to_owned(), password: Secret::from("correct horse battery"), address: None };
    let session = auth::register(app, credentials).await.expect("registered");
    let caller = auth::authenticate(app, &session.access_token).expect("signed in");
    let begin = BeginConnect { platform: "telegram".to_owned(), ..BeginConnect::default() };
    accounts::begin_connect(app, &caller, begin).await.expect("linked");
    caller
}

async fn deliver(app: &App, body: &str) {
    let request = WebhookRequest {
        method: "POST".to_owned(),
        path_key: None,
        query: std::collections::BTreeMap::default(),
        headers: Vec::new(),
        body: body.to_owned().into(),
    };
    let accepted = inbox::receive_webhook(app, "telegram", request).await.expect("taken");
    assert_eq!(accepted.status, 200);
}

async fn texts(app: &App, caller: &Caller) -> Vec<String> {
    let query = ListMessages { limit: 100, ..ListMessages::default() };
    let page = inbox::list_all_messages(app, caller, &query).await.expect("listed");
    let mut texts: Vec<String> = page.items.into_iter().filter_map(|view| view.message.content.text).collect();
    texts.sort();
    texts
}

fn event(id: &str) -> Value {
    json!({"id": id, "text": id})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_parked_its_neighbours_stand_and_a_replay_brings_it() {
    for engine in engines() {
        let test = TestApp::start_on(engine, |_| {}).await;
        let caller = linked(&test.app, "ada@example.com").await;
        deliver(&test.app, &json!([event("a"), {"id": "b", "text": "b", "odd": true}, event("c")]).to_string()).await;
        deliver(&test.app, "this is no JSON").await;
        deliver(&test.app, &json!([{"id": "d", "text": "d", "panic": true}]).to_string()).await;
        assert_eq!(texts(&test.app, &caller).await, ["a", "c"]);

        let parked = inbox::parked(&test.app, 10).await.expect("listed");
        assert_eq!(parked.len(), 3);
        assert!(
            parked.iter().all(|receipt| receipt.reason.is_some() && !receipt.body.contains("odd")),
            "sealed, with a reason"
        );
        test.fake.fixed.store(true, Ordering::Relaxed);
        let mut brought = 0;
        for receipt in &parked {
            brought += replay_receipt::replay_receipt(&test.app, receipt.id).await.expect("read again").messages;
        }
        assert_eq!(brought, 2, "what was missing, and nothing twice");
        assert_eq!(texts(&test.app, &caller).await, ["a", "b", "c", "d"]);
        let left = inbox::parked(&test.app, 10).await.expect("listed");
        assert_eq!(left.len(), 1, "what is no JSON stays for a person to look at");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_the_database_refuses_falls_alone() {
    for engine in engines() {
        let test = TestApp::start_on(engine, |_| {}).await;
        let caller = linked(&test.app, "ada@example.com").await;
        // An id that fits no column: cutting it would answer somebody else.
        let long = "x".repeat(256);
        deliver(&test.app, &json!([event("a"), {"id": long, "text": "too long"}, event("b")]).to_string()).await;
        assert_eq!(texts(&test.app, &caller).await, ["a", "b"]);
        assert_eq!(inbox::parked(&test.app, 10).await.expect("listed").len(), 1);
        let unread = inbox::unread_count(&test.app, &caller).await.expect("counted");
        assert_eq!(unread.total, 2);
        // Again, and beside a good one: nothing is doubled, nothing is held up.
        deliver(&test.app, &json!([event("a"), {"id": long, "text": "too long"}, event("c")]).to_string()).await;
        assert_eq!(texts(&test.app, &caller).await, ["a", "b", "c"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_says_nothing_new_and_a_disconnected_account_gets_nothing() {
    for engine in engines() {
        let test = TestApp::start_on(engine, |_| {}).await;
        let (ada, eve) = (linked(&test.app, "ada@example.com").await, linked(&test.app, "eve@example.com").await);
        let body = json!([{"id": "a", "text": "a", "file": "f"}]).to_string();
        for _ in 0..3 {
            deliver(&test.app, &body).await;
        }
        for caller in [&ada, &eve] {
            assert_eq!(texts(&test.app, caller).await, ["a"], "each of them, once, though a file belongs to it");
            let offset = inbox::latest_offset(&test.app, caller).await.expect("read");
            assert_eq!(offset, 2, "one word about the account and one about the message");
        }
        let account = accounts::list(&test.app, &eve).await.expect("listed")[0].id;
        accounts::disconnect(&test.app, &eve, account).await.expect("disconnected");
        accounts::disconnect(&test.app, &eve, account).await.expect("twice is fine");
        deliver(&test.app, &json!([event("b")]).to_string()).await;
        assert_eq!(texts(&test.app, &ada).await, ["a", "b"]);
        assert!(texts(&test.app, &eve).await.is_empty(), "her messages rest with the account");
        linked_again(&test.app, &eve).await;
        assert_eq!(texts(&test.app, &eve).await, ["a"], "her history is back");
    }
}

async fn linked_again(app: &App, caller: &Caller) {
    let begin = BeginConnect { platform: "telegram".to_owned(), ..BeginConnect::default() };
    accounts::begin_connect(app, caller, begin).await.expect("linked");
}
