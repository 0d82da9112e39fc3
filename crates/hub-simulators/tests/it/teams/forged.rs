//! Forged and damaged notices: each differs from a good one in one thing only.

use super::receiver::{claims, open};
use super::{CLIENT, ROBIN, Scene, TENANT};
use hub_simulators::teams::{Draft, Forgery, Sender};
use serde_json::{Value, json};

const PUBLISHER: &str = "0bf30f3b-4a52-48df-9a82-234910c4a086";

/// What is wrong with an item, as a careful subscriber finds it.
async fn judged(scene: &Scene, subscription: &str, item: &Value, tokens: &Value) -> Vec<&'static str> {
    let mut wrong = Vec::new();
    if item["subscriptionId"] != subscription {
        wrong.push("subscription");
    }
    if item["clientState"] != "state-A" {
        wrong.push("client_state");
    }
    if item["tenantId"] != TENANT {
        wrong.push("tenant");
    }
    match tokens[0].as_str() {
        None => wrong.push("no_token"),
        Some(token) => match claims(scene.platform.base_url(), token).await {
            Err("no such key") => wrong.push("unknown_key"),
            Err("another algorithm") => wrong.push("unsigned"),
            Err(other) => wrong.push(other),
            Ok(told) => {
                let issuer = format!("https://sts.windows.net/{TENANT}/");
                let checks = [
                    (told["aud"] == CLIENT, "audience"),
                    (told["appid"] == PUBLISHER, "publisher"),
                    (told["iss"] == issuer, "issuer"),
                    (told["exp"].as_i64().unwrap() > chrono::Utc::now().timestamp(), "expired"),
                ];
                wrong.extend(checks.iter().filter(|(holds, _)| !holds).map(|(_, words)| *words));
            }
        },
    }
    match open(item) {
        Err("the signature is wrong") => wrong.push("data_signature"),
        Err("no such certificate") => wrong.push("certificate"),
        Err(other) => wrong.push(other),
        Ok(_) => {}
    }
    wrong
}

#[tokio::test]
async fn every_forgery_is_wrong_in_one_thing() {
    let scene = Scene::new().await;
    let id = scene.subscribe().await;
    scene.platform.say(&scene.direct, ROBIN, "good");
    scene.receiver.wait(1).await;
    let (_, good) = scene.receiver.requests()[0].clone();
    assert_eq!(judged(&scene, &id, &good["value"][0], &good["validationTokens"]).await, Vec::<&str>::new());
    for (place, forgery) in Forgery::all().enumerate() {
        assert_eq!(Forgery::named(forgery.name()), Some(forgery));
        assert_eq!(scene.platform.forge(&scene.direct, None, forgery), 1);
        scene.receiver.wait(place + 2).await;
        let (_, body) = scene.receiver.requests()[place + 1].clone();
        let found = judged(&scene, &id, &body["value"][0], &body["validationTokens"]).await;
        assert_eq!(found, [forgery.name()], "{body}");
        let told = body["value"][0]["resourceData"]["id"].as_str().unwrap();
        assert_eq!(scene.get(&format!("chats/{}/messages/{told}", scene.direct)).await.0, 404, "it is made up");
    }
}

#[tokio::test]
async fn a_damaged_notice_can_be_of_a_message_that_is_there_and_beside_good_ones() {
    let scene = Scene::new().await;
    scene.subscribe().await;
    scene.platform.hold(true, false);
    let real = scene.platform.say(&scene.direct, ROBIN, "real").unwrap();
    scene.platform.forge(&scene.direct, Some(real.id), Forgery::Certificate);
    scene.platform.forge(&scene.direct, None, Forgery::Publisher);
    scene.platform.hold(false, false);
    let items = scene.receiver.wait(3).await;
    let requests = scene.receiver.requests();
    assert_eq!((requests.len(), requests[0].1["validationTokens"].as_array().unwrap().len()), (1, 2));
    assert_eq!(items[0]["resourceData"]["id"], items[1]["resourceData"]["id"]);
    assert!(open(&items[0]).is_ok());
    assert_eq!(open(&items[1]), Err("no such certificate"));
    assert_eq!(scene.get(&format!("chats/{}/messages/{}", scene.direct, real.id)).await.1["body"]["content"], "real");
    assert_eq!(scene.platform.forge("19:none@thread.v2", None, Forgery::Publisher), 0);
    assert_eq!(json!(scene.platform.waiting()), 0);
}

#[tokio::test]
async fn requests_can_be_made_by_hand() {
    let scene = Scene::new().await;
    let id = scene.subscribe().await;
    let draft = Draft { at_ms: Some(1_700_000_000_000), ..Draft::text("by hand") };
    let kept = scene.platform.note(&scene.direct, Sender::User(ROBIN.to_owned()), draft).unwrap();
    let message = scene.platform.message(&scene.direct, kept.id).unwrap();
    let item = scene.platform.notice(&id, "created", &message).unwrap();
    let request = scene.platform.request(&[item]);
    let item = &request["value"][0];
    assert_eq!(judged(&scene, &id, item, &request["validationTokens"]).await, Vec::<&str>::new());
    assert_eq!(open(item).unwrap(), message);
    assert_eq!(item["resource"], format!("chats('{}')/messages('1700000000000')", scene.direct));
    assert_eq!(scene.platform.notice("nobody", "created", &message), None);
    assert!(scene.platform.deliveries().is_empty(), "nobody was told");
}
