//! The books of a whole hub: they balance, they show what is missing, and what could not be applied comes to its place later.

use crate::support::{BOT_TOKEN, Hub, SECRET, bot_update};
use hub_testkit::client::answer;
use hub_testkit::database::engines;
use hub_testkit::{Client, Database, Engine, ledger_balances};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const METRICS: &str = "a-token-for-whoever-watches-0123456789";
/// The message that the database refuses while it is "broken".
const POISON: i64 = 50;

async fn counts(admin: &Client) -> Value {
    let (status, ledger) = admin.get("/api/health/ledger").await;
    assert_eq!(status, StatusCode::OK, "{ledger}");
    assert_eq!(ledger["balanced"], true, "{ledger}");
    ledger["platforms"].as_array().expect("a list").iter().find(|p| p["platform"] == "telegram").expect("known")["counts"]
        .clone()
}

async fn metrics(hub: &Hub, token: &str) -> (StatusCode, String) {
    let answer = hub.client().with_token(token).request(Method::GET, "/metrics").send().await.expect("an answer");
    (answer.status(), answer.text().await.expect("a text"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_books_balance_and_a_false_entry_is_seen() {
    for engine in engines() {
        let database = Database::fresh(engine).await;
        let hub = Hub::start_with(&database, &[("METRICS_TOKEN", METRICS)]).await;
        let user = hub.client().register("ada@example.com").await;
        user.link_bot(BOT_TOKEN).await;
        for update in 1..=5 {
            hub.receive(&user, update, 42, &format!("message {update}")).await;
        }
        // The same bytes, and the same message in other bytes.
        hub.deliver(&bot_update(5, 42, "message 5")).await;
        let mut other = bot_update(5, 42, "message 5");
        other["message"]["from"]["is_premium"] = true.into();
        hub.deliver(&other).await;
        // For nobody here, and news of a message that has not come yet.
        hub.deliver(&json!({"update_id": 7, "poll_answer": {}})).await;
        let conversation = user.all_messages().await[0]["conversation_id"].as_str().expect("an id").to_owned();
        let (status, sent) = user.post(&format!("/api/messages/{conversation}/send"), &json!({"content": "hi"})).await;
        assert_eq!(status, StatusCode::CREATED, "{sent}");
        ledger_balances(&user).await;
        let (_, ledger) = user.get("/api/health/ledger").await;
        assert!(ledger["platforms"][0].get("counts").is_none(), "volumes are an administrator's: {ledger}");
        assert_eq!(hub.client().get("/api/health/ledger").await.0, StatusCode::UNAUTHORIZED);

        database.make_admin("ada@example.com").await;
        let books = counts(&user).await;
        assert_eq!(
            (&books["received"], &books["applied"], &books["known"]),
            (&json!(8), &json!(5), &json!(2)),
            "{books}"
        );
        assert_eq!((&books["sent"], &books["taken"], &books["open"]), (&json!(1), &json!(1), &json!(0)), "{books}");

        assert_eq!(metrics(&hub, "another").await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(hub.client().get("/metrics").await.0, StatusCode::UNAUTHORIZED);
        let (status, text) = metrics(&hub, METRICS).await;
        assert_eq!(status, StatusCode::OK);
        for line in [
            "hub_ledger_entries{platform=\"telegram\",counter=\"received\"} 8",
            "hub_ledger_missing{platform=\"telegram\",side=\"inbound\"} 0",
            "hub_open_sends{platform=\"telegram\"} 0",
            "hub_parked_deliveries 0",
            "hub_sockets 0",
            "hub_deliveries_total{platform=\"telegram\",outcome=\"taken\"} 8",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} is missing in\n{text}");
        }
        for family in ["hub_jobs{state=\"waiting\"}", "hub_oldest_job_seconds", "process_resident_memory_bytes"] {
            assert!(text.lines().any(|line| line.starts_with(family)), "{family} is missing in\n{text}");
        }

        for (statement, side, by) in [
            ("UPDATE hub_ledger SET value = value - 1 WHERE counter = 'applied'", "inbound", 1),
            ("DELETE FROM messages WHERE is_outgoing = TRUE", "outbound", 0),
            ("UPDATE hub_ledger SET value = value + 2 WHERE counter = 'taken'", "outbound", -2),
        ] {
            database.change(statement).await;
            let (_, ledger) = user.get("/api/health/ledger").await;
            assert_eq!(ledger["balanced"], false);
            assert_eq!(ledger["platforms"][0]["missing"][side], by, "{statement}: {ledger}");
        }
        let missed = std::panic::AssertUnwindSafe(ledger_balances(&user));
        assert!(futures_util::FutureExt::catch_unwind(missed).await.is_err(), "a test that asks would fail");
        let (_, text) = metrics(&hub, METRICS).await;
        assert!(text.contains("hub_ledger_missing{platform=\"telegram\",side=\"inbound\"} 1\n"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_token_there_are_no_metrics() {
    let database = Database::fresh(Engine::Sqlite).await;
    let hub = Hub::start(&database).await;
    assert_eq!(metrics(&hub, METRICS).await.0, StatusCode::NOT_FOUND);
    assert_eq!(hub.client().get("/metrics").await.0, StatusCode::NOT_FOUND);
}

/// The database refuses one message, as a mistake of ours would.
pub(crate) async fn break_it(database: &Database, poison: &str) {
    let statement = match database.engine {
        Engine::Sqlite => format!(
            "CREATE TRIGGER poison BEFORE INSERT ON messages WHEN NEW.platform_message_id = '{poison}' \
             BEGIN SELECT RAISE(ABORT, 'poison'); END"
        ),
        Engine::Postgres => {
            format!("ALTER TABLE messages ADD CONSTRAINT poison CHECK (platform_message_id <> '{poison}')")
        }
    };
    database.change(statement).await;
}

async fn fix_it(database: &Database) {
    let statement = match database.engine {
        Engine::Sqlite => "DROP TRIGGER poison",
        Engine::Postgres => "ALTER TABLE messages DROP CONSTRAINT poison",
    };
    database.change(statement).await;
}

async fn post(client: Client, body: Value) -> StatusCode {
    let request = client.request(Method::POST, "/api/webhooks/telegram");
    let request = request.header("X-Telegram-Bot-Api-Secret-Token", SECRET).json(&body);
    request.send().await.expect("an answer").status()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_one_among_a_hundred_waits_for_an_operator_and_its_neighbours_stand() {
    for engine in engines() {
        // In one call, and in a hundred at once that share transactions.
        for together in [true, false] {
            one_of_a_hundred(engine, together).await;
        }
    }
}

async fn one_of_a_hundred(engine: Engine, together: bool) {
    let database = Database::fresh(engine).await;
    let hub = Hub::start(&database).await;
    let user = hub.client().register("ada@example.com").await;
    user.link_bot(BOT_TOKEN).await;
    let eve = hub.client().register("eve@example.com").await;
    database.make_admin("ada@example.com").await;
    break_it(&database, &POISON.to_string()).await;
    let updates: Vec<Value> = (1..=100).map(|n| bot_update(n, 1_000 + n % 7, &format!("message {n}"))).collect();
    if together {
        assert_eq!(post(hub.client(), json!({"ok": true, "result": updates})).await, StatusCode::OK);
    } else {
        let mut calls = JoinSet::new();
        for update in updates {
            calls.spawn(post(hub.client(), update));
        }
        while let Some(status) = calls.join_next().await {
            assert_eq!(status.expect("a call"), StatusCode::OK);
        }
    }
    let books = counts(&user).await;
    assert_eq!(
        (&books["received"], &books["applied"], &books["parked"]),
        (&json!(100), &json!(99), &json!(1)),
        "{books}"
    );
    assert_eq!(user.all_messages().await.len(), 99);

    let (status, listed) = user.get("/api/admin/parked?platform=telegram").await;
    assert_eq!(status, StatusCode::OK, "{listed}");
    assert_eq!((&listed["total"], &listed["hasMore"]), (&json!(1), &json!(false)));
    let parked = &listed["parked"][0];
    assert_eq!((&parked["platform"], &parked["waiting_items"]), (&json!("telegram"), &json!(1)), "{parked}");
    assert!(parked["reason"].as_str().is_some_and(|reason| !reason.is_empty() && !reason.contains("message 50")));
    let path = format!("/api/admin/parked/{}", parked["id"].as_str().expect("an id"));
    let (_, opened) = user.get(&path).await;
    assert!(opened["payload"].as_str().is_some_and(|payload| payload.contains("message 50")), "{opened}");
    is_the_administrators_alone(&hub, &eve, &path).await;

    // Not fixed yet: it waits on.
    let (status, again) = user.post(&format!("{path}/replay"), &json!({})).await;
    assert_eq!((status, &again["delivery"]["state"]), (StatusCode::OK, &json!("parked")), "{again}");
    assert_eq!(counts(&user).await, books);

    fix_it(&database).await;
    if together {
        let (status, again) = user.post(&format!("{path}/replay"), &json!({})).await;
        assert_eq!((status, &again["delivery"]["state"]), (StatusCode::OK, &json!("applied")), "{again}");
    } else {
        let filter = json!({"platform": "facebook"});
        assert_eq!(user.post("/api/admin/parked/replay", &filter).await.1["replayed"], 0);
        let filter = json!({"platform": "telegram", "reason": parked["reason"]});
        let (status, brought) = user.post("/api/admin/parked/replay", &filter).await;
        assert_eq!(status, StatusCode::OK, "{brought}");
        assert_eq!((&brought["settled"], &brought["messages"], &brought["next"]), (&json!(1), &json!(1), &Value::Null));
    }
    for _ in 0..2 {
        let books = counts(&user).await;
        assert_eq!(
            (&books["received"], &books["applied"], &books["parked"]),
            (&json!(100), &json!(100), &json!(0)),
            "{books}"
        );
        assert_eq!(user.all_messages().await.len(), 100);
        assert_eq!(user.get("/api/messages/unread/count").await.1["total"], 100);
        // Once more changes nothing.
        let (status, _) = user.post(&format!("{path}/replay"), &json!({})).await;
        assert_eq!(status, StatusCode::OK);
    }

    // What no fix will ever read is put aside.
    assert_eq!(post(hub.client(), json!({"update_id": 900, "message": {"message_id": "x"}})).await, StatusCode::OK);
    let (_, listed) = user.get("/api/admin/parked").await;
    let path = format!("/api/admin/parked/{}", listed["parked"][0]["id"].as_str().expect("an id"));
    for _ in 0..2 {
        let (status, aside) = user.post(&format!("{path}/dismiss"), &json!({})).await;
        assert_eq!((status, &aside["delivery"]["state"]), (StatusCode::OK, &json!("dismissed")), "{aside}");
    }
    let books = counts(&user).await;
    assert_eq!((&books["parked"], &books["dismissed"]), (&json!(0), &json!(1)), "{books}");
}

/// Everybody else hears no, and nothing happens.
async fn is_the_administrators_alone(hub: &Hub, eve: &Client, path: &str) {
    let routes = [
        (Method::GET, "/api/admin/parked".to_owned()),
        (Method::GET, path.to_owned()),
        (Method::POST, "/api/admin/parked/replay".to_owned()),
        (Method::POST, format!("{path}/replay")),
        (Method::POST, format!("{path}/dismiss")),
    ];
    for (method, path) in routes {
        let (status, said) = answer(eve.request(method.clone(), &path)).await;
        assert_eq!((status, &said["error"]["code"]), (StatusCode::FORBIDDEN, &json!("FORBIDDEN")), "{method} {path}");
        let (status, _) = answer(hub.client().request(method.clone(), &path)).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
    }
}
