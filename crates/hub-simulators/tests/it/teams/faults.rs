//! Budgets, faults on command, the log, and working the simulator over HTTP.

use super::{CLIENT, ME, ROBIN, Scene, TENANT};
use hub_simulators::teams::{Endpoint, Fault, RetryAfter, TeamsOptions};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn control(scene: &Scene, path: &str, body: Value) -> Value {
    let url = format!("{}/_sim/{path}", scene.platform.base_url());
    let answer = scene.http.post(url).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path} {body}");
    answer.json().await.unwrap()
}

async fn read(scene: &Scene, path: &str) -> Value {
    let url = format!("{}/_sim/{path}", scene.platform.base_url());
    scene.http.get(url).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn too_many_calls_tell_when_to_come_back() {
    let scene = Scene::with(TeamsOptions { throttle: true, ..TeamsOptions::default() }).await;
    let url = scene.url(&format!("chats/{}/messages", scene.direct));
    let mut refused = None;
    // Two calls of one second come soon, unless every one takes a second.
    for _ in 0..40 {
        let answer = scene.raw(Method::GET, url.clone(), &scene.token, &Value::Null).await;
        if answer.status() == 429 {
            refused = Some(answer);
            break;
        }
    }
    let answer = refused.expect("one of them is refused");
    let wait = answer.headers()["retry-after"].to_str().unwrap().to_owned();
    assert!(wait.contains('.') && wait.parse::<f64>().unwrap() <= 1.0, "{wait}");
    let told: Value = answer.json().await.unwrap();
    assert_eq!(
        (&told["error"]["code"], &told["error"]["innerError"]["status"]),
        (&json!("TooManyRequests"), &json!("429"))
    );
    let quiet = Scene::new().await;
    quiet.platform.set_limit(Endpoint::Me, 0);
    assert_eq!((quiet.get("me").await.0, quiet.get("me/chats").await.0), (429, 200));
}

#[tokio::test]
async fn a_429_can_have_any_sort_of_wait() {
    let scene = Scene::new().await;
    let wait = async |fault: Fault| {
        scene.platform.fault(Endpoint::Me, fault);
        let answer = scene.raw(Method::GET, scene.url("me"), &scene.token, &Value::Null).await;
        assert_eq!(answer.status(), 429);
        answer.headers().get("retry-after").map(|wait| wait.to_str().unwrap().to_owned())
    };
    assert_eq!(wait(Fault::Status(429)).await.as_deref(), Some("2.128"));
    assert_eq!(wait(Fault::Throttled(RetryAfter::Seconds("7".to_owned()))).await.as_deref(), Some("7"));
    assert_eq!(wait(Fault::Throttled(RetryAfter::Missing)).await, None);
    let date = wait(Fault::Throttled(RetryAfter::Date(Duration::from_secs(90)))).await.unwrap();
    let at = chrono::DateTime::parse_from_rfc2822(&date).expect("an HTTP date").timestamp();
    let ahead = at - chrono::Utc::now().timestamp();
    assert!((80..=90).contains(&ahead), "{date}");
}

#[tokio::test]
async fn calls_go_wrong_on_command() {
    let scene = Scene::new().await;
    let path = format!("chats/{}/messages", scene.direct);
    let body = json!({"body": {"content": "hi"}});
    let send = async || {
        let sent = scene.http.post(scene.url(&path)).bearer_auth(&scene.token).json(&body).send().await;
        match sent {
            Ok(answer) => (answer.status().as_u16(), answer.text().await.ok()),
            Err(_) => (0, None),
        }
    };
    let sent = || scene.platform.sent().len();
    scene.platform.fault(Endpoint::Send, Fault::CutBefore);
    assert_eq!((send().await.1, sent()), (None, 0));
    scene.platform.fault(Endpoint::Send, Fault::CutAfter);
    assert_eq!((send().await.1, sent()), (None, 1), "it was done");
    assert_eq!(scene.platform.requests().last().unwrap().status, None);
    scene.platform.fault(Endpoint::Send, Fault::Status(503));
    assert!(matches!(send().await, (503, Some(text)) if text.contains("ServiceUnavailable")));
    scene.platform.fault(Endpoint::Send, Fault::Empty(500));
    assert_eq!(send().await, (500, Some(String::new())));
    scene.platform.fault_any(Fault::Html502);
    assert!(matches!(send().await, (502, Some(text)) if text.starts_with("<html>")));
    scene.platform.fault(Endpoint::Send, Fault::Garbage);
    assert_eq!(send().await, (200, Some("this is no JSON".to_owned())));
    scene.platform.fault(Endpoint::Send, Fault::Raw { status: 201, headers: Vec::new(), body: "{\"id\":".into() });
    assert_eq!((send().await, sent()), ((201, Some("{\"id\":".to_owned())), 1));
    for fault in [Fault::Hang(Duration::from_millis(60)), Fault::Slow(Duration::from_millis(60))] {
        scene.platform.fault(Endpoint::Send, fault);
        let before = Instant::now();
        assert_eq!(send().await.0, 201);
        assert!(before.elapsed() >= Duration::from_millis(60));
    }
    assert_eq!(send().await.0, 201, "faults are used up");
    let url = format!("{}/common/oauth2/v2.0/token", scene.platform.base_url());
    scene.platform.fault(Endpoint::Token, Fault::Status(503));
    let answer = scene.http.post(url).form(&[("a", "b")]).send().await.unwrap();
    let told: Value = answer.json().await.unwrap();
    assert_eq!((&told["error"], &told["error_codes"]), (&json!("temporarily_unavailable"), &json!([90_033])));
}

#[tokio::test]
async fn it_is_worked_over_http_as_well() {
    let scene = Scene::new().await;
    let id = scene.subscribe().await;
    control(&scene, "user", json!({"id": "new", "tenant_id": TENANT, "name": "New One", "photo": "cG5n"})).await;
    let chat = control(&scene, "chat", json!({"kind": "group", "topic": "T", "people": ["new", ME]})).await;
    let said = control(&scene, "act", json!({"kind": "say", "chat": chat["id"], "from": "new", "text": "hello"})).await;
    let id_of = said["id"].clone();
    let on = |more: Value| {
        let mut body = json!({"chat": chat["id"], "from": "new", "message": id_of});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for deed in [
        json!({"kind": "html", "text": "<p>x</p>", "at_ms": 1_700_000_000_000_i64}),
        json!({"kind": "file", "name": "a.txt", "url": "https://example.org/a.txt", "text": "f"}),
        json!({"kind": "picture", "bytes": "cG5n", "content_type": "image/png", "text": "p"}),
        json!({"kind": "mention", "whom": ME, "text": "m"}),
        json!({"kind": "answer", "text": "q"}),
        json!({"kind": "edit", "text": "edited"}),
        json!({"kind": "react", "reaction": "👍"}),
        json!({"kind": "unreact", "reaction": "👍"}),
        json!({"kind": "delete"}),
        json!({"kind": "undo"}),
        json!({"kind": "rename", "topic": "U"}),
        json!({"kind": "join", "whom": ROBIN}),
        json!({"kind": "leave", "whom": ROBIN}),
        json!({"kind": "call"}),
        json!({"kind": "event", "detail": {"@odata.type": "#microsoft.graph.tabUpdatedEventMessageDetail"}}),
        json!({"kind": "forge", "forgery": "publisher"}),
    ] {
        control(&scene, "act", on(deed)).await;
    }
    let direct = control(&scene, "act", json!({"kind": "say", "from": "new", "to": ME, "text": "hi"})).await;
    assert_eq!(direct["chat"], format!("19:{ME}_new@unq.gbl.spaces"));
    // Seventeen deeds tell of themselves once; a reaction that goes does so twice.
    scene.until(|platform| platform.deliveries().iter().map(|one| one.items).sum::<usize>() == 19).await;
    assert_eq!(control(&scene, "act", json!({"kind": "repeat", "count": 1})).await["repeated"], 1);
    scene.receiver.wait(20).await;
    control(&scene, "subscription", json!({"id": id, "kind": "reauthorize"})).await;
    assert_eq!(read(&scene, "subscriptions").await[0]["paused"], true);
    control(&scene, "set", json!({"expire_tokens_of": ME, "deletes": "both", "empty_pages": 1})).await;
    assert_eq!(scene.get("me").await.0, 401);
    control(&scene, "fault", json!({"endpoint": "me", "kind": "status", "status": 500, "times": 2})).await;
    let statuses = [scene.get("me").await.0, scene.get("me").await.0, scene.get("me").await.0];
    assert_eq!(statuses, [500, 500, 401]);
    control(&scene, "app", json!({"client_id": CLIENT, "client_secret": "x", "secret_expired": true})).await;
    control(&scene, "limit", json!({"endpoint": "me", "per_second": 0})).await;
    let log = read(&scene, "log").await;
    assert!(log.as_array().unwrap().iter().any(|one| one["endpoint"] == "me" && one["status"] == 500));
    assert!(!log.to_string().contains(&scene.token), "no secrets in it");
    assert!(read(&scene, "deliveries").await[0]["body"].as_str().unwrap().contains("validationTokens"));
    assert_eq!(read(&scene, "sent").await, json!([]));
    let url = format!("{}/_sim/act", scene.platform.base_url());
    let answer = scene.http.post(url).json(&json!({"kind": "dance"})).send().await.unwrap();
    assert_eq!(answer.status(), 400);
}
