//! Notices: encrypted items with signed tokens, repeats, batches, and notices about subscriptions.

use super::receiver::{claims, next_certificate, open};
use super::{CLIENT, FAR, JANE, ME, OTHER_TENANT, ROBIN, Scene, TENANT};
use hub_simulators::teams::{Deletes, Draft, Sender, TeamsOptions};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const PUBLISHER: &str = "0bf30f3b-4a52-48df-9a82-234910c4a086";

fn kinds(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["changeType"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_message_is_told_encrypted_beside_a_token() {
    let scene = Scene::new().await;
    let id = scene.subscribe().await;
    let message = scene.platform.say(&scene.direct, ROBIN, "test").unwrap();
    let items = scene.receiver.wait(1).await;
    let item = &items[0];
    assert_eq!([&item["subscriptionId"], &item["clientState"], &item["tenantId"]], [&id, "state-A", TENANT]);
    let place = format!("chats('{}')/messages('{}')", scene.direct, message.id);
    assert_eq!((&item["resource"], &item["resourceData"]["@odata.id"]), (&json!(place), &json!(place)));
    let told = open(item).unwrap();
    assert_eq!(told["body"], json!({"contentType": "text", "content": "test"}));
    assert_eq!(told, scene.platform.message(&scene.direct, message.id).unwrap());
    let (path, body) = scene.receiver.requests()[0].clone();
    assert_eq!((path.as_str(), body["validationTokens"].as_array().unwrap().len()), ("hook", 1));
    let token = claims(scene.platform.base_url(), body["validationTokens"][0].as_str().unwrap()).await.unwrap();
    assert_eq!([&token["aud"], &token["appid"]], [CLIENT, PUBLISHER]);
    assert_eq!(token["iss"], format!("https://sts.windows.net/{TENANT}/"));
    assert!(token["exp"].as_i64().unwrap() > chrono::Utc::now().timestamp());
}

#[tokio::test]
async fn tokens_of_version_2_name_the_publisher_otherwise() {
    let scene = Scene::with(TeamsOptions { tokens_v2: true, ..TeamsOptions::default() }).await;
    scene.subscribe().await;
    scene.platform.say(&scene.direct, ROBIN, "test");
    scene.receiver.wait(1).await;
    let token = scene.receiver.requests()[0].1["validationTokens"][0].as_str().unwrap().to_owned();
    let told = claims(scene.platform.base_url(), &token).await.unwrap();
    assert_eq!((&told["azp"], &told["appid"]), (&json!(PUBLISHER), &Value::Null));
    assert_eq!(told["iss"], format!("https://login.microsoftonline.com/{TENANT}/v2.0"));
}

#[tokio::test]
async fn every_sort_of_message_and_change_is_told() {
    let scene = Scene::new().await;
    scene.subscribe().await;
    let chat = &scene.group;
    let platform = &scene.platform;
    let first = platform.write(chat, Sender::User(ROBIN.to_owned()), Draft::html("<p>a &amp; b</p>")).unwrap();
    platform.attach_file(chat, ROBIN, "the <list>", "list.docx", "https://example.sharepoint.com/list.docx");
    platform.attach_picture(chat, ROBIN, "look", "image/png", b"png");
    platform.mention(chat, JANE, ME, "done?");
    platform.answer(chat, JANE, first.id, "yes");
    platform.say(chat, ME, "from another client");
    let bot = Sender::App { id: "bot-1".to_owned(), name: "Helper".to_owned() };
    platform.write(chat, bot, Draft::text("beep"));
    platform.write(chat, Sender::Nobody, Draft::text("from whom?"));
    platform.rename(chat, JANE, "Renamed");
    let told = scene.receiver.messages(9).await;
    assert_eq!(told[1]["attachments"][0]["contentType"], "reference");
    assert!(told[1]["body"]["content"].as_str().unwrap().starts_with("<p>the &lt;list&gt;</p><attachment id="));
    assert!(told[2]["body"]["content"].as_str().unwrap().contains("/hostedContents/"));
    assert_eq!(told[3]["mentions"][0]["mentioned"]["user"]["id"], ME);
    assert_eq!(told[4]["attachments"][0]["contentType"], "messageReference");
    assert_eq!(told[5]["from"]["user"]["id"], ME);
    assert_eq!((&told[6]["from"]["user"], &told[6]["from"]["application"]["id"]), (&Value::Null, &json!("bot-1")));
    assert_eq!((&told[7]["from"], &told[7]["messageType"]), (&Value::Null, &json!("message")));
    assert_eq!((&told[8]["from"], &told[8]["messageType"]), (&Value::Null, &json!("systemEventMessage")));
    assert!(platform.edit(chat, first.id, true, "<p>c</p>"));
    assert!(platform.react(chat, first.id, JANE, "👍", true));
    assert!(platform.react(chat, first.id, JANE, "👍", false));
    assert!(platform.delete(chat, first.id));
    assert!(platform.undo_delete(chat, first.id));
    let items = scene.receiver.wait(15).await;
    let changes = kinds(&items[9..]);
    assert_eq!(changes, ["updated", "updated", "updated", "updated", "deleted", "updated"], "a reaction goes twice");
    let told: Vec<Value> = items[9..].iter().map(|item| open(item).unwrap()).collect();
    assert!(told[0]["lastEditedDateTime"].is_string() && told[1]["reactions"][0]["reactionType"] == "👍");
    assert_eq!((&told[2], &told[3]["reactions"]), (&told[3], &json!([])));
    assert!(told[4]["deletedDateTime"].is_string() && told[4]["body"]["content"] == "");
    assert_eq!((&told[5]["deletedDateTime"], &told[5]["body"]["content"]), (&Value::Null, &json!("<p>c</p>")));
    platform.deletes(Deletes::Both);
    platform.slashes(true);
    platform.delete(chat, first.id);
    let items = scene.receiver.wait(17).await;
    assert_eq!(kinds(&items[15..]), ["deleted", "updated"]);
    assert_eq!(items[15]["resource"], format!("chats/{chat}/messages/{}", first.id));
}

#[tokio::test]
async fn a_subscription_is_told_of_its_chat_its_changes_and_without_a_certificate_of_ids_only() {
    let scene = Scene::new().await;
    let plain = json!({"resource": format!("/chats/{}/messages", scene.group), "changeType": "created",
        "includeResourceData": false, "encryptionCertificate": null, "encryptionCertificateId": null});
    assert_eq!(scene.subscribe_as(&scene.token, plain).await.0, 201);
    scene.platform.say(&scene.direct, ROBIN, "another chat");
    let message = scene.platform.say(&scene.group, ROBIN, "hello").unwrap();
    scene.platform.edit(&scene.group, message.id, false, "changed");
    let second = scene.platform.say(&scene.group, ROBIN, "bye").unwrap();
    let items = scene.receiver.wait(2).await;
    let ids: Vec<&str> = items.iter().map(|item| item["resourceData"]["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [message.id.to_string(), second.id.to_string()]);
    assert!(items[0].get("encryptedContent").is_none());
    assert!(scene.receiver.requests().iter().all(|(_, body)| body.get("validationTokens").is_none()));
}

#[tokio::test]
async fn one_request_holds_items_of_several_subscriptions_and_tenants() {
    let scene = Scene::new().await;
    scene.subscribe().await;
    let far = scene.token_of(FAR);
    let theirs = json!({"resource": "me/chats/getAllMessages", "clientState": "state-B"});
    assert_eq!(scene.subscribe_as(&far, theirs).await.0, 201);
    scene.platform.join(&scene.group, JANE, FAR);
    scene.receiver.wait(2).await;
    let before = scene.receiver.requests().len();
    scene.platform.hold(true, false);
    scene.platform.say(&scene.group, ROBIN, "one");
    scene.platform.say(&scene.group, ROBIN, "two");
    scene.platform.hold(false, true);
    let items = scene.receiver.wait(6).await;
    let requests = scene.receiver.requests();
    assert_eq!(requests.len(), before + 1, "one request");
    let (_, body) = &requests[before];
    assert_eq!(body["value"].as_array().unwrap().len(), 4);
    assert_eq!(open(&items[2]).unwrap()["body"]["content"], "two", "in the wrong order");
    let mut issuers = Vec::new();
    for token in body["validationTokens"].as_array().unwrap() {
        issuers.push(claims(scene.platform.base_url(), token.as_str().unwrap()).await.unwrap()["tid"].clone());
    }
    issuers.sort_by_key(ToString::to_string);
    assert_eq!(issuers, [TENANT, OTHER_TENANT]);
}

#[tokio::test]
async fn what_is_not_taken_comes_again_with_a_fresh_key_and_then_not_any_more() {
    let scene = Scene::new().await;
    let id = scene.subscribe().await;
    *scene.receiver.statuses.lock().unwrap() = vec![503, 500];
    scene.platform.say(&scene.direct, ROBIN, "one");
    let items = scene.receiver.wait(3).await;
    let keys: Vec<&Value> = items.iter().map(|item| &item["encryptedContent"]["dataKey"]).collect();
    assert!(keys[0] != keys[1] && keys[1] != keys[2]);
    assert_eq!(open(&items[0]).unwrap(), open(&items[2]).unwrap());
    scene.until(|platform| platform.deliveries().len() == 3).await;
    assert_eq!(scene.platform.repeat(1), 1);
    let items = scene.receiver.wait(4).await;
    assert_ne!(items[3]["encryptedContent"]["dataKey"], items[2]["encryptedContent"]["dataKey"]);
    scene.platform.duplicate(true);
    scene.platform.say(&scene.direct, ROBIN, "two");
    let items = scene.receiver.wait(6).await;
    assert_eq!(open(&items[4]).unwrap(), open(&items[5]).unwrap());
    scene.platform.duplicate(false);
    // A certificate that changes between two tries: the repeat stays with the older one.
    scene.platform.hold(true, false);
    scene.platform.say(&scene.direct, ROBIN, "three");
    let renewal = json!({"encryptionCertificate": next_certificate(), "encryptionCertificateId": "cert-2"});
    scene.good(Method::PATCH, &format!("subscriptions/{id}"), renewal).await;
    scene.platform.say(&scene.direct, ROBIN, "four");
    scene.platform.hold(false, false);
    let items = scene.receiver.wait(8).await;
    let names: Vec<&Value> =
        items[6..].iter().map(|item| &item["encryptedContent"]["encryptionCertificateId"]).collect();
    assert_eq!(names, ["cert-1", "cert-2"]);
    assert_eq!(open(&items[7]).unwrap()["body"]["content"], "four");
    *scene.receiver.statuses.lock().unwrap() = vec![500; 9];
    scene.platform.say(&scene.direct, ROBIN, "five");
    scene.receiver.wait(9).await;
    scene.platform.advance(Duration::from_hours(4));
    // It gives up after four hours.
    scene.until(|platform| platform.waiting() == 0).await;
}

#[tokio::test]
async fn nothing_comes_until_access_is_proved_again() {
    let scene = Scene::new().await;
    let id = scene.subscribe().await;
    // Somebody else's subscription, which is told of everything right after the one that waits.
    let theirs = json!({"resource": format!("users/{ROBIN}/chats/getAllMessages"), "clientState": "theirs"});
    assert_eq!(scene.subscribe_as(&scene.token_of(ROBIN), theirs).await.0, 201);
    let states = |items: &[Value]| -> Vec<Value> { items.iter().map(|item| item["clientState"].clone()).collect() };
    for way in [Method::PATCH, Method::POST] {
        let before = scene.receiver.wait(0).await.len();
        assert!(scene.platform.ask_reauthorization(&id));
        let items = scene.receiver.wait(before + 1).await;
        let (path, body) = scene.receiver.requests().pop().unwrap();
        assert_eq!((path.as_str(), &items[before]["lifecycleEvent"]), ("life", &json!("reauthorizationRequired")));
        assert_eq!(items[before]["clientState"], "state-A");
        assert!(body.get("validationTokens").is_none());
        scene.platform.say(&scene.direct, ROBIN, "waits");
        assert_eq!(states(&scene.receiver.wait(before + 2).await[before + 1..]), ["theirs"]);
        assert_eq!(scene.platform.waiting(), 1);
        let until = (chrono::Utc::now() + chrono::TimeDelta::hours(2)).to_rfc3339();
        let (place, body) = if way == Method::PATCH {
            (format!("subscriptions/{id}"), json!({"expirationDateTime": until}))
        } else {
            (format!("subscriptions/{id}/reauthorize"), Value::Null)
        };
        assert!(matches!(scene.call(way, &place, &scene.token, &body).await.0, 200 | 204));
        assert_eq!(states(&scene.receiver.wait(before + 3).await[before + 2..]), ["state-A"]);
    }
}

#[tokio::test]
async fn subscriptions_are_removed_with_a_word_or_die_without() {
    let scene = Scene::new().await;
    let id = scene.subscribe().await;
    assert!(scene.platform.lifecycle(&id, "missed"));
    assert!(scene.platform.remove_subscription(&id));
    let items = scene.receiver.wait(2).await;
    let before = scene.receiver.requests().len();
    let events: Vec<&Value> = items.iter().map(|item| &item["lifecycleEvent"]).collect();
    assert_eq!(events, ["missed", "subscriptionRemoved"]);
    assert_eq!(scene.post(&format!("subscriptions/{id}/reauthorize"), Value::Null).await.0, 404);
    let second = scene.subscribe().await;
    assert!(scene.platform.kill_subscription(&second));
    scene.platform.say(&scene.direct, ROBIN, "nobody hears");
    assert_eq!((scene.platform.waiting(), scene.platform.subscriptions().len()), (0, 0));
    let third = scene.subscribe().await;
    scene.platform.advance(Duration::from_hours(72));
    scene.platform.say(&scene.direct, ROBIN, "it has ended");
    assert_eq!(scene.get(&format!("subscriptions/{third}")).await.0, 401, "tokens have ended too");
    assert_eq!((scene.receiver.requests().len(), scene.platform.subscriptions().len()), (before, 0));
}

#[tokio::test]
async fn the_trickle_writes_and_answers() {
    let scene = Scene::new().await;
    scene.subscribe().await;
    scene.platform.trickle(ME, Duration::from_millis(2));
    let told = scene.receiver.messages(20).await;
    for part in ["hostedContents", "<at id", "<attachment id", "<strong>", "<emoji"] {
        assert!(told.iter().any(|one| one["body"]["content"].as_str().unwrap().contains(part)), "{part}");
    }
    let chat = told[0]["chatId"].as_str().unwrap().to_owned();
    scene.good(Method::POST, &format!("chats/{chat}/messages"), json!({"body": {"content": "Tomorrow?"}})).await;
    let answered = async {
        for count in 20.. {
            let told = scene.receiver.messages(count).await;
            if told.iter().any(|one| one["body"]["content"] == "<p>Great, see you then.</p>") {
                return;
            }
        }
    };
    tokio::time::timeout(super::WAIT, answered).await.expect("an answer");
    scene.platform.shutdown().await;
}
