//! What the manual says about deliveries, polling and refusals.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hub_simulators::telegram::{Fault, TelegramHandle, TelegramOptions, start};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

const TOKEN: &str = "481000009:AAbehaviour-token-of-nobody_0000000000";

async fn platform() -> TelegramHandle {
    let options = TelegramOptions { retry_unit: Duration::from_millis(10), ..TelegramOptions::default() };
    let platform = start(options).await.expect("starts");
    platform.create_bot(TOKEN, "tests_bot");
    platform
}

async fn call(platform: &TelegramHandle, method: &str, body: Value) -> (u16, Value) {
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().expect("a client");
    let url = format!("{}/bot{TOKEN}/{method}", platform.base_url());
    let answer = http.post(url).json(&body).send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

/// A receiver that refuses as often as it is told to, per text.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Seen>>, Arc<Notify>);

#[derive(Default)]
struct Seen {
    got: Vec<(i64, String)>,
    refuse: Vec<String>,
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers["x-telegram-bot-api-secret-token"], "secret_1");
    let update: Value = serde_json::from_slice(&body).expect("JSON");
    let text = update["message"]["text"].as_str().unwrap_or_default().to_owned();
    let mut seen = receiver.0.lock().unwrap();
    if let Some(place) = seen.refuse.iter().position(|refused| *refused == text) {
        seen.refuse.remove(place);
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    seen.got.push((update["message"]["chat"]["id"].as_i64().unwrap_or_default(), text));
    receiver.1.notify_one();
    StatusCode::OK
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chats_updates_come_in_order_and_a_failing_one_blocks_only_its_chat() {
    let platform = platform().await;
    let receiver = Receiver::default();
    receiver.0.lock().unwrap().refuse = vec!["a1".to_owned(); 3];
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let router = Router::new().route("/hook", post(receive)).with_state(receiver.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let (status, _) = call(&platform, "setWebhook", json!({"url": url, "secret_token": "secret_1"})).await;
    assert_eq!(status, 200);
    for (person, text) in [(1, "a1"), (1, "a2"), (2, "b1"), (1, "a3"), (2, "b2")] {
        platform.say(TOKEN, person, text);
    }
    let all = async {
        while receiver.0.lock().unwrap().got.len() < 5 {
            receiver.1.notified().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all).await.expect("all in time");
    let got = receiver.0.lock().unwrap().got.clone();
    let of = |person| got.iter().filter(|(chat, _)| *chat == person).map(|(_, text)| text.as_str()).collect::<Vec<_>>();
    assert_eq!(of(1), ["a1", "a2", "a3"]);
    assert_eq!(of(2), ["b1", "b2"]);
    let tries: Vec<_> = platform.deliveries(TOKEN).into_iter().map(|d| (d.attempt, d.status)).collect();
    assert_eq!(tries.iter().filter(|(_, status)| *status == Some(500)).count(), 3);
    assert!(tries.contains(&(4, Some(200))), "the fourth try of the first update: {tries:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asking_with_an_offset_confirms_what_lies_below() {
    let platform = platform().await;
    let ids: Vec<i64> = (0..3).map(|n| platform.say(TOKEN, 1, &format!("m{n}"))).collect();
    let (_, first) = call(&platform, "getUpdates", json!({"limit": 2})).await;
    assert_eq!(first["result"].as_array().map(Vec::len), Some(2));
    let (_, same) = call(&platform, "getUpdates", json!({})).await;
    assert_eq!(same["result"].as_array().map(Vec::len), Some(3), "nothing was confirmed yet");
    let (_, rest) = call(&platform, "getUpdates", json!({"offset": ids[2]})).await;
    assert_eq!(rest["result"][0]["update_id"], ids[2]);
    assert_eq!(platform.pending(TOKEN), 1);

    // A newer poll ends an older one; a webhook forbids polling.
    let waiting = call(&platform, "getUpdates", json!({"offset": ids[2] + 1, "timeout": 20}));
    let newer = async {
        while platform.pending(TOKEN) > 0 {
            tokio::task::yield_now().await;
        }
        call(&platform, "getUpdates", json!({"offset": ids[2] + 1})).await
    };
    let ((old, words), (new, _)) = tokio::join!(waiting, newer);
    assert_eq!((old, new), (409, 200));
    assert!(words["description"].as_str().is_some_and(|w| w.starts_with("Conflict: terminated by other getUpdates")));
    call(&platform, "setWebhook", json!({"url": "http://127.0.0.1:9/x"})).await;
    assert_eq!(call(&platform, "getUpdates", json!({})).await.0, 409);
}

#[tokio::test]
async fn refusals_have_the_manuals_codes_and_words() {
    let platform = platform().await;
    platform.say(TOKEN, 1, "hi");
    for (method, body, code, words) in [
        ("sendMessage", json!({"chat_id": 9, "text": "x"}), 400, "Bad Request: chat not found"),
        ("sendMessage", json!({"chat_id": 1, "text": " "}), 400, "Bad Request: message text is empty"),
        ("sendMessage", json!({"chat_id": 1, "text": "😀".repeat(2_049)}), 400, "Bad Request: message is too long"),
        ("noSuchMethod", json!({}), 404, "Not Found"),
        ("getFile", json!({"file_id": "nothing"}), 400, "Bad Request: wrong file_id"),
        ("setWebhook", json!({"url": "http://example.com/x"}), 400, "Bad Request: bad webhook"),
    ] {
        let (status, answer) = call(&platform, method, body).await;
        assert_eq!(
            (status, answer["error_code"].as_u64(), answer["ok"].as_bool()),
            (code, Some(u64::from(code)), Some(false))
        );
        assert!(answer["description"].as_str().is_some_and(|w| w.starts_with(words)), "{method}: {answer}");
    }
    platform.fault("sendMessage", Fault::TooMany { retry_after: 3 });
    let (status, answer) = call(&platform, "SENDMESSAGE", json!({"chat_id": 1, "text": "x"})).await;
    assert_eq!((status, &answer["parameters"]["retry_after"]), (429, &json!(3)));
    assert_eq!(call(&platform, "sendMessage", json!({"chat_id": 1, "text": "x"})).await.0, 200, "a fault is used up");
    let (_, answer) =
        call(&platform, "sendMessage", json!({"chat_id": 1, "text": "x", "reply_parameters": {"message_id": 99}}))
            .await;
    assert_eq!(answer["description"], "Bad Request: message to be replied not found");
}

#[tokio::test]
async fn uploads_are_limited_by_the_platform_only() {
    let platform = platform().await;
    platform.say(TOKEN, 1, "hi");
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().expect("a client");
    let send = |size: usize| {
        let part = reqwest::multipart::Part::bytes(vec![7; size]).file_name("a.bin");
        let form = reqwest::multipart::Form::new().text("chat_id", "1").part("document", part);
        http.post(format!("{}/bot{TOKEN}/sendDocument", platform.base_url())).multipart(form).send()
    };
    let answer: Value = send(3 * 1024 * 1024).await.expect("an answer").json().await.expect("JSON");
    assert_eq!(answer["result"]["document"]["file_size"], 3 * 1024 * 1024);
    assert_eq!(send(50 * 1024 * 1024 + 1).await.expect("an answer").status(), 413);
}

#[tokio::test]
async fn any_answer_can_stand_in_for_the_next_one() {
    let platform = platform().await;
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let named = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let headers = vec![named("Content-Type", "text/html"), named("Retry-After", "14"), named("not a name", "x")];
    platform.fault("getMe", Fault::Raw { status: 502, headers, body: "<html>\u{e4}".into() });
    assert_eq!(platform.faults_left(), 1);
    let raw = http.get(format!("{}/bot{TOKEN}/getMe", platform.base_url())).send().await.expect("an answer");
    let (status, headers) = (raw.status().as_u16(), raw.headers().clone());
    assert_eq!(
        (status, &headers["content-type"], &headers["retry-after"]),
        (502, &"text/html".parse().unwrap(), &"14".parse().unwrap())
    );
    assert_eq!((raw.text().await.expect("a body").as_str(), platform.faults_left()), ("<html>\u{e4}", 0));

    let fault =
        json!({"method": "getMe", "fault": "raw", "status": 409, "headers": {"X-One": "1"}, "body": "{\"ok\":false}"});
    let url = format!("{}/_sim/fault", platform.base_url());
    let told: Value = http.post(url).json(&fault).send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(told["ok"], true);
    assert_eq!(call(&platform, "getMe", json!({})).await, (409, json!({"ok": false})));
    assert_eq!(call(&platform, "getMe", json!({})).await.0, 200, "a fault is used up");
}
