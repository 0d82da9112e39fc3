//! A database that is away for a while: 503 meanwhile, never a false 200, and work goes on by itself afterwards.

use crate::support::{BOT_TOKEN, Hub, SECRET, bot_update};
use hub_simulators::telegram::Fault;
use hub_testkit::database::{POSTGRES_VARIABLE, REQUIRE_ALL_VARIABLE};
use hub_testkit::{Client, Database, Engine, Proxy, eventually, ledger_balances};
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::time::{Duration, Instant};

/// How long the database is away.
const AWAY: Duration = Duration::from_secs(10);

async fn deliver(client: &Client, update: i64) -> StatusCode {
    let body = bot_update(update, 42, &format!("update {update}"));
    let request = client.request(Method::POST, "/api/webhooks/telegram");
    let answer = request.header("X-Telegram-Bot-Api-Secret-Token", SECRET).json(&body).send().await.expect("an answer");
    if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
        assert!(answer.headers().contains_key("retry-after"), "a refusal says when to come again");
    }
    answer.status()
}

/// A database that can be cut off; `None` = there is none here.
async fn behind_a_line() -> Option<(Database, Proxy)> {
    if std::env::var(POSTGRES_VARIABLE).is_err() {
        assert!(std::env::var(REQUIRE_ALL_VARIABLE).is_err(), "{POSTGRES_VARIABLE} is not set");
        eprintln!("not run: {POSTGRES_VARIABLE} is not set");
        return None;
    }
    let mut database = Database::fresh(Engine::Postgres).await;
    let mut url = url::Url::parse(&database.url).expect("a URL");
    let target = format!("{}:{}", url.host_str().expect("a host"), url.port().expect("a port"));
    let line = Proxy::to(target).await;
    url.set_host(Some("127.0.0.1")).expect("a host");
    url.set_port(Some(line.address.port())).expect("a port");
    database.url = url.to_string();
    Some((database, line))
}

/// Whoever is told to try again after the message was stored sends it twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_is_never_answered_with_try_again() {
    let Some((database, line)) = behind_a_line().await else { return };
    let hub = Hub::start_with(&database, &[("SEND_WAIT_MS", "2000")]).await;
    let user = hub.client().register("ada@example.com").await;
    user.link_bot(BOT_TOKEN).await;
    hub.receive(&user, 1, 42, "hello").await;
    let conversation = user.all_messages().await[0]["conversation_id"].as_str().expect("an id").to_owned();

    hub.platform.fault("sendMessage", Fault::Hang(Duration::from_secs(4)));
    let path = format!("/api/messages/{conversation}/send");
    let body = json!({ "content": "once" });
    let cut = async {
        eventually("it is on its way", async || (hub.platform.faults_left() == 0).then_some(())).await;
        line.cut();
    };
    let ((status, told), ()) = tokio::join!(user.post(&path, &body), cut);
    assert_eq!(status, StatusCode::CREATED, "{told}");
    assert!(matches!(told["message"]["status"].as_str(), Some("queued" | "sending")), "{told}");
    line.mend();
    let settled = async || {
        let message = user.all_messages().await.into_iter().find(|message| message["content"] == "once")?;
        (message["status"] == "sent").then_some(())
    };
    eventually("its fate is known", settled).await;
    assert_eq!(hub.platform.sent(BOT_TOKEN).len(), 1, "once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_postgres_is_away_nothing_is_acknowledged_and_then_all_goes_on() {
    let Some((database, line)) = behind_a_line().await else { return };
    let mut hub = Hub::start(&database).await;
    let client = hub.client();
    let user = client.register("ada@example.com").await;
    user.link_bot(BOT_TOKEN).await;
    assert_eq!(deliver(&client, 1).await, StatusCode::OK);

    line.cut();
    let cut = Instant::now();
    let mut refused = 0;
    while cut.elapsed() < AWAY {
        let status = deliver(&client, 2 + refused).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "nothing can have been stored");
        refused += 1;
    }
    let (health, _) = client.get("/health").await;
    assert_eq!(health, StatusCode::SERVICE_UNAVAILABLE);
    assert!(hub.process.is_running());

    line.mend();
    eventually("a delivery is taken again", async || {
        (deliver(&client, 1_000_000).await == StatusCode::OK).then_some(())
    })
    .await;
    // What was refused comes again; a hundred of them prove as much as all.
    let again = refused.min(100);
    for update in 2..2 + again {
        assert_eq!(deliver(&client, update).await, StatusCode::OK);
    }
    let (_, unread) = user.get("/api/messages/unread/count").await;
    assert_eq!(unread["total"], again + 2);
    ledger_balances(&user).await;
}
