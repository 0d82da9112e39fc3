//! Signing up, registering, listing, subscribing; and who may do what.

use super::{ACCOUNT, APP, NUMBER, SECRET, Scene, code};
use hub_simulators::meta::{Asset, DialogMode, TokenKind, User};
use serde_json::{Value, json};
use std::time::Duration;

async fn exchange(scene: &Scene, code: &str, more: &str) -> (u16, Value) {
    scene.get(&format!("oauth/access_token?client_id={APP}&client_secret={SECRET}&code={code}{more}")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_popups_code_lives_half_a_minute_and_its_token_for_ever() {
    let scene = Scene::new().await;
    let late = scene.platform.embedded_signup(APP, ACCOUNT);
    scene.platform.meta().advance(Duration::from_secs(31));
    assert_eq!(exchange(&scene, &late, "").await.0, 400);
    let good = scene.platform.embedded_signup(APP, ACCOUNT);
    let (status, answer) = exchange(&scene, &good, "").await;
    assert_eq!((status, &answer["token_type"]), (200, &json!("bearer")));
    assert!(answer.get("expires_in").is_none());
    assert_eq!(exchange(&scene, &good, "").await.0, 400, "a code works once");
    let token = answer["access_token"].as_str().unwrap();
    let (_, told) = scene.get(&format!("debug_token?input_token={token}")).await;
    assert_eq!((&told["data"]["is_valid"], &told["data"]["expires_at"]), (&json!(true), &json!(0)));
    let granted = told["data"]["granular_scopes"].as_array().unwrap();
    let management = granted.iter().find(|granted| granted["scope"] == "whatsapp_business_management").unwrap();
    assert_eq!(management["target_ids"], json!([ACCOUNT]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dialog_leads_back_with_a_code_for_what_was_chosen() {
    let scene = Scene::new().await;
    let asset = Asset { id: ACCOUNT.to_owned(), name: "Lucky Shrub".to_owned() };
    scene.platform.meta().create_user(User { id: "7".to_owned(), name: "Owner".to_owned(), assets: vec![asset] });
    scene.platform.meta().dialog_mode(DialogMode::Accept, Some("7"));
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let back = "https://hub.example.com/back";
    for (wanted, ends) in
        [("config_id=1", false), ("scope=whatsapp_business_management,whatsapp_business_messaging", true)]
    {
        let url = format!(
            "{}/v25.0/dialog/oauth?client_id={APP}&redirect_uri={back}&state=s1&response_type=code&{wanted}",
            scene.platform.base_url()
        );
        let answer = http.get(url).send().await.unwrap();
        let target = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        let given = |name: &str| target.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        assert_eq!(given("state").as_deref(), Some("s1"));
        let code = given("code").expect("a code");
        // A sign-up by configuration names no address when it exchanges its code.
        let more = if ends { format!("&redirect_uri={back}") } else { String::new() };
        let (status, answer) = exchange(&scene, &code, &more).await;
        assert_eq!((status, answer.get("expires_in").is_some()), (200, ends), "{answer}");
        let (_, told) =
            scene.get(&format!("debug_token?input_token={}", answer["access_token"].as_str().unwrap())).await;
        assert_eq!(told["data"]["scopes"].as_array().unwrap().len(), 2, "{told}");
        assert_eq!(told["data"]["granular_scopes"][0]["target_ids"], json!([ACCOUNT]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_is_registered_with_its_pin() {
    let scene = Scene::new().await;
    scene.platform.set_registration(NUMBER, false, Some("123456"));
    let text = json!({"type": "text", "text": {"body": "x"}});
    assert_eq!(code(&scene.send(text.clone()).await.1), 133_010);
    let register = |pin: &'static str| {
        let path = format!("{NUMBER}/register");
        let scene = &scene;
        async move { scene.post(&path, &json!({"messaging_product": "whatsapp", "pin": pin})).await }
    };
    assert_eq!(code(&register("12345").await.1), 131_009);
    for _ in 0..5 {
        assert_eq!(code(&register("000000").await.1), 133_005);
    }
    assert_eq!(code(&register("123456").await.1), 133_008, "too many guesses");
    scene.platform.set_registration(NUMBER, false, Some("123456"));
    assert_eq!(register("123456").await, (200, json!({"success": true})));
    assert!(scene.platform.is_registered(NUMBER));
    assert_eq!(scene.send(text).await.0, 200);
    let (_, answer) = scene.post(&format!("{NUMBER}/deregister"), &Value::Null).await;
    assert_eq!(answer, json!({"success": true}));
    assert!(!scene.platform.is_registered(NUMBER));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_are_listed_with_what_was_asked_for() {
    let scene = Scene::new().await;
    let (_, answer) = scene.get(&format!("{ACCOUNT}/phone_numbers")).await;
    let number = &answer["data"][0];
    assert_eq!((&number["id"], &number["display_phone_number"]), (&json!(NUMBER), &json!("+1 555-078-3881")));
    assert_eq!(
        (&number["verified_name"], &number["throughput"]),
        (&json!("Lucky Shrub"), &json!({"level": "STANDARD"}))
    );
    let (_, number) = scene.get(&format!("{NUMBER}?fields=display_phone_number,status")).await;
    let expected = json!({"id": NUMBER, "display_phone_number": "+1 555-078-3881", "status": "CONNECTED"});
    assert_eq!(number, expected);
    assert_eq!(scene.get(ACCOUNT).await.1["name"], "Lucky Shrub");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_subscribed_apps_hear_of_an_account() {
    let scene = Scene::new().await;
    let path = format!("{ACCOUNT}/subscribed_apps");
    let (_, listed) = scene.get(&path).await;
    assert_eq!(listed["data"][0]["whatsapp_business_api_data"]["id"], APP);
    assert_eq!(scene.call(reqwest::Method::DELETE, &path, None).await.0, 200);
    assert_eq!(scene.get(&path).await.1["data"], json!([]));
    scene.platform.say(NUMBER, "4915100000001", "unheard");
    // An address that does not repeat the challenge is not taken.
    let wrong = json!({"override_callback_uri": scene.hook, "verify_token": "wrong"});
    let (status, answer) = scene.post(&path, &wrong).await;
    assert_eq!((status, code(&answer)), (400, 2_200));
    let right = json!({"override_callback_uri": scene.hook, "verify_token": "tests-verify"});
    assert_eq!(scene.post(&path, &right).await.0, 200);
    assert_eq!(scene.get(&path).await.1["data"][0]["override_callback_uri"], scene.hook);
    scene.platform.say(NUMBER, "4915100000001", "heard");
    let values = scene.receiver.wait("messages", 1).await;
    assert_eq!(values[0]["messages"][0]["text"]["body"], "heard");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_does_what_it_was_granted() {
    let mut scene = Scene::new().await;
    let business = "whatsapp_business_management";
    let text = json!({"type": "text", "text": {"body": "x"}});
    for (scopes, targets, expected) in [
        (vec![business], vec![ACCOUNT], (403, 10)),
        (vec![business, "whatsapp_business_messaging"], vec!["9999"], (400, 100)),
        (vec!["whatsapp_business_messaging"], vec![ACCOUNT], (200, 0)),
    ] {
        scene.token = scene.platform.meta().token_for(TokenKind::System, APP, "9", &scopes, &targets).value;
        let (status, answer) = scene.send(text.clone()).await;
        assert_eq!((status, code(&answer)), expected, "{scopes:?} {targets:?}");
    }
    assert_eq!(scene.get(&format!("{ACCOUNT}/phone_numbers")).await.0, 403, "sending is not managing");
    scene.platform.meta().kill_token(&scene.token, 460);
    let (status, answer) = scene.send(text).await;
    assert_eq!((status, code(&answer), &answer["error"]["error_subcode"]), (401, 190, &json!(460)));
}
