//! The contract's routes of Telegram accounts of people, played as the originals' two-step page plays them, against the pretend
//! Telegram.

use crate::telegram_world::{CODE, ME, OTHER, OTHER_PHONE, PASSWORD, PHONE, World};
use hub_simulators::telegram_user::{Fault, NewAccount};
use hub_testkit::client::answer;
use hub_testkit::database::engines;
use hub_testkit::{Client, Engine};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Asks for a code.
pub(crate) async fn asks(user: &Client, phone: &str) -> (StatusCode, Value) {
    user.post("/api/telegram/auth/phone", &json!({"phoneNumber": phone})).await
}

/// Asks for a code that comes; the contract's hash.
pub(crate) async fn code_sent(user: &Client, phone: &str) -> String {
    let (status, body) = asks(user, phone).await;
    assert_eq!((status.as_u16(), &body["success"]), (200, &json!(true)), "{body}");
    body["phoneCodeHash"].as_str().expect("a hash").to_owned()
}

/// Verifies, as the page does.
pub(crate) async fn verifies(user: &Client, hash: &str, code: &str, password: Option<&str>) -> (StatusCode, Value) {
    let mut body = json!({"phoneNumber": PHONE, "phoneCode": code, "phoneCodeHash": hash});
    if let Some(password) = password {
        body["password"] = password.into();
    }
    user.post("/api/telegram/auth/verify", &body).await
}

/// A refusal as pages show it: the text, flat.
fn shown(outcome: (StatusCode, Value)) -> (u16, String) {
    let (status, body) = outcome;
    assert_eq!(body["error"], body["message"], "{body}");
    (status.as_u16(), body["error"].as_str().expect("pages put it on the screen as it is").to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_two_step_page_signs_in_and_the_account_lives() {
    for engine in engines() {
        let world = World::begun(engine).await;
        world.telegram.was_said(ME, world.alice, world.alice_id, |message| {
            "before anybody looked".clone_into(&mut message.message);
        });
        let user = world.client().register("ada@example.com").await;
        let hash = code_sent(&user, "+49 (1555) 000-0001").await;
        assert!(hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()), "{hash}");
        let (status, body) = verifies(&user, &hash, CODE, None).await;
        assert_eq!((status.as_u16(), &body["success"], &body["username"]), (200, &json!(true), &json!("Me")), "{body}");
        let id = body["accountId"].as_str().expect("an account").to_owned();
        let (_, accounts) = user.get("/api/oauth/accounts").await;
        assert_eq!(
            (&accounts["accounts"][0]["id"], &accounts["accounts"][0]["platform"]),
            (&json!(id), &json!("telegram"))
        );

        // The past comes by itself, and what is said from now on.
        let dialogs =
            world.until(&user, &format!("/api/telegram/{id}/dialogs"), |body| body["dialogs"][0].is_object()).await;
        let dialog = &dialogs["dialogs"][0];
        assert_eq!(
            (&dialog["id"], &dialog["name"]),
            (&json!(world.alice_id.to_string()), &json!("Alice")),
            "{dialogs}"
        );
        assert_eq!((&dialog["isUser"], &dialog["isGroup"]), (&json!(true), &json!(false)));
        assert!(dialog["date"].as_i64().is_some_and(|date| date > 1_000_000_000), "{dialog}");
        world.telegram.says(ME, world.alice, world.alice_id, "hello from Alice");
        let path = format!("/api/telegram/{id}/messages/{}", world.alice_id);
        let read = world.until(&user, &path, |body| body["messages"][0]["text"] == "hello from Alice").await;
        let message = &read["messages"][0];
        assert!(message["id"].is_i64() && message["date"].is_i64(), "{message}");
        assert_eq!((&message["senderId"], &message["out"]), (&json!(world.alice_id.to_string()), &json!(false)));

        let (status, body) =
            user.post(&format!("/api/telegram/{id}/send/{}", world.alice_id), &json!({"text": "hi Alice"})).await;
        assert_eq!(
            (status.as_u16(), &body["success"], &body["message"]["content"]),
            (200, &json!(true), &json!("hi Alice")),
            "{body}"
        );
        let read = world.until(&user, &path, |body| body["messages"][0]["text"] == "hi Alice").await;
        assert_eq!(
            (&read["messages"][0]["out"], &read["messages"][0]["senderId"]),
            (&json!(true), &json!(ME.to_string()))
        );
        assert_eq!(world.telegram.calls_of("messages.sendMessage").len(), 1);
        let (status, body) =
            user.post(&format!("/api/telegram/{id}/send/{}", world.alice_id), &json!({"text": "  "})).await;
        assert_eq!(shown((status, body)), (400, "Text required".to_owned()));
        let (status, _) = user.post(&format!("/api/telegram/{id}/send/4711"), &json!({"text": "who?"})).await;
        assert_eq!(status.as_u16(), 404, "nobody of that number");

        let (status, body) = user.post(&format!("/api/telegram/{id}/sync"), &json!({})).await;
        assert_eq!((status.as_u16(), &body["message"]), (200, &json!("Messages synced successfully")), "{body}");
        let (status, _) = user.delete(&format!("/api/oauth/disconnect/{id}")).await;
        assert_eq!(status.as_u16(), 200);
        let (status, _) = user.get(&format!("/api/telegram/{id}/dialogs")).await;
        assert_eq!(status.as_u16(), 404, "disconnected");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_asked_for_or_given_with_the_code() {
    let world = World::begun(Engine::Sqlite).await;
    let user = world.client().register("ada@example.com").await;
    let hash = code_sent(&user, OTHER_PHONE).await;
    for _ in 0..2 {
        // A page that was closed and opened asks again.
        let (status, body) = verifies(&user, &hash, CODE, None).await;
        assert_eq!(
            (status.as_u16(), &body["success"], &body["needPassword"]),
            (200, &json!(false), &json!(true)),
            "{body}"
        );
        assert_eq!(body["hint"], "Hint: the usual");
    }
    let wrong = shown(verifies(&user, &hash, CODE, Some("guessed")).await);
    assert!(wrong.0 == 400 && wrong.1.starts_with("Invalid verification code: Wrong password."), "{wrong:?}");
    let (status, body) = verifies(&user, &hash, CODE, Some(PASSWORD)).await;
    assert_eq!((status.as_u16(), &body["success"]), (200, &json!(true)), "{body}");

    let hash = code_sent(&user, OTHER_PHONE).await;
    let (status, again) = verifies(&user, &hash, CODE, Some(PASSWORD)).await;
    assert_eq!((status.as_u16(), &again["success"]), (200, &json!(true)), "both at once: {again}");
    assert_eq!(again["accountId"], body["accountId"], "the same account");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_answers_are_words_and_the_third_one_ends_the_attempt() {
    let world = World::begun(Engine::Sqlite).await;
    let user = world.client().register("ada@example.com").await;
    assert_eq!(shown(asks(&user, "").await), (400, "Phone number required".to_owned()));
    let odd = shown(asks(&user, "hello").await);
    assert!(
        odd.0 == 400 && odd.1.starts_with("Failed to send verification code: This is not a phone number"),
        "{odd:?}"
    );
    world.telegram.fault("auth.sendCode", Fault::refused(400, "PHONE_NUMBER_BANNED"));
    let banned = "Failed to send verification code: Telegram has blocked this number.";
    assert_eq!(shown(asks(&user, PHONE).await), (400, banned.to_owned()));

    let hash = code_sent(&user, PHONE).await;
    let gone = (400, "Invalid verification code: Session not found. Please restart verification.".to_owned());
    assert_eq!(shown(verifies(&user, "", CODE, None).await), gone);
    assert_eq!(shown(verifies(&user, &"0".repeat(64), CODE, None).await), gone);
    let empty = shown(verifies(&user, &hash, "", None).await);
    assert_eq!(empty, (400, "Invalid verification code: Please type the code.".to_owned()));
    for _ in 0..2 {
        let wrong = shown(verifies(&user, &hash, "11111", None).await);
        assert!(wrong.0 == 400 && wrong.1.starts_with("Invalid verification code: Wrong code."), "{wrong:?}");
    }
    let third = shown(verifies(&user, &hash, "11111", None).await);
    assert!(third.0 == 400 && third.1.contains("this attempt has ended"), "{third:?}");
    assert_eq!(shown(verifies(&user, &hash, CODE, None).await), gone, "the right one comes too late");

    let hash = code_sent(&user, PHONE).await;
    world.telegram.expire_code(PHONE);
    let old = shown(verifies(&user, &hash, CODE, None).await);
    assert_eq!(old, (400, "Invalid verification code: The code has expired. Please ask for a new one.".to_owned()));
    assert_eq!(shown(verifies(&user, &hash, CODE, None).await), gone);
    let hash = code_sent(&user, PHONE).await;
    assert_eq!(verifies(&user, &hash, CODE, None).await.1["success"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_is_told_in_words_and_seconds_and_costs_no_attempt() {
    let world = World::begun(Engine::Sqlite).await;
    let user = world.client().register("ada@example.com").await;
    let flooded = |method: Method, path: &'static str, body: Value| {
        let request = user.request(method, path).json(&body);
        async move { request.send().await.expect("an answer") }
    };
    world.telegram.fault("auth.sendCode", Fault::FloodWait { seconds: 33 });
    let answer = flooded(Method::POST, "/api/telegram/auth/phone", json!({"phoneNumber": PHONE})).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (429, &"33".parse().unwrap()));
    let body: Value = answer.json().await.expect("JSON");
    let words = body["error"].as_str().expect("text");
    assert!(words.starts_with("Failed to send verification code: Telegram asks to wait until "), "{words}");

    let hash = code_sent(&user, PHONE).await;
    world.telegram.fault("auth.signIn", Fault::FloodWait { seconds: 5 });
    assert_eq!(verifies(&user, &hash, CODE, None).await.0.as_u16(), 429);
    world.telegram.fault("auth.signIn", Fault::refused(500, "RPC_CALL_FAIL"));
    assert_eq!(verifies(&user, &hash, CODE, None).await.0.as_u16(), 500);
    assert_eq!(verifies(&user, &hash, CODE, None).await.1["success"], true, "nothing was used up");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_sent_to_a_telephone_a_few_times_a_day_whoever_asks() {
    for engine in engines() {
        let mut world = World::begun(engine).await;
        let ada = world.client().register("ada@example.com").await;
        for _ in 0..5 {
            code_sent(&ada, PHONE).await;
        }
        world.restart().await;
        let eve = world.client().register("eve@example.com").await;
        for user in [&world.same(&ada), &eve] {
            let request =
                user.request(Method::POST, "/api/telegram/auth/phone").json(&json!({"phoneNumber": "+4915550000001"}));
            let answer = request.send().await.expect("an answer");
            let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
            assert!(answer.status().as_u16() == 429 && (80_000..=86_400).contains(&wait), "{} {wait}", answer.status());
        }
        assert_eq!(world.telegram.calls_of("auth.sendCode").len(), 5, "Telegram heard of none of these");
        code_sent(&eve, OTHER_PHONE).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_between_the_steps_changes_nothing() {
    for engine in engines() {
        let mut world = World::begun(engine).await;
        let user = world.client().register("ada@example.com").await;
        let hash = code_sent(&user, OTHER_PHONE).await;
        world.restart().await;
        let user = world.same(&user);
        assert_eq!(verifies(&user, &hash, CODE, None).await.1["needPassword"], true);
        world.restart().await;
        let user = world.same(&user);
        let (status, body) = verifies(&user, &hash, CODE, Some(PASSWORD)).await;
        assert_eq!((status.as_u16(), &body["success"]), (200, &json!(true)), "{body}");
        assert!(world.telegram.calls_of("auth.sendCode").len() == 1, "one code");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_anothers_is_not_there() {
    let world = World::begun(Engine::Sqlite).await;
    let (ada, id) = world.linked().await;
    let eve = world.client().register("eve@example.com").await;
    let unknown = "3f2b8c1e-9d47-4c55-8a10-6b1f0c9e7a21";
    let alice = world.alice_id;
    let routes = |id: &str| {
        [
            (Method::GET, format!("/api/telegram/{id}/dialogs")),
            (Method::GET, format!("/api/telegram/{id}/messages/{alice}")),
            (Method::POST, format!("/api/telegram/{id}/send/{alice}")),
            (Method::POST, format!("/api/telegram/{id}/sync")),
            (Method::POST, format!("/api/telegram/{id}/reset")),
        ]
    };
    let body = json!({"text": "as Ada"});
    for ((method, foreign), (_, missing)) in routes(&id).into_iter().zip(routes(unknown)) {
        let seen = answer(eve.request(method.clone(), &foreign).json(&body)).await;
        let none = answer(eve.request(method.clone(), &missing).json(&body)).await;
        assert_eq!(seen, none, "{method} {foreign}");
        assert_eq!(shown(seen), (404, "Account not found or inactive".to_owned()));
        let odd = answer(eve.request(method, &foreign.replace(&id, "7")).json(&body)).await;
        assert_eq!(odd.0.as_u16(), 400);
    }
    assert_eq!(world.telegram.calls_of("messages.sendMessage").len(), 0);
    assert!(!ada.all_messages().await.is_empty(), "nothing was wiped");

    // An attempt is its beginner's; another's try uses nothing up.
    let hash = code_sent(&ada, OTHER_PHONE).await;
    let stolen = shown(verifies(&eve, &hash, CODE, Some(PASSWORD)).await);
    assert_eq!(stolen.1, "Invalid verification code: Session not found. Please restart verification.");
    assert_eq!(verifies(&ada, &hash, CODE, Some(PASSWORD)).await.1["success"], true);
    assert_eq!(eve.get("/api/oauth/accounts").await.1, json!({"accounts": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_passwords_and_numbers_rest_nowhere() {
    let world = World::begun(Engine::Sqlite).await;
    let code = "8675309417";
    let mut account = NewAccount::new(OTHER + 1, "4915559988776", "Quiet").with_password("swordfish-and-chips", "fish");
    code.clone_into(&mut account.code);
    world.telegram.create_account(account);
    let user = world.client().register("ada@example.com").await;
    let hash = code_sent(&user, "+49 1555 9988776").await;
    assert_eq!(verifies(&user, &hash, "1234567890", None).await.0.as_u16(), 400);
    assert_eq!(verifies(&user, &hash, code, None).await.1["needPassword"], true);
    assert_eq!(verifies(&user, &hash, code, Some("swordfish-and-crisps")).await.0.as_u16(), 400);
    // While the attempt waits, and after it.
    let forbidden =
        [code, "1234567890", "swordfish-and-chips", "swordfish-and-crisps", "4915559988776", "1555 9988776"];
    world.find_nowhere(&forbidden);
    assert_eq!(verifies(&user, &hash, code, Some("swordfish-and-chips")).await.1["success"], true);
    world.find_nowhere(&forbidden);
}
