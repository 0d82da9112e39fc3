use crate::support::TestApp;
use crate::talk::books_balance;
use hub_app::accounts::{self, BeginConnect};
use hub_app::auth::{self, Credentials};
use hub_app::inbox::{self, replay_receipt};
use hub_app::{App, Caller, ListMessages, Secret, WebhookRequest};
use hub_domain::Counter;
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
    let query = ListMessages { limit: 1_000, ..ListMessages::default() };
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

        let parked = inbox::parked::list_parked(&test.app, &all()).await.expect("listed");
        assert_eq!(parked.len(), 3);
        for receipt in &parked {
            assert!(receipt.reason.is_some());
            let (stored, body) = inbox::parked::open_parked(&test.app, receipt.id).await.expect("opened");
            assert!(!stored.body.contains("odd") && !body.is_empty(), "sealed");
        }
        let stood = books_balance(&test.app).await;
        assert_eq!(
            (stood.count(Counter::Received), stood.count(Counter::Applied), stood.count(Counter::Parked)),
            (5, 2, 3)
        );
        test.fake.fixed.store(true, Ordering::Relaxed);
        let mut brought = 0;
        for receipt in &parked {
            brought += replay_receipt::replay_receipt(&test.app, receipt.id).await.expect("read again").messages;
        }
        assert_eq!(brought, 2, "what was missing, and nothing twice");
        assert_eq!(texts(&test.app, &caller).await, ["a", "b", "c", "d"]);
        let left = inbox::parked::list_parked(&test.app, &all()).await.expect("listed");
        assert_eq!(left.len(), 1, "what is no JSON stays for a person to look at");
        let book = books_balance(&test.app).await;
        assert_eq!(
            (book.count(Counter::Received), book.count(Counter::Applied), book.count(Counter::Parked)),
            (5, 4, 1)
        );
        for _ in 0..2 {
            for receipt in &parked {
                inbox::parked::replay_parked(&test.app, receipt.id).await.expect("read again");
            }
            assert_eq!(books_balance(&test.app).await, book, "once more changes nothing");
        }
        for _ in 0..2 {
            let aside = inbox::parked::dismiss_parked(&test.app, left[0].id).await.expect("put aside");
            assert_eq!(inbox::parked::waiting_in(&aside), 0);
        }
        assert_eq!(inbox::parked::count_parked(&test.app).await.expect("counted"), 0);
        let book = books_balance(&test.app).await;
        assert_eq!((book.count(Counter::Parked), book.count(Counter::Dismissed)), (0, 1));
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
        assert_eq!(inbox::parked::count_parked(&test.app).await.expect("counted"), 1);
        let unread = inbox::unread_count(&test.app, &caller).await.expect("counted");
        assert_eq!(unread.total, 2);
        // Again, and beside a good one: nothing is doubled, nothing is held up.
        deliver(&test.app, &json!([event("a"), {"id": long, "text": "too long"}, event("c")]).to_string()).await;
        assert_eq!(texts(&test.app, &caller).await, ["a", "b", "c"]);
        let book = books_balance(&test.app).await;
        let counts = [Counter::Received, Counter::Applied, Counter::Known, Counter::Parked].map(|c| book.count(c));
        assert_eq!(counts, [6, 3, 1, 2]);
    }
}

fn all() -> inbox::parked::WhichParked {
    inbox::parked::WhichParked { limit: 10, ..inbox::parked::WhichParked::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_one_among_a_hundred_falls_alone_and_all_are_read_again_in_one_go() {
    for engine in engines() {
        let test = TestApp::start_on(engine, |_| {}).await;
        let caller = linked(&test.app, "ada@example.com").await;
        let mut events: Vec<Value> = (0..99).map(|n| event(&format!("m{n:02}"))).collect();
        events.insert(50, json!({"id": "bad", "text": "bad", "odd": true}));
        deliver(&test.app, &json!(events).to_string()).await;
        // Alone in theirs: each reader falls over one of them.
        let panics: Vec<_> =
            (0..20).map(|n| json!([{"id": format!("p{n}"), "text": "p", "panic": true}]).to_string()).collect();
        let good: Vec<_> = (0..20).map(|n| json!([event(&format!("g{n}"))]).to_string()).collect();
        futures_util::future::join_all(panics.iter().chain(&good).map(|body| deliver(&test.app, body))).await;
        assert_eq!(texts(&test.app, &caller).await.len(), 99 + 20, "their neighbours stand");
        let book = books_balance(&test.app).await;
        let counts = [Counter::Received, Counter::Applied, Counter::Parked].map(|c| book.count(c));
        assert_eq!(counts, [140, 119, 21]);

        test.fake.fixed.store(true, Ordering::Relaxed);
        let mut which = all();
        which.platform = Some("facebook".to_owned());
        let brought = inbox::parked::replay_many(&test.app, &which).await.expect("read again");
        assert_eq!(brought.replayed, 0, "those of another platform are not touched");
        (which.platform, which.reason) = (Some("telegram".to_owned()), Some("an odd event".to_owned()));
        let brought = inbox::parked::replay_many(&test.app, &which).await.expect("read again");
        assert_eq!((brought.replayed, brought.settled, brought.messages, brought.next), (1, 1, 1, None));
        (which.reason, which.limit) = (None, 15);
        let mut settled = 0;
        loop {
            let brought = inbox::parked::replay_many(&test.app, &which).await.expect("read again");
            assert!(brought.replayed <= 15 && brought.failed == 0);
            settled += brought.settled;
            which.after = brought.next;
            if brought.next.is_none() {
                break;
            }
        }
        assert_eq!((settled, texts(&test.app, &caller).await.len()), (20, 140));
        let book = books_balance(&test.app).await;
        let counts = [Counter::Received, Counter::Applied, Counter::Parked].map(|c| book.count(c));
        assert_eq!(counts, [140, 140, 0]);
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
