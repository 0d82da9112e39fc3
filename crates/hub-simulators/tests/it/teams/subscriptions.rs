//! Subscriptions: validation, how long they live, how many there may be, and renewing them.

use super::receiver::{Echo, next_certificate};
use super::{ME, ROBIN, Scene};
use chrono::{TimeDelta, Utc};
use hub_simulators::teams::TeamsOptions;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

fn in_minutes(minutes: i64) -> Value {
    (Utc::now() + TimeDelta::minutes(minutes)).to_rfc3339().into()
}

#[tokio::test]
async fn both_addresses_are_validated_within_the_call() {
    let scene = Scene::new().await;
    let told = scene.good(Method::POST, "subscriptions", scene.wanted()).await;
    assert_eq!(*scene.receiver.validated.lock().unwrap(), ["hook", "life"]);
    assert_eq!((&told["changeType"], &told["creatorId"]), (&json!("created,deleted,updated"), &json!(ME)));
    assert_eq!((&told["clientState"], &told["encryptionCertificate"]), (&Value::Null, &Value::Null));
    assert_eq!(told["encryptionCertificateId"], "cert-1");
    let id = told["id"].as_str().unwrap();
    assert_eq!(scene.get(&format!("subscriptions/{id}")).await.1["id"], id);
    assert_eq!(scene.get("subscriptions").await.1["value"].as_array().unwrap().len(), 1);
    assert_eq!(scene.call(Method::DELETE, &format!("subscriptions/{id}"), &scene.token, &Value::Null).await.0, 204);
    assert_eq!(scene.get(&format!("subscriptions/{id}")).await.0, 404);
}

#[tokio::test]
async fn an_address_that_does_not_answer_rightly_is_no_ones() {
    let scene = Scene::new().await;
    for path in ["hook", "life"] {
        for echo in [Echo::Wrong, Echo::AsHtml, Echo::NotFound] {
            scene.receiver.echo.lock().unwrap().insert(path.to_owned(), echo);
            let (status, told) = scene.subscribe_as(&scene.token, json!({})).await;
            assert_eq!((status, told["error"]["code"].as_str()), (400, Some("ValidationError")), "{path} {echo:?}");
        }
        scene.receiver.echo.lock().unwrap().clear();
    }
    let (status, _) = scene.subscribe_as(&scene.token, json!({"notificationUrl": "http://127.0.0.1:1/"})).await;
    assert_eq!(status, 400, "nobody is there");
    assert!(scene.platform.subscriptions().is_empty());
}

#[tokio::test]
async fn what_is_asked_for_wrongly_is_refused() {
    let scene = Scene::new().await;
    let wrong = [
        json!({"expirationDateTime": in_minutes(4_321)}),
        json!({"expirationDateTime": in_minutes(-1)}),
        json!({"expirationDateTime": in_minutes(61), "lifecycleNotificationUrl": null}),
        json!({"changeType": "created,moved"}),
        json!({"clientState": "x".repeat(129)}),
        json!({"encryptionCertificate": "bm8="}),
        json!({"encryptionCertificate": null}),
        json!({"encryptionCertificateId": null}),
        json!({"resource": "/me/messages"}),
        json!({"notificationUrl": "ftp://hub.test/"}),
    ];
    for changes in wrong {
        let (status, told) = scene.subscribe_as(&scene.token, changes.clone()).await;
        assert_eq!(status, 400, "{changes}: {told}");
    }
    for resource in [format!("users/{ROBIN}/chats/getAllMessages"), "chats/getAllMessages".to_owned()] {
        assert_eq!(scene.subscribe_as(&scene.token, json!({"resource": resource})).await.0, 403);
    }
    let plain = json!({"expirationDateTime": in_minutes(59), "lifecycleNotificationUrl": null});
    assert_eq!(scene.subscribe_as(&scene.token, plain).await.0, 201);
    let strict = Scene::with(TeamsOptions { strict_urls: true, ..TeamsOptions::default() }).await;
    assert_eq!(strict.subscribe_as(&strict.token, json!({})).await.0, 400, "not https");
}

#[tokio::test]
async fn there_is_one_of_a_kind_and_not_too_many() {
    let options = TeamsOptions { max_per_user: 2, ..TeamsOptions::default() };
    let scene = Scene::with(options).await;
    let id = scene.subscribe().await;
    let (status, told) = scene.subscribe_as(&scene.token, json!({"resource": "me/chats/getAllMessages"})).await;
    assert_eq!((status, told["error"]["code"].as_str()), (409, Some("ExtensionError")));
    let words = format!("Subscription Id {id} already exists for the requested combination");
    assert_eq!(told["error"]["message"], words);
    assert_eq!(scene.subscribe_as(&scene.token, json!({"changeType": "created"})).await.0, 201);
    assert_eq!(scene.subscribe_as(&scene.token, json!({"changeType": "updated"})).await.0, 403, "a third");
    let chat = json!(format!("/chats/{}/messages", scene.group));
    assert_eq!(scene.subscribe_as(&scene.token, json!({"resource": chat})).await.0, 201);
    let robin = scene.token_of(ROBIN);
    let second = json!({"resource": chat, "changeType": "created"});
    assert_eq!(scene.subscribe_as(&robin, second).await.0, 403, "one of an app and a chat");
    let other = json!({"resource": format!("users/{ROBIN}/chats/getAllMessages")});
    assert_eq!(scene.subscribe_as(&robin, other).await.0, 201, "another person has a quota of their own");
}

#[tokio::test]
async fn renewing_prolongs_and_takes_a_new_certificate_but_no_address() {
    let scene = Scene::new().await;
    let id = scene.subscribe().await;
    let path = format!("subscriptions/{id}");
    let patch = async |body: Value| scene.call(Method::PATCH, &path, &scene.token, &body).await;
    let (status, told) = patch(json!({"expirationDateTime": "2026-01-01T00:00:00Z"})).await;
    assert_eq!(status, 400, "{told}");
    assert_eq!(patch(json!({"expirationDateTime": in_minutes(4_330)})).await.0, 400);
    assert_eq!(patch(json!({"lifecycleNotificationUrl": scene.receiver.url("life")})).await.0, 400);
    assert_eq!(patch(json!({"encryptionCertificateId": "cert-2"})).await.0, 400, "without the certificate");
    let renewal = json!({"expirationDateTime": in_minutes(30), "encryptionCertificate": next_certificate(),
        "encryptionCertificateId": "cert-2"});
    let (status, told) = patch(renewal).await;
    assert_eq!((status, told["encryptionCertificateId"].as_str()), (200, Some("cert-2")), "{told}");
    let robin = scene.token_of(ROBIN);
    let late = json!({"expirationDateTime": in_minutes(40)});
    assert_eq!(scene.call(Method::PATCH, &path, &robin, &late).await.0, 404, "not theirs");
    scene.platform.advance(Duration::from_mins(31));
    assert_eq!(patch(late).await.0, 404, "it has ended");
    let plain = json!({"expirationDateTime": in_minutes(60 + 30), "lifecycleNotificationUrl": null});
    let (_, told) = scene.subscribe_as(&scene.token, plain).await;
    let path = format!("subscriptions/{}", told["id"].as_str().unwrap());
    let (status, _) =
        scene.call(Method::PATCH, &path, &scene.token, &json!({"expirationDateTime": in_minutes(31 + 61)})).await;
    assert_eq!(status, 400, "no longer than an hour without an address for it");
}
