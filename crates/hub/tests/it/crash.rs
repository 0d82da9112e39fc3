//! The promise that matters most: what was answered 200 is stored, once, whatever happens to the process.

use crate::support::{BOT_TOKEN, Hub, SECRET, bot_update};
use hub_simulators::telegram;
use hub_testkit::database::engines;
use hub_testkit::{Client, Database, Engine, PATIENCE, eventually, ledger_balances};
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

const ROUNDS: u64 = 20;
/// Platforms' connections at once.
const SENDERS: i64 = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_hub_loses_nothing_it_acknowledged_and_stores_nothing_twice() {
    for engine in engines() {
        kill_rounds(engine).await;
    }
}

async fn kill_rounds(engine: Engine) {
    let database = Database::fresh(engine).await;
    let mut hub = Hub::start(&database).await;
    let user = hub.client().register("ada@example.com").await;
    user.link_bot(BOT_TOKEN).await;

    let next = Arc::new(AtomicI64::new(1));
    let mut acknowledged: BTreeSet<i64> = BTreeSet::new();
    let mut unanswered: Vec<i64> = Vec::new();
    for round in 0..ROUNDS {
        let mut senders = JoinSet::new();
        let taken = Arc::new(watch::Sender::new(0_u64));
        for sender in 0..SENDERS {
            let (client, next, taken) = (hub.client(), next.clone(), taken.clone());
            // What got no answer is sent again, as a platform would.
            let again: Vec<i64> =
                unanswered.iter().copied().filter(|update| update.rem_euclid(SENDERS) == sender).collect();
            senders.spawn(stream(client, again, next, taken));
        }
        // Another moment in every round, from the first acknowledgement to full flow.
        let moment = 1 + (round * 37) % 150;
        let reached = async { taken.subscribe().wait_for(|count| *count >= moment).await.map(|_| ()) };
        tokio::time::timeout(PATIENCE, reached).await.expect("the stream flows").expect("it is counted");
        hub.kill().await;
        unanswered.clear();
        while let Some(outcome) = senders.join_next().await {
            let (taken, open) = outcome.expect("a sender");
            acknowledged.extend(taken);
            unanswered.extend(open);
        }
        hub = Hub::start(&database).await;
    }
    assert!(acknowledged.len() > 100, "the stream was too thin to prove anything: {}", acknowledged.len());

    let user = hub.client().login("ada@example.com").await;
    let mut stored: HashMap<String, u32> = HashMap::new();
    for message in user.all_messages().await {
        *stored.entry(message["content"].as_str().expect("text").to_owned()).or_default() += 1;
    }
    for update in &acknowledged {
        assert_eq!(stored.get(&text_of(*update)), Some(&1), "update {update} on {engine:?}");
    }
    let doubles: Vec<_> = stored.iter().filter(|(_, count)| **count != 1).collect();
    assert!(doubles.is_empty(), "stored more than once on {engine:?}: {doubles:?}");
    let (_, unread) = user.get("/api/messages/unread/count").await;
    assert_eq!(unread["total"], stored.len() as u64, "the counter agrees with the messages on {engine:?}");
    ledger_balances(&user).await;
}

fn text_of(update: i64) -> String {
    format!("message of update {update}")
}

/// Sends until the hub is gone. Gives what was acknowledged and what was not.
async fn stream(
    client: Client,
    mut again: Vec<i64>,
    next: Arc<AtomicI64>,
    taken: Arc<watch::Sender<u64>>,
) -> (Vec<i64>, Vec<i64>) {
    let mut acknowledged = Vec::new();
    loop {
        let update = again.pop().unwrap_or_else(|| next.fetch_add(1, Ordering::Relaxed));
        let body = bot_update(update, 5_000 + update % 7, &text_of(update));
        let sent = client
            .request(reqwest::Method::POST, "/api/webhooks/telegram")
            .header("X-Telegram-Bot-Api-Secret-Token", SECRET)
            .json(&body)
            .send()
            .await;
        match sent {
            Ok(answer) if answer.status() == 200 => {
                acknowledged.push(update);
                taken.send_modify(|count| *count += 1);
            }
            // Busy: it counts as not answered.
            Ok(answer) => {
                assert_eq!(answer.status(), 503, "only 200 and 503 are honest here");
                again.push(update);
            }
            Err(_) => {
                again.push(update);
                return (acknowledged, again);
            }
        }
    }
}

/// A worker that dies while a platform holds its request: what nobody knows is said, and nothing leaves a second time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_killed_in_the_middle_of_a_send_takes_it_up_again_and_sends_nothing_twice() {
    for engine in engines() {
        let database = Database::fresh(engine).await;
        let mut hub = Hub::start_with(&database, &[("SEND_WAIT_MS", "50")]).await;
        let user = hub.client().register("ada@example.com").await;
        user.link_bot(BOT_TOKEN).await;
        hub.receive(&user, 1, 42, "hello").await;
        let conversation = user.all_messages().await[0]["conversation_id"].as_str().expect("an id").to_owned();
        // The platform takes the message and holds its answer: that is the moment between claim and finish.
        hub.platform.fault("send", telegram::Fault::Hang(Duration::from_mins(10)));
        let body = json!({"content": "into the crash"});
        user.post(&format!("/api/messages/{conversation}/send"), &body).await;
        user.post(&format!("/api/messages/{conversation}/send"), &json!({"content": "behind it"})).await;
        let state = async |client: &Client, words: &str| {
            let all = client.all_messages().await;
            let found = all.into_iter().find(|message| message["content"] == words);
            found.expect("it is there")["status"].as_str().unwrap_or_default().to_owned()
        };
        eventually("it is leaving", async || (state(&user, "into the crash").await == "sending").then_some(())).await;
        hub.kill().await;
        if engine == Engine::Postgres {
            // There the lease of the dead decides.
            database.change("UPDATE hub_jobs SET lease_until = '2020-01-01T00:00:00Z' WHERE state = 'running'").await;
        }
        let hub = hub.again(&database).await;
        let user = hub.client().login("ada@example.com").await;
        let settled = async || (state(&user, "behind it").await == "sent").then_some(());
        eventually("the conversation goes on", settled).await;
        assert_eq!(state(&user, "into the crash").await, "unconfirmed", "nobody knows on {engine:?}");
        let asked: Vec<_> = hub.platform.sent(BOT_TOKEN).into_iter().filter_map(|sent| sent.text).collect();
        assert!(asked.iter().filter(|words| *words == "into the crash").count() <= 1, "{asked:?}");
        assert_eq!(asked.iter().filter(|words| *words == "behind it").count(), 1, "{asked:?}");
        let counted = "SELECT CAST(attempts AS text) FROM hub_jobs WHERE kind = 'deliver_message' ORDER BY place";
        assert_eq!(database.texts(counted).await, [Some("2".to_owned()), Some("1".to_owned())], "it was an attempt");
    }
}
