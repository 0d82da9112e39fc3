//! How objects look: both spellings, times, slashes, sets of members (D13–D15, D23–D25, D33, D34).

use super::scene::{BOTH, Scene, ask, everywhere, header};
use crate::support::BOT_TOKEN;
use hub_testkit::{Pushes, eventually};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Every multi-word member of every object has a twin of equal value.
fn has_twins(what: &str, value: &Value) -> usize {
    let mut twins = 0;
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                twins += has_twins(what, value);
                if let Some(twin) = key.contains('_').then(|| camel(key)) {
                    assert_eq!(members.get(&twin), Some(value), "{what}: {key} has no twin {twin}");
                    twins += 1;
                } else if key.chars().any(char::is_uppercase) {
                    let snake = snake(key);
                    assert_eq!(members.get(&snake), Some(value), "{what}: {key} has no twin {snake}");
                }
            }
        }
        Value::Array(items) => twins += items.iter().map(|item| has_twins(what, item)).sum::<usize>(),
        _ => {}
    }
    twins
}

fn camel(key: &str) -> String {
    let mut words = key.split('_');
    let first = words.next().expect("a word").to_owned();
    words.fold(first, |all, word| {
        let (head, tail) = word.split_at(1);
        all + &head.to_uppercase() + tail
    })
}

fn snake(key: &str) -> String {
    key.chars().fold(String::new(), |all, c| {
        if c.is_uppercase() { all + "_" + &c.to_lowercase().to_string() } else { all + &c.to_string() }
    })
}

/// Members that carry a time.
fn is_time(key: &str) -> bool {
    key.ends_with("_at") || key.ends_with("At") || key == "timestamp"
}

/// Every time is written in the one way; gives how many there are.
fn times(what: &str, value: &Value) -> usize {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| match value {
                Value::String(text) if is_time(key) => {
                    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
                    assert_eq!(shape, "0000-00-00T00:00:00.000Z", "{what}: {key}");
                    1
                }
                value => times(what, value),
            })
            .sum(),
        Value::Array(items) => items.iter().map(|item| times(what, item)).sum(),
        _ => 0,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d13_both_casings_everywhere() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("Hello").await;
        let (_, accounts) = talk.user.get("/api/oauth/accounts").await;
        let (_, conversations) = talk.user.get("/api/conversations").await;
        let (_, all) = talk.user.get("/api/messages").await;
        for (what, shown) in [
            ("account", &accounts["accounts"]),
            ("conversations", &conversations["conversations"]),
            ("conversation", &talk.shown().await),
            ("messages", &all["messages"]),
            ("thread", &Value::from(talk.messages().await)),
        ] {
            assert!(has_twins(what, shown) >= 5, "{what}: {shown}");
        }
        // What the page reads in one spelling only.
        let message = &all["messages"][0];
        for (snake, camel) in BOTH {
            assert_eq!(message[snake], message[camel], "{snake}");
            assert!(!message[snake].is_null(), "{snake} is known");
        }
        let (mut raw, mut io) = (Pushes::open(&talk.user).await, Pushes::open_socket_io(&talk.user).await);
        scene.hear(2, "pushed").await;
        for pushes in [&mut raw, &mut io] {
            let (_, pushed) = pushes.up_to_message("pushed").await.pop().expect("a push");
            assert!(has_twins("pushed", &pushed["message"]) >= 10);
            assert!(has_twins("pushed", &pushed["conversation"]) >= 8);
        }
        let (status, sent) = talk.send("Hi").await;
        assert_eq!(status, StatusCode::CREATED, "{sent}");
        assert!(has_twins("sent", &sent["message"]) >= 10);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d14_times_have_three_digits_and_a_z() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("Hello").await;
        let mut pushes = Pushes::open(&talk.user).await;
        scene.hear(2, "pushed").await;
        let (_, pushed) = pushes.up_to_message("pushed").await.pop().expect("a push");
        assert!(times("pushed", &pushed) >= 5, "{pushed}");
        for (path, least) in [
            ("/api/auth/me", 3),
            ("/api/oauth/accounts", 4),
            ("/api/conversations", 6),
            ("/api/messages", 4),
            ("/api/oauth/rate-limits", 1),
            ("/health", 1),
        ] {
            let (status, shown) = talk.user.get(path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(times(path, &shown) >= least, "{path}: {shown}");
        }
        assert!(times("sent", &talk.send("Hi").await.1) >= 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d15_a_slash_at_the_end_changes_nothing_and_redirects_nobody() {
    let scene = Scene::open().await;
    let talk = scene.talk("Hello").await;
    let token = format!("Bearer {}", talk.user.token());
    for path in [
        "/health".to_owned(),
        "/api/auth/me".to_owned(),
        "/api/messages".to_owned(),
        "/api/conversations".to_owned(),
        "/api/oauth/accounts".to_owned(),
        "/api/messages/unread/count".to_owned(),
        format!("/api/messages/{}", talk.conversation),
        format!("/api/conversations/{}", talk.conversation),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let plain = ask(&talk.user, method.clone(), &path, &[("authorization", &token)]).await;
            let slashed =
                ask(&talk.user, method.clone(), &format!("{path}/?limit=5"), &[("authorization", &token)]).await;
            assert_eq!((plain.status(), slashed.status()), (StatusCode::OK, StatusCode::OK), "{method} {path}");
            assert_eq!(header(&slashed, "location"), None);
        }
    }
    let (status, _) = talk.user.patch(&format!("/api/messages/{}/read/", talk.message)).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d23_the_list_of_conversations_has_both_originals_members_and_disconnected_accounts() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("Hello").await;
        let (_, list) = talk.user.get("/api/conversations?platform=telegram").await;
        for (key, value) in [
            ("total", json!(1)),
            ("hasMore", json!(false)),
            ("count", json!(1)),
            ("limit", json!(50)),
            ("offset", json!(0)),
        ] {
            assert_eq!(list[key], value, "{key}");
        }
        let shown = &list["conversations"][0];
        for key in [
            "id",
            "account_id",
            "platform",
            "platform_username",
            "platform_conversation_id",
            "participant_name",
            "participant_id",
            "participant_avatar_url",
            "last_message_at",
            "unread_count",
            "has_unread",
            "created_at",
            "updated_at",
        ] {
            assert!(shown.get(key).is_some(), "{key} is missing: {shown}");
        }
        assert_eq!((&shown["has_unread"], &shown["platform"]), (&json!(true), &json!("telegram")));
        assert_eq!(talk.user.get("/api/conversations?platform=facebook").await.1["total"], 0);
        assert_eq!(talk.user.get("/api/conversations?offset=1").await.1["conversations"], json!([]));
        talk.user.delete(&format!("/api/oauth/disconnect/{}", talk.account)).await;
        let (_, list) = talk.user.get("/api/conversations").await;
        assert_eq!(list["total"], 1, "what was said stays to be read");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d24_one_conversation_can_be_asked_for() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("Hello").await;
        let (status, one) = talk.user.get(&format!("/api/conversations/{}", talk.conversation)).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(one, talk.user.get("/api/conversations").await.1["conversations"][0], "as in the list");
        let other = scene.user("eve@example.com").await;
        let (status, refused) = other.get(&format!("/api/conversations/{}", talk.conversation)).await;
        assert_eq!((status.as_u16(), &refused["error"]), (404, &json!("Conversation not found or access denied")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d25_a_thread_is_open_newest_first_and_says_whether_there_is_more() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("number 1").await;
        for number in 2..=3 {
            scene.hear(number, &format!("number {number}")).await;
        }
        let path = format!("/api/messages/{}", talk.conversation);
        let (_, page) = talk.user.get(&format!("{path}?limit=2")).await;
        let words: Vec<&str> = page["messages"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|m| m["content"].as_str().expect("words"))
            .collect();
        assert_eq!(words, ["number 3", "number 2"]);
        for (key, value) in [
            ("total", json!(3)),
            ("hasMore", json!(true)),
            ("count", json!(2)),
            ("limit", json!(2)),
            ("offset", json!(0)),
        ] {
            assert_eq!(page[key], value, "{key}");
        }
        let (_, rest) = talk.user.get(&format!("{path}?limit=2&offset=2")).await;
        assert_eq!((&rest["messages"][0]["content"], &rest["hasMore"]), (&json!("number 1"), &json!(false)));
        assert_eq!(talk.shown().await["unread_count"], 3, "reading does not mark as read");
        for kept in scene.database.texts("SELECT content FROM messages").await.into_iter().flatten() {
            assert!(!kept.contains("number"), "sealed where it rests: {kept}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d33_health_tells_no_more_than_its_members() {
    let scene = Scene::open().await;
    let (status, mut health) = scene.client().get("/health").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(times("health", &health), 1);
    health.as_object_mut().expect("an object").remove("timestamp");
    let socket = |connections: usize, users: usize| json!({"status": "active", "connections": connections, "authenticatedUsers": users});
    let expected = json!({
        "status": "ok", "services": {"database": "connected", "redis": "disconnected", "websocket": socket(0, 0)},
    });
    assert_eq!(health, expected);
    let user = scene.user("ada@example.com").await;
    let _sockets = (Pushes::open(&user).await, Pushes::open_socket_io(&user).await);
    let (_, health) = scene.client().get("/health").await;
    assert_eq!(health["services"]["websocket"], socket(2, 1), "signed-in sockets of both transports");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d34_the_queue_shows_five_counters() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let user = scene.user("ada@example.com").await;
        user.link_bot(BOT_TOKEN).await;
        eventually("a job was done", async || {
            let (status, body) = user.get("/api/debug/polling/stats").await;
            assert_eq!((status, &body["success"]), (StatusCode::OK, &json!(true)));
            let stats = body["stats"].as_object().expect("an object").clone();
            for key in ["waiting", "active", "completed", "failed", "delayed"] {
                assert!(stats[key].is_u64(), "{key}: {stats:?}");
            }
            (stats["completed"].as_u64() > Some(0)).then_some(())
        })
        .await;
        assert_eq!(scene.client().get("/api/debug/polling/stats").await.0, StatusCode::UNAUTHORIZED);
    })
    .await;
}
