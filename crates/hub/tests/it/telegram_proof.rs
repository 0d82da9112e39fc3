//! A person's account is linked only by whoever gave the hub's own password lately, or gives it with the request: through the
//! contract's route, through the hub's own, and as its page asks.

use crate::contract::scene::{ACCESS_SECRET, claims, token};
use crate::telegram_world::{CODE, OTHER_PHONE, PHONE, World};
use hub_testkit::Client;
use hub_testkit::database::engines;
use serde_json::{Value, json};

/// The password of every user of the tests.
const PASSWORD: &str = "correct horse battery";
/// The contract's way, and the hub's own.
const CONTRACT: &str = "/api/telegram/auth/phone";
const OWN: &str = "/api/oauth/connect/telegram";

/// The ways to begin: as the originals' pages do, as a program does, and as the hub's page does, which asks for the number later.
fn ways() -> [(&'static str, Value); 3] {
    [
        (CONTRACT, json!({"phoneNumber": PHONE})),
        (OWN, json!({"method": "phone", "answers": {"phone": PHONE}})),
        (OWN, json!({"method": "phone"})),
    ]
}

/// The same user with a token whose log-in was so many seconds ago; `None` = with one of an original, which does not tell.
async fn signed_in(user: &Client, ago: Option<i64>) -> Client {
    let mut claims = claims(user, 600).await;
    if let Some(ago) = ago {
        claims["auth_time"] = (chrono::Utc::now().timestamp() - ago).into();
    }
    user.with_token(&token("HS256", &claims, ACCESS_SECRET))
}

/// Asks with the hub's password beside it, if any; status, code and sentence.
async fn begins(user: &Client, (path, body): &(&str, Value), password: Option<&str>) -> (u16, Value, String) {
    let mut body = body.clone();
    if let Some(password) = password {
        body["hubPassword"] = password.into();
    }
    let (status, answer) = user.post(path, &body).await;
    let error = if answer["error"].is_object() { &answer["error"] } else { &answer };
    (status.as_u16(), error["code"].clone(), error["message"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_linked_by_nobody_without_a_fresh_proof() {
    for engine in engines() {
        let world = World::begun(engine).await;
        let user = world.client().register("ada@example.com").await;
        let codes = || world.telegram.calls_of("auth.sendCode").len();
        // Ten minutes and a little, and a token that does not tell.
        for stale in [signed_in(&user, Some(605)).await, signed_in(&user, None).await] {
            for way in &ways() {
                for nothing in [None, Some("")] {
                    let (status, code, words) = begins(&stale, way, nothing).await;
                    assert_eq!((status, &code), (400, &json!("STEP_UP_REQUIRED")), "{way:?}: {words}");
                    assert!(words.contains("password"), "it says what to do: {words}");
                }
            }
        }
        let stale = signed_in(&user, Some(605)).await;
        for way in &ways() {
            let (status, code, words) = begins(&stale, way, Some("guessed")).await;
            assert_eq!((status, &code), (400, &json!("VALIDATION_ERROR")), "{way:?}: {words}");
            assert!(words.contains("not the password"), "{words}");
        }
        assert_eq!(codes(), 0, "Telegram was not asked for a code");
        assert_eq!(user.get("/api/oauth/accounts").await.1, json!({"accounts": []}));

        // The right one goes on, each time with that request alone.
        for (number, way) in ways().iter().enumerate() {
            let (status, _, words) = begins(&stale, way, Some(PASSWORD)).await;
            assert_eq!(status, 200, "{way:?}: {words}");
            assert_eq!(codes(), (number + 1).min(2), "the page has not asked for the number yet");
            let (status, code, _) = begins(&stale, way, None).await;
            assert_eq!((status, &code), (400, &json!("STEP_UP_REQUIRED")), "{way:?}: once is not for ever");
        }

        // What was begun with a proof is finished without another one.
        let begun = json!({"method": "phone", "hubPassword": PASSWORD});
        let (_, mut asked) = stale.post(OWN, &begun).await;
        for answers in [json!({"phone": PHONE}), json!({"code": CODE})] {
            let (status, next) = stale.post(OWN, &json!({"state": asked["state"], "answers": answers})).await;
            assert_eq!(status.as_u16(), 200, "{next}");
            asked = next;
        }
        assert!(asked["accountId"].is_string(), "{asked}");

        // A log-in of less than ten minutes ago is a proof.
        let fresh = signed_in(&user, Some(500)).await;
        let (status, _, words) = begins(&fresh, &(CONTRACT, json!({"phoneNumber": OTHER_PHONE})), None).await;
        assert_eq!(status, 200, "{words}");
    }
}
