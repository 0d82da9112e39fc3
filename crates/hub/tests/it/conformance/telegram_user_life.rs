//! What is Telegram people's own: lines that survive kills and never double, sessions that end there, sign-ins across restarts.

use super::telegram_user::{TelegramUser, number};
use hub_simulators::telegram_user::{NewAccount, Place};
use hub_testkit::conformance::{Stage, Subject};
use hub_testkit::database::engines;
use hub_testkit::{Client, Engine, HubProcess, eventually, eventually_within};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Times that the hub is killed in a burst.
const ROUNDS: usize = 6;
/// Messages of a burst, to each of three places.
const BURST: usize = 12;
/// A lease that was not given back is taken over, and a line is opened, within this.
const TAKEN_OVER: Duration = Duration::from_mins(1);
/// Accounts of the measurement.
const ACCOUNTS: usize = 10;

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_hub"))
}

async fn linked(engine: Engine) -> Stage<TelegramUser> {
    Box::pin(Stage::<TelegramUser>::linked(binary(), engine)).await
}

/// A private chat, a small group and a supergroup of the first account.
fn places(subject: &TelegramUser) -> (i64, i64, [Place; 3]) {
    let (account, person) = (number(&subject.account(0)), number(&subject.person(1)));
    subject.say(&subject.account(0), &subject.person(1), "the first word");
    let group = subject.platform.create_group(account, 41, "Small", &[person]);
    let supergroup = subject.platform.create_supergroup(account, 2_100_000_333, "Large", &[person]);
    (account, person, [Place::Person(person), group, supergroup])
}

/// Every message with how often it stands there.
async fn counted(user: &Client) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for message in user.all_messages().await {
        *counted.entry(message["content"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    counted
}

/// All of these stand there, once, and nothing else.
async fn whole(user: &Client, said: &[String]) {
    let all = async || {
        let counted = counted(user).await;
        said.iter().all(|words| counted.contains_key(words)).then_some(counted)
    };
    let counted = eventually_within(TAKEN_OVER, "all that was said", all).await;
    let wrong: Vec<_> = counted.iter().filter(|(words, count)| **count != 1 || !said.contains(words)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Killed again and again while everybody writes: nothing is missing, nothing is there twice, and no two connections ever used the
/// sign-in at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_during_bursts_lose_nothing_and_double_nothing() {
    for engine in engines() {
        let mut stage = linked(engine).await;
        let (account, person, places) = places(&stage.subject);
        let mut said = vec!["the first word".to_owned()];
        for place in places {
            // The hub hears of a channel before it can miss something there.
            let words = format!("hello {place:?}");
            stage.subject.platform.says(account, place, person, &words).expect("a chat");
            stage.message(&words).await;
            said.push(words);
        }
        for round in 0..ROUNDS {
            let burst: Vec<(Place, String)> = (0..BURST)
                .flat_map(|number| places.map(|place| (place, format!("{round}/{number} in {place:?}"))))
                .collect();
            // At another moment of every burst.
            let kill_at = (round * 7) % burst.len();
            for (at, (place, words)) in burst.iter().enumerate() {
                if at == kill_at {
                    stage.hub.kill().await;
                }
                stage.subject.platform.says(account, *place, person, words).expect("a chat");
                said.push(words.clone());
            }
            stage.restart().await;
        }
        whole(&stage.user, &said).await;
        assert_eq!(stage.unread().await, i64::try_from(said.len()).expect("few"), "{engine:?}");
        assert_eq!(stage.subject.platform.most_at_once(), 1, "one connection at a time");
        assert_eq!(stage.health().await, "ok");
        stage.finish().await;
    }
}

/// Two processes on one database: the sign-in is in one of them at a time, when that one stops, and when it dies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_never_hold_one_sign_in_at_once() {
    let Ok(redis) = std::env::var("HUB_TEST_REDIS_URL") else {
        assert!(std::env::var("HUB_TEST_REQUIRE_ALL").is_err(), "HUB_TEST_REDIS_URL is not set");
        return eprintln!("not run: HUB_TEST_REDIS_URL is not set");
    };
    if !engines().contains(&Engine::Postgres) {
        return;
    }
    let further = [
        ("REDIS_URL", redis.as_str()),
        ("JWT_SECRET", "one-access-secret"),
        ("JWT_REFRESH_SECRET", "one-refresh-secret"),
        ("ENCRYPTION_KEY", "one-key"),
        ("WEBHOOK_BASE_URL", ""),
        ("PORT", "0"),
    ];
    let mut stage = Box::pin(Stage::<TelegramUser>::open_with(binary(), Engine::Postgres, &further)).await;
    let settings = stage.settings().to_vec();
    let another = async || {
        let settings: Vec<(&str, &str)> =
            settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        HubProcess::start(binary(), &settings).await
    };
    let mut second = another().await;
    stage.link().await;
    let account = number(&stage.subject.account(0));
    let listening = || stage.subject.platform.listening(account);
    eventually("a line", async || (listening() == 1).then_some(())).await;
    let mut said = Vec::new();
    let mut say = |subject: &TelegramUser, words: &str| {
        subject.say(&subject.account(0), &subject.person(1), words);
        said.push(words.to_owned());
    };
    say(&stage.subject, "to whoever holds it");
    whole(&second.client().with_token(stage.user.token()), &["to whoever holds it".to_owned()]).await;

    // Told to stop, it hands the line over at once.
    stage.hub.stop().await;
    say(&stage.subject, "while nobody may be there");
    let there = second.client().with_token(stage.user.token());
    eventually_within(TAKEN_OVER, "the other one takes over", async || (listening() == 1).then_some(())).await;
    say(&stage.subject, "to the second");
    let mut third = another().await;
    eventually("the message is there", async || counted(&there).await.contains_key("to the second").then_some(()))
        .await;

    // Killed, its lease must end first.
    second.kill().await;
    say(&stage.subject, "while the lease runs");
    stage.database.change("UPDATE hub_leases SET until_at = '2020-01-01T00:00:00.000000Z'").await;
    eventually_within(TAKEN_OVER, "the third one takes over", async || (listening() == 1).then_some(())).await;
    say(&stage.subject, "to the third");
    let there = third.client().with_token(stage.user.token());
    whole(&there, &said).await;
    let conversation = there.all_messages().await[0]["conversation_id"].as_str().expect("an id").to_owned();
    let sent = there.post(&format!("/api/messages/{conversation}/send"), &json!({"content": "an answer"})).await;
    assert_eq!(sent.0, StatusCode::CREATED, "{}", sent.1);
    eventually("the answer arrives", async || {
        let deeds = stage.subject.platform.deeds(account);
        deeds.iter().any(|deed| deed.words == "an answer").then_some(())
    })
    .await;
    assert_eq!(stage.subject.platform.most_at_once(), 1, "one connection at a time");
    let (_, listed) = there.get("/api/oauth/accounts").await;
    assert_eq!(listed["accounts"][0]["health"], "ok", "{listed}");
    third.stop().await;
}

/// A session that ended at Telegram asks for a new sign-in, with a sentence; what was written meanwhile comes with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ended_there_asks_for_a_new_one() {
    for (code, name) in [(401, "SESSION_REVOKED"), (406, "AUTH_KEY_DUPLICATED")] {
        let stage = linked(Engine::Sqlite).await;
        let account = number(&stage.subject.account(0));
        let conversation = stage.conversation_with(1).await;
        stage.subject.platform.revoke_with(account, code, name);
        stage.subject.platform.cut(Some(account));
        eventually("the account needs a sign-in", async || (stage.health().await == "needs_reauth").then_some(()))
            .await;
        stage.subject.say(&stage.subject.account(0), &stage.subject.person(1), "said to a closed line");
        let (status, refused) = stage.send(&conversation, &json!({"content": "too late"})).await;
        assert_eq!((status, &refused["error"]["code"]), (StatusCode::CONFLICT, &json!("ACCOUNT_NEEDS_REAUTH")));
        assert!(refused.to_string().len() > 40, "a sentence: {refused}");
        eventually("nobody listens", async || (stage.subject.platform.listening(account) == 0).then_some(())).await;
        stage.link().await;
        stage.message("said to a closed line").await;
        assert_eq!(stage.health().await, "ok", "{name}");
        stage.finish().await;
    }
}

/// Killed between the number and the code, and between the code and the password, a sign-in goes on. A wrong code asks again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_goes_on_after_a_restart() {
    for engine in engines() {
        let mut stage = Box::pin(Stage::<TelegramUser>::open(binary(), engine)).await;
        let account = stage.subject.account(1);
        let form = stage.subject.form(TelegramUser::METHOD, &account).expect("it asks");
        let path = "/api/oauth/connect/telegram";
        let (status, mut asked) =
            stage.user.post(path, &json!({"method": TelegramUser::METHOD, "answers": form.good})).await;
        assert_eq!(status, StatusCode::OK, "{asked}");
        let (status, again) = stage.user.post(path, &json!({"state": asked["state"], "answers": {"code": "1"}})).await;
        assert_eq!((status, &again["step"]["type"]), (StatusCode::OK, &json!("ask")), "{again}");
        assert!(again["step"]["title"].as_str().is_some_and(|title| title.starts_with("Wrong code")), "{again}");
        for answers in stage.subject.further(TelegramUser::METHOD, &account) {
            stage.restart().await;
            let body = json!({"state": asked["state"], "answers": answers});
            let (status, next) = stage.user.post(path, &body).await;
            assert_eq!(status, StatusCode::OK, "{next}");
            asked = next;
        }
        assert!(asked["accountId"].is_string(), "{asked}");
        eventually("a line", async || stage.subject.is_called(&account).then_some(())).await;
        assert_eq!(stage.subject.platform.signed_in(number(&account)), 1);
        stage.finish().await;
    }
}

/// A sign-in that the hub could not keep is no session in the person's list of devices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_cannot_be_kept_is_given_back() {
    let stage = Box::pin(Stage::<TelegramUser>::open(binary(), Engine::Sqlite)).await;
    let account = stage.subject.account(0);
    let full = "CREATE TRIGGER full BEFORE INSERT ON connected_accounts BEGIN SELECT RAISE(ABORT, 'full'); END";
    stage.database.change(full).await;
    let form = stage.subject.form(TelegramUser::METHOD, &account).expect("it asks");
    let path = "/api/oauth/connect/telegram";
    let (_, asked) = stage.user.post(path, &json!({"method": TelegramUser::METHOD, "answers": form.good})).await;
    let body = json!({"state": asked["state"], "answers": {"code": "22222"}});
    let (status, failed) = stage.user.post(path, &body).await;
    assert!(status.is_server_error(), "{status} {failed}");
    assert!(
        stage.subject.platform.calls_of("auth.signIn").iter().any(|call| call.refused.is_none()),
        "it was signed in"
    );
    assert_eq!(stage.subject.platform.signed_in(number(&account)), 0, "and is signed out again");
    stage.database.change("DROP TRIGGER full").await;
    stage.link().await;
    stage.finish().await;
}

/// A deletion in a private chat does not say where: the message is found, also by a process that never saw it, and its namesake in a
/// supergroup stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deletions_that_do_not_say_where_are_found() {
    for engine in engines() {
        let mut stage = linked(engine).await;
        let (account, person, [private, group, supergroup]) = places(&stage.subject);
        let first = stage.subject.platform.messages(account, private);
        let namesake = first[0].id();
        let there = stage.subject.platform.says(account, supergroup, person, "in the supergroup").expect("a chat");
        assert_eq!(there, namesake, "both count from the same number");
        let in_group = stage.subject.platform.says(account, group, person, "in the group").expect("a chat");
        for words in ["the first word", "in the supergroup", "in the group"] {
            stage.message(words).await;
        }
        stage.restart().await;
        assert!(stage.subject.platform.deletes(account, private, &[namesake]));
        assert!(stage.subject.platform.deletes(account, group, &[in_group]));
        let deleted = async || {
            let all: Vec<Value> = stage.user.all_messages().await;
            let gone = all.into_iter().filter(|message| message["deleted_at"].is_string());
            let gone: Vec<String> =
                gone.map(|message| message["content"].as_str().unwrap_or_default().to_owned()).collect();
            (gone.len() >= 2).then_some(gone)
        };
        eventually("two are gone", deleted).await;
        stage.subject.platform.says(account, private, person, "the last word");
        stage.message("the last word").await;
        let mut gone = deleted().await.expect("they stay so");
        gone.sort();
        assert_eq!(gone, ["in the group", "the first word"], "{engine:?}");
        stage.finish().await;
    }
}

/// A measurement, for people to read: what a line costs. `cargo test -p hub --features demo --test it -- --ignored ten_lines --nocapture`
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn ten_lines_cost() {
    let stage = Box::pin(Stage::<TelegramUser>::open(binary(), Engine::Sqlite)).await;
    eprintln!("no line: {} kB", stage.hub.resident_kb().expect("a figure"));
    stage.link().await;
    stage.hear(1, "hello").await;
    eprintln!("one line: {} kB", stage.hub.resident_kb().expect("a figure"));
    for number in 1..ACCOUNTS {
        let id = 7_100_001_000 + i64::try_from(number).expect("few");
        let phone = format!("49155501{number:05}");
        stage.subject.platform.create_account(NewAccount::new(id, &phone, "Dana"));
        let body = json!({"method": "phone", "answers": {"phone": phone}});
        let (_, asked) = stage.user.post("/api/oauth/connect/telegram", &body).await;
        let body = json!({"state": asked["state"], "answers": {"code": "22222"}});
        let (status, linked) = stage.user.post("/api/oauth/connect/telegram", &body).await;
        assert_eq!(status, StatusCode::OK, "{linked}");
        eventually("a line", async || (stage.subject.platform.listening(id) > 0).then_some(())).await;
    }
    stage.hear(1, "hello again").await;
    eprintln!("{ACCOUNTS} lines: {} kB", stage.hub.resident_kb().expect("a figure"));
    stage.finish().await;
}
