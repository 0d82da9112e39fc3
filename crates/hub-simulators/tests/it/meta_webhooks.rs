//! Webhooks of the Meta platforms: verification, signed and escaped bytes, order, repeats, batches, repetition, giving up.

use crate::meta_support::{APP, PATIENCE, Receiver, SECRET, VERIFY, client, read, refusal, signature};
use hub_simulators::facebook::{FacebookHandle, FacebookOptions, Page, start};
use hub_simulators::meta::inbox::Act;
use hub_simulators::meta::{App, Fault};
use serde_json::{Value, json};
use std::time::Duration;

const PAGE: &str = "682498302938465";
const PERSON: &str = "1254459154682919";

/// A platform with one Page whose messages an app hears of.
async fn platform(options: FacebookOptions) -> (FacebookHandle, Receiver) {
    let platform = start(FacebookOptions { retry_unit: Duration::from_millis(10), ..options }).await.expect("starts");
    platform.meta().create_app(App::new(APP, SECRET));
    platform.create_page("1207059", Page::new(PAGE, "Cisco Dog Page"));
    let (receiver, url) = Receiver::start().await;
    platform.meta().subscribe_app(APP, "page", &url, VERIFY, &["messages"]).await.expect("verified");
    let token = platform.page_token(APP, "1207059", PAGE).value;
    let path = format!("{}/v25.0/{PAGE}/subscribed_apps?subscribed_fields=messages", platform.graph_base_url());
    let done: Value = client().post(path).bearer_auth(&token).send().await.unwrap().json().await.unwrap();
    assert_eq!(done, json!({"success": true}));
    (platform, receiver)
}

fn texts(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| event["message"]["text"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_are_escaped_and_signed_as_the_manual_shows() {
    // The vector of the manual.
    let bytes = br#"{"text":"\u00e4\u00f6\u00e5 \/ \ud83d\ude00"}"#;
    assert_eq!(signature(bytes), "sha256=6436bf4722077764882666a7bd0c74452479f3ec8990dc34adbd23c395638a4a");

    let (platform, receiver) = platform(FacebookOptions::default()).await;
    assert!(platform.meta().send_raw(APP, "page", bytes.to_vec()));
    receiver.wait(1).await;
    assert!(platform.meta().until(PATIENCE, || !platform.meta().deliveries().is_empty()).await);
    let tried = platform.meta().deliveries();
    assert_eq!(tried[0].signature, "sha256=6436bf4722077764882666a7bd0c74452479f3ec8990dc34adbd23c395638a4a");

    platform.inboxes().say(PAGE, PERSON, "äöå / 😀");
    let told = receiver.wait(2).await;
    let sent = String::from_utf8(receiver.bodies()[1].to_vec()).unwrap();
    assert!(sent.contains(r#""text":"\u00e4\u00f6\u00e5 \/ \ud83d\ude00""#), "{sent}");
    let entry = &told[1]["entry"][0];
    assert_eq!((&told[1]["object"], &entry["id"]), (&json!("page"), &json!(PAGE)));
    assert_eq!(entry["messaging"][0]["sender"]["id"], PERSON);
    assert_eq!(entry["messaging"][0]["message"]["text"], "äöå / 😀");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_body_comes_again_with_the_same_bytes_and_before_the_next() {
    let (platform, receiver) = platform(FacebookOptions::default()).await;
    receiver.refuse(3);
    platform.inboxes().say(PAGE, PERSON, "first");
    platform.inboxes().say(PAGE, PERSON, "second");
    receiver.wait(5).await;
    let bodies = receiver.bodies();
    assert!(bodies[..4].iter().all(|body| *body == bodies[0]), "four times the same bytes");
    assert_ne!(bodies[4], bodies[0]);
    assert!(platform.meta().until(PATIENCE, || platform.meta().pending() == 0).await);
    let tries: Vec<_> = platform.meta().deliveries().iter().map(|d| (d.attempt, d.status)).collect();
    assert_eq!(tries, [(1, Some(500)), (2, Some(500)), (3, Some(500)), (4, Some(200)), (1, Some(200))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_enough_failures_the_app_is_unsubscribed_from_the_page() {
    let options = FacebookOptions { give_up_after: Some(3), ..FacebookOptions::default() };
    let (platform, receiver) = platform(options).await;
    receiver.refuse(usize::MAX);
    platform.inboxes().say(PAGE, PERSON, "nobody hears");
    assert!(platform.meta().until(PATIENCE, || platform.meta().subscription(PAGE, APP).is_none()).await);
    assert_eq!(platform.meta().deliveries().len(), 3);
    assert_eq!(platform.meta().pending(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_events_come_together_in_one_post() {
    let (platform, receiver) = platform(FacebookOptions::default()).await;
    platform.meta().hold();
    for text in ["a", "b", "c"] {
        platform.inboxes().say(PAGE, PERSON, text);
    }
    assert_eq!(platform.meta().pending(), 3);
    platform.meta().release(true);
    let told = receiver.wait(1).await;
    assert_eq!(told[0]["entry"].as_array().map(Vec::len), Some(3));
    assert_eq!(texts(&receiver.events(3).await), ["a", "b", "c"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn order_and_number_are_kept_unless_asked_otherwise() {
    let (platform, receiver) = platform(FacebookOptions::default()).await;
    let words: Vec<String> = (0..12).map(|n| format!("m{n:02}")).collect();
    for word in &words {
        platform.inboxes().say(PAGE, PERSON, word);
    }
    assert_eq!(texts(&receiver.events(12).await), words);

    platform.meta().shuffle(Some(7));
    platform.meta().hold();
    for word in &words {
        platform.inboxes().say(PAGE, PERSON, word);
    }
    platform.meta().release(true);
    let mut mixed = texts(&receiver.events(24).await[12..]);
    assert_ne!(mixed, words, "the order is another");
    mixed.sort();
    assert_eq!(mixed, words);

    platform.meta().shuffle(None);
    platform.meta().duplicate(true);
    platform.inboxes().say(PAGE, PERSON, "twice");
    assert_eq!(texts(&receiver.events(26).await[24..]), ["twice", "twice"]);
    let bodies = receiver.bodies();
    assert_eq!(bodies[bodies.len() - 1], bodies[bodies.len() - 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_verified_callback_is_called_and_only_about_its_fields() {
    let (platform, receiver) = platform(FacebookOptions::default()).await;
    let (base, app_token) = (platform.graph_base_url(), App::new(APP, SECRET).token());
    let path = format!("{base}/v25.0/{APP}/subscriptions");
    assert_eq!(receiver.challenges(), 1);
    let (other, url) = Receiver::start().await;
    let ask = |verify: &'static str, fields: &'static str, token: String| {
        let form = [
            ("object", "page".to_owned()),
            ("callback_url", url.clone()),
            ("verify_token", verify.to_owned()),
            ("fields", fields.to_owned()),
            ("access_token", token),
        ];
        let path = path.clone();
        async move {
            let answer = client().post(path).form(&form).send().await.unwrap();
            (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
        }
    };
    let (status, answer) = ask("wrong", "messages", app_token.clone()).await;
    assert_eq!((status, refusal(&answer).0, other.challenges()), (400, 2_200, 1));
    let page_token = platform.page_token(APP, "1207059", PAGE).value;
    assert_eq!(refusal(&ask(VERIFY, "messages", page_token).await.1).0, 15);
    let (status, answer) = ask(VERIFY, "message_reactions", app_token.clone()).await;
    assert_eq!((status, answer), (200, json!({"success": true})));
    let (_, listed) = read(base, &format!("{APP}/subscriptions"), &app_token).await;
    assert_eq!(listed["data"][0]["callback_url"], url);
    assert_eq!(listed["data"][0]["fields"][0]["name"], "message_reactions");

    // The app hears of reactions only, the Page tells of messages only: nothing comes.
    let mid = platform.inboxes().say(PAGE, PERSON, "unheard");
    platform.inboxes().act(PAGE, PERSON, Act::React { mid, emoji: "❤️".to_owned() });
    assert_eq!(platform.meta().pending(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_happen_once_in_order_and_usage_headers_stay() {
    let (platform, _) = platform(FacebookOptions::default()).await;
    let (base, token) = (platform.graph_base_url(), platform.page_token(APP, "1207059", PAGE).value);
    let url = format!("{base}/v25.0/me");
    let message = "Made up".to_owned();
    platform.meta().fault("me", Fault::Graph { status: 403, code: 4, subcode: Some(9), message });
    platform.meta().fault("me", Fault::Html502);
    platform.meta().fault("me", Fault::CutBefore);
    platform.meta().usage(Some(json!({"call_count": 100})), None);
    let get = || client().get(&url).bearer_auth(&token).send();
    let first = get().await.unwrap();
    assert_eq!(
        (first.status().as_u16(), &first.headers()["x-app-usage"]),
        (403, &r#"{"call_count":100}"#.parse().unwrap())
    );
    assert_eq!(refusal(&first.json().await.unwrap()), (4, 9));
    let second = get().await.unwrap();
    assert_eq!(second.status().as_u16(), 502);
    assert!(second.text().await.unwrap().contains("<html>"));
    // Before or after its head.
    let broken = match get().await {
        Ok(third) => third.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(broken, "the line breaks");
    let fourth = get().await.unwrap();
    assert_eq!(fourth.json::<Value>().await.unwrap()["id"], PAGE);
    let statuses: Vec<_> = platform.meta().requests().iter().filter(|r| r.endpoint == "me").map(|r| r.status).collect();
    assert_eq!(statuses, [Some(403), Some(502), None, Some(200)]);
}
