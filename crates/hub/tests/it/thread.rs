//! One thread through every floor: link a bot, a message comes in and is pushed on both sockets, an answer goes out.

use crate::support::{BOT_TOKEN, Hub};
use futures_util::{SinkExt, StreamExt};
use hub_testkit::database::engines;
use hub_testkit::{Client, Database, eventually};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

const PATIENCE: Duration = Duration::from_secs(10);

async fn connect(url: &str) -> Socket {
    tokio_tungstenite::connect_async(url).await.expect("the socket opens").0
}

async fn next_text(socket: &mut Socket) -> String {
    let next = async {
        loop {
            match socket.next().await.expect("open").expect("readable") {
                Message::Text(text) => return text.to_string(),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    };
    tokio::time::timeout(PATIENCE, next).await.expect("a frame in time")
}

/// Reads frames of the raw socket until one has this name.
async fn raw_event(socket: &mut Socket, name: &str) -> Value {
    loop {
        let frame: Value = serde_json::from_str(&next_text(socket).await).expect("JSON");
        if frame["event"] == name {
            return frame["data"].clone();
        }
    }
}

/// The next packet of Socket.IO; a ping may come at any time and is answered.
async fn io_packet(socket: &mut Socket) -> String {
    loop {
        let packet = next_text(socket).await;
        if packet != "2" {
            return packet;
        }
        socket.send(Message::text("3")).await.expect("sent");
    }
}

/// Reads packets of Socket.IO until an event has this name.
async fn io_event(socket: &mut Socket, name: &str) -> Value {
    loop {
        let packet = io_packet(socket).await;
        if let Some(event) = packet.strip_prefix("42") {
            let event: Value = serde_json::from_str(event).expect("JSON");
            if event[0] == name {
                return event[1].clone();
            }
        }
    }
}

async fn socket_io(user: &Client) -> Socket {
    let base = user.base().replacen("http", "ws", 1);
    let mut socket = connect(&format!("{base}/socket.io/?EIO=4&transport=websocket")).await;
    let handshake = io_packet(&mut socket).await;
    assert!(handshake.starts_with("0{"), "the engine's handshake: {handshake}");
    socket.send(Message::text("40")).await.expect("sent");
    let namespace = io_packet(&mut socket).await;
    assert!(namespace.starts_with("40"), "the namespace: {namespace}");
    let hello = format!("42{}", json!(["authenticate", {"token": user.token()}]));
    socket.send(Message::text(hello)).await.expect("sent");
    let signed_in = io_event(&mut socket, "authenticated").await;
    assert!(signed_in["userId"].is_string());
    socket
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_comes_in_is_pushed_twice_and_answered() {
    for engine in engines() {
        let database = Database::fresh(engine).await;
        let hub = Hub::start_public(&database).await;
        let user = hub.client().register("ada@example.com").await;
        let linked = user.link_bot(BOT_TOKEN).await;
        assert_eq!(linked["account"]["account_kind"], "bot");
        assert!(linked.to_string().find(BOT_TOKEN).is_none(), "the token is never shown");
        eventually("the webhook is registered", async || hub.platform.webhook(BOT_TOKEN)).await;

        let base = user.base().replacen("http", "ws", 1);
        let mut raw = connect(&format!("{base}/ws/messages/?token={}", user.token())).await;
        let greeting = raw_event(&mut raw, "authenticated").await;
        let mut io = socket_io(&user).await;

        hub.platform.say(BOT_TOKEN, 42, "Grüße 👋 <b>not markup</b>");
        let pushed = raw_event(&mut raw, "new_message").await;
        assert_eq!(pushed["message"]["content"], "Grüße 👋 <b>not markup</b>");
        assert_eq!(pushed["message"]["conversationId"], pushed["message"]["conversation_id"]);
        assert_eq!(pushed["conversation"]["unreadCount"], 1);
        let counts = raw_event(&mut raw, "unread_count_update").await;
        assert_eq!(counts["unreadCounts"], json!({"telegram": 1}));
        raw_event(&mut raw, "conversation_update").await;
        let same = io_event(&mut io, "new_message").await;
        assert_eq!(same["message"], pushed["message"], "both transports carry the same");

        let conversation = pushed["message"]["conversation_id"].as_str().expect("an id").to_owned();
        let (status, list) = user.get(&format!("/api/messages/{conversation}")).await;
        assert_eq!((status.as_u16(), &list["total"]), (200, &json!(1)));

        // An answer to that message, with a key: sent once, however often it is asked for.
        let body = json!({"content": "We are here.", "reply_to": pushed["message"]["id"]});
        let path = format!("/api/messages/{conversation}/send");
        let mut ids = Vec::new();
        for _ in 0..2 {
            let request = user.request(reqwest::Method::POST, &path).header("Idempotency-Key", "key-1").json(&body);
            let (status, sent) = hub_testkit::client::answer(request).await;
            assert_eq!(status.as_u16(), 201, "{sent}");
            assert_eq!(sent["message"]["status"], "sent");
            assert_eq!((&sent["message"]["sender_id"], &sent["message"]["is_read"]), (&json!("me"), &json!(true)));
            ids.push(sent["message"]["id"].clone());
        }
        assert_eq!(ids[0], ids[1]);
        let sent = hub.platform.sent(BOT_TOKEN);
        assert_eq!(sent.len(), 1, "one request reached the platform");
        assert_eq!(sent[0].text.as_deref(), Some("We are here."));
        let other = json!({"content": "Something else"});
        let request = user.request(reqwest::Method::POST, &path).header("Idempotency-Key", "key-1").json(&other);
        assert_eq!(hub_testkit::client::answer(request).await.0.as_u16(), 409);

        // A client that was away names its offset and gets what it missed, once.
        let since = greeting["offset"].as_i64().expect("an offset");
        let mut back = connect(&format!("{base}/ws/messages/?token={}&since={since}", user.token())).await;
        let missed = raw_event(&mut back, "new_message").await;
        assert_eq!(missed["message"]["id"], pushed["message"]["id"]);

        let (status, _) = user.patch(&format!("/api/messages/conversation/{conversation}/read")).await;
        assert_eq!(status.as_u16(), 200);
        let counts = raw_event(&mut raw, "unread_count_update").await;
        assert_eq!(counts["totalUnread"], 0);
        let (_, unread) = user.get("/api/messages/unread/count").await;
        assert_eq!(unread, json!({"total": 0, "byPlatform": {"telegram": 0}}));

        // A stranger sees nothing of it.
        let stranger = hub.client().register("eve@example.com").await;
        assert_eq!(stranger.get(&format!("/api/messages/{conversation}")).await.0.as_u16(), 403);
        assert_eq!(stranger.get(&format!("/api/conversations/{conversation}")).await.0.as_u16(), 404);
        assert_eq!(stranger.all_messages().await.len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_public_address_the_hub_asks_the_platform() {
    let database = Database::fresh(hub_testkit::Engine::Sqlite).await;
    let hub = Hub::start_with(&database, &[("WEBHOOK_BASE_URL", "")]).await;
    let user = hub.client().register("ada@example.com").await;
    hub.platform.say(BOT_TOKEN, 42, "sent before the bot was linked");
    user.link_bot(BOT_TOKEN).await;
    eventually("the first message", async || (user.all_messages().await.len() == 1).then_some(())).await;
    hub.platform.say(BOT_TOKEN, 42, "sent later");
    eventually("the second message", async || (user.all_messages().await.len() == 2).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_that_says_slow_down_is_waited_for_and_order_holds() {
    let database = Database::fresh(hub_testkit::Engine::Sqlite).await;
    let hub = Hub::start_with(&database, &[("SEND_WAIT_MS", "100")]).await;
    let user = hub.client().register("ada@example.com").await;
    user.link_bot(BOT_TOKEN).await;
    hub.receive(&user, 1, 42, "hello").await;
    let conversation = user.all_messages().await[0]["conversation_id"].as_str().expect("an id").to_owned();
    hub.platform.fault("sendMessage", hub_simulators::telegram::Fault::TooMany { retry_after: 1 });
    for number in 0..4 {
        let body = json!({"content": format!("answer {number}")});
        let (status, sent) = user.post(&format!("/api/messages/{conversation}/send"), &body).await;
        assert_eq!(status.as_u16(), 201);
        assert_eq!(sent["message"]["status"], "queued", "not in time, and honest about it");
    }
    eventually("all were sent", async || (hub.platform.sent(BOT_TOKEN).len() == 4).then_some(())).await;
    let texts: Vec<_> = hub.platform.sent(BOT_TOKEN).into_iter().filter_map(|sent| sent.text).collect();
    assert_eq!(texts, ["answer 0", "answer 1", "answer 2", "answer 3"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_whose_answer_is_cut_off_is_unconfirmed_and_not_repeated() {
    let database = Database::fresh(hub_testkit::Engine::Sqlite).await;
    let hub = Hub::start(&database).await;
    let user = hub.client().register("ada@example.com").await;
    user.link_bot(BOT_TOKEN).await;
    hub.receive(&user, 1, 42, "hello").await;
    let conversation = user.all_messages().await[0]["conversation_id"].as_str().expect("an id").to_owned();
    hub.platform.fault("sendMessage", hub_simulators::telegram::Fault::CutAfter);
    let path = format!("/api/messages/{conversation}/send");
    let (status, _) = user.post(&path, &json!({"content": "maybe"})).await;
    assert_eq!(status.as_u16(), 502);
    let messages = user.all_messages().await;
    let maybe = messages.iter().find(|m| m["content"] == "maybe").expect("the row is kept");
    assert_eq!(maybe["status"], "unconfirmed");
    let (status, _) = user.post(&path, &json!({"content": "after"})).await;
    assert_eq!(status.as_u16(), 201, "the lane goes on");
    let texts: Vec<_> = hub.platform.sent(BOT_TOKEN).into_iter().filter_map(|sent| sent.text).collect();
    assert_eq!(texts, ["maybe", "after"], "nothing was sent twice");

    hub.platform.block(BOT_TOKEN, 42, true);
    let (status, refused) = user.post(&path, &json!({"content": "blocked"})).await;
    assert_eq!(status.as_u16(), 502, "never a 403 of ours: {refused}");
    assert_eq!(refused["error"]["code"], "PLATFORM_API_ERROR");
    assert_eq!(refused["message"], refused["error"]["message"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_comes_in_and_a_file_goes_out() {
    let database = Database::fresh(hub_testkit::Engine::Sqlite).await;
    let hub = Hub::start(&database).await;
    let user = hub.client().register("ada@example.com").await;
    user.link_bot(BOT_TOKEN).await;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";
    hub.platform.say(BOT_TOKEN, 42, "the chat exists at the platform");
    hub.platform.put_file(BOT_TOKEN, "photo-1", png);
    let person = json!({"id": 42, "type": "private", "first_name": "Ada"});
    let update = json!({"update_id": 77, "message": {
        "message_id": 7, "date": 1_767_225_600, "chat": person, "from": {"id": 42, "is_bot": false, "first_name": "Ada"},
        "caption": "Look", "photo": [{"file_id": "photo-1", "file_unique_id": "u1", "width": 1, "height": 1, "file_size": 33}],
    }});
    hub.deliver(&update).await;
    let shown = eventually("the picture is fetched", async || {
        let message = user.all_messages().await.into_iter().next()?;
        (message["attachments"][0]["state"] == "ready").then_some(message)
    })
    .await;
    assert_eq!((&shown["message_type"], &shown["content"]), (&json!("image"), &json!("Look")));
    let link = shown["media_url"].as_str().expect("a link").to_owned();
    let anonymous = hub.client();
    let file = anonymous.request(reqwest::Method::GET, &link).send().await.expect("an answer");
    assert_eq!(file.headers()["content-type"], "image/png", "by content, not by name");
    assert_eq!(file.bytes().await.expect("bytes").as_ref(), png);
    let forged = link.replace("sig=", "sig=0");
    assert_eq!(anonymous.get(&forged).await.0.as_u16(), 404);
    assert_eq!(anonymous.get(link.split('?').next().expect("a path")).await.0.as_u16(), 401);

    let conversation = shown["conversation_id"].as_str().expect("an id");
    let part = reqwest::multipart::Part::bytes(b"a,b\n1,2\n".to_vec())
        .file_name("table.csv")
        .mime_str("text/csv")
        .expect("a type");
    let form = reqwest::multipart::Form::new().text("content", "The table").part("files", part);
    let request = user.request(reqwest::Method::POST, &format!("/api/messages/{conversation}/send")).multipart(form);
    let (status, sent) = hub_testkit::client::answer(request).await;
    assert_eq!(status.as_u16(), 201, "{sent}");
    assert_eq!(sent["message"]["attachments"][0]["filename"], "table.csv");
    let out = hub.platform.sent(BOT_TOKEN);
    assert_eq!((out[0].method.as_str(), out[0].text.as_deref()), ("senddocument", Some("The table")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bot_of_two_users_brings_every_message_to_both() {
    let database = Database::fresh(hub_testkit::Engine::Sqlite).await;
    let hub = Hub::start(&database).await;
    let (ada, eve) = (hub.client().register("ada@example.com").await, hub.client().register("eve@example.com").await);
    ada.link_bot(BOT_TOKEN).await;
    eve.link_bot(BOT_TOKEN).await;
    hub.platform.put_file(BOT_TOKEN, "photo-1", b"GIF89a picture");
    let update = json!({"update_id": 5, "message": {
        "message_id": 5, "date": 1_767_225_600, "chat": {"id": 42, "type": "private", "first_name": "Ada"},
        "from": {"id": 42, "is_bot": false, "first_name": "Ada"},
        "photo": [{"file_id": "photo-1", "file_unique_id": "u1", "width": 1, "height": 1}],
    }});
    hub.deliver(&update).await;
    hub.deliver(&update).await;
    let mut files = Vec::new();
    for user in [&ada, &eve] {
        let messages = user.all_messages().await;
        assert_eq!(messages.len(), 1, "once for each, however often it is delivered");
        files.push(messages[0]["attachments"][0]["id"].clone());
    }
    assert_ne!(files[0], files[1], "each has a file of their own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_one_inbox() {
    let Ok(redis) = std::env::var("HUB_TEST_REDIS_URL") else {
        assert!(std::env::var("HUB_TEST_REQUIRE_ALL").is_err(), "HUB_TEST_REDIS_URL is not set");
        return eprintln!("not run: HUB_TEST_REDIS_URL is not set");
    };
    if !engines().contains(&hub_testkit::Engine::Postgres) {
        return;
    }
    let database = Database::fresh(hub_testkit::Engine::Postgres).await;
    let secrets = [
        ("REDIS_URL", redis.as_str()),
        ("JWT_SECRET", "one-access-secret"),
        ("JWT_REFRESH_SECRET", "one-refresh-secret"),
        ("ENCRYPTION_KEY", "one-key"),
    ];
    let first = Hub::start_with(&database, &secrets).await;
    let second = Hub::start_with(&database, &secrets).await;
    let user = first.client().register("ada@example.com").await;
    user.link_bot(BOT_TOKEN).await;
    for hub in [&first, &second] {
        eventually("the processes hear each other", async || {
            let (_, health) = hub.client().get("/health").await;
            (health["services"]["redis"] == "connected").then_some(())
        })
        .await;
    }
    let there = second.client().with_token(user.token());
    let base = there.base().replacen("http", "ws", 1);
    let mut socket = connect(&format!("{base}/ws/messages/?token={}", there.token())).await;
    raw_event(&mut socket, "authenticated").await;
    for number in 1..=20 {
        first.deliver(&crate::support::bot_update(number, 42, &format!("message {number}"))).await;
    }
    for number in 1..=20 {
        let pushed = raw_event(&mut socket, "new_message").await;
        assert_eq!(pushed["message"]["content"], format!("message {number}"), "in order, none missing, none twice");
    }
}

#[cfg(feature = "demo")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_has_messages_of_every_platform_within_ten_seconds_and_takes_answers() {
    for engine in engines() {
        let database = Database::fresh(engine).await;
        let data = database.folder.path().display().to_string();
        let binary = std::path::Path::new(env!("CARGO_BIN_EXE_hub"));
        let settings = [
            ("HUB_DATA_DIR", data.as_str()),
            ("DATABASE_URL", database.url.as_str()),
            ("RATE_LIMIT_PER_MINUTE", "100000"),
        ];
        let hub = hub_testkit::HubProcess::start_as(binary, "demo", &settings).await;
        let env = std::fs::read_to_string(database.folder.path().join("demo.env")).expect("the demo's file");
        let value = |name: &str| {
            let line = env.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.unwrap_or_else(|| panic!("{name} is missing")).to_owned()
        };
        let body = json!({"email": value("HUB_DEMO_EMAIL"), "password": value("HUB_DEMO_PASSWORD")});
        let (_, session) = hub.client().post("/api/auth/login", &body).await;
        let user = hub.client().with_token(session["tokens"]["accessToken"].as_str().expect("signed in"));
        let (_, linked) = user.get("/api/oauth/accounts").await;
        let persons = linked["accounts"].as_array().expect("a list").iter();
        let mut person =
            persons.filter(|account| account["account_kind"] == "user").map(|account| account["id"].clone());
        a_person_of_telegram_is_reached(&user, &person.next_back().expect("an account of a person")).await;
        let simulator = Client::new(&value("TELEGRAM_USER_SIMULATOR_URL"));
        let (_, calls) = simulator.post("/_sim/calls", &json!({})).await;
        let sent = |call: &&Value| call["method"] == "messages.sendMessage" && call["refused"].is_null();
        assert_eq!(calls.as_array().expect("a list").iter().filter(sent).count(), 1, "the answer arrived");
        for platform in ["telegram", "facebook", "instagram", "whatsapp", "linkedin"] {
            let accounts = linked["accounts"].as_array().expect("a list");
            let account = accounts.iter().find(|it| it["platform"] == platform && it["account_kind"] != "user");
            let account = account.expect("it is linked");
            let newest = format!("/api/conversations?platform={platform}");
            let first = eventually("a conversation", async || {
                let (_, page) = user.get(&newest).await;
                let mut all = page["conversations"].as_array()?.iter();
                all.find(|it| it["account_id"] == account["id"])?["id"].as_str().map(str::to_owned)
            });
            let found = tokio::time::timeout(PATIENCE, first).await;
            let conversation = found.unwrap_or_else(|_| panic!("{platform}: not within ten seconds"));
            let body = json!({"content": "Hello"});
            let (status, answer) = user.post(&format!("/api/messages/{conversation}/send"), &body).await;
            assert_eq!(status.as_u16(), 201, "{platform}: {answer}");
            let simulator = Client::new(&value(&format!("{}_SIMULATOR_URL", platform.to_ascii_uppercase())));
            let account = account["platform_user_id"].as_str().expect("an id");
            let (path, asked) = match platform {
                "telegram" => ("/_sim/sent", json!({"token": value("TELEGRAM_BOT_TOKEN")})),
                "whatsapp" => ("/_sim/whatsapp/sent", json!({"number": account})),
                "linkedin" => ("/_sim/sent", json!({"organization": account})),
                _ => ("/_sim/sent", json!({"account": account})),
            };
            let (_, sent) = simulator.post(path, &asked).await;
            assert!(sent.to_string().contains("Hello"), "{platform}: {sent}");
        }
    }
}

/// Somebody writes to the demo's own account of a person, and is answered.
#[cfg(feature = "demo")]
async fn a_person_of_telegram_is_reached(user: &Client, account: &Value) {
    let heard = eventually("somebody writes to the person", async || {
        let (_, page) = user.get("/api/conversations?platform=telegram").await;
        let mut all = page["conversations"].as_array()?.iter();
        all.find(|conversation| conversation["account_id"] == *account).map(|conversation| conversation["id"].clone())
    })
    .await;
    let path = format!("/api/messages/{}/send", heard.as_str().expect("an id"));
    let (status, sent) = user.post(&path, &json!({"content": "On my way!"})).await;
    assert_eq!((status.as_u16(), &sent["message"]["failure"]), (201, &Value::Null), "{sent}");
}
