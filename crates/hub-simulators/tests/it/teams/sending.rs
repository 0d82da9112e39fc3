//! Sending, quoting, changing, reacting, read marks and pictures.

use super::{JANE, ME, ROBIN, Scene};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hub_simulators::teams::{Deed, Draft, Sender};
use reqwest::Method;
use serde_json::{Value, json};

fn text(words: &str) -> Value {
    json!({"body": {"content": words}})
}

fn html(words: &str) -> Value {
    json!({"body": {"contentType": "html", "content": words}})
}

#[tokio::test]
async fn words_are_sent_as_they_are_and_html_as_html() {
    let scene = Scene::new().await;
    let path = format!("chats/{}/messages", scene.direct);
    let (status, told) = scene.post(&path, text("1 < 2 & so on")).await;
    assert_eq!(status, 201, "{told}");
    assert_eq!(told["body"], json!({"contentType": "text", "content": "1 < 2 & so on"}));
    assert_eq!((&told["replyToId"], &told["messageType"]), (&Value::Null, &json!("message")));
    assert_eq!((&told["from"]["user"]["id"], &told["chatId"]), (&json!(ME), &json!(scene.direct)));
    assert_eq!(told["id"], told["etag"]);
    scene.good(Method::POST, &path, html("<p>bold</p>")).await;
    assert_eq!(scene.platform.sent().len(), 2);
    assert_eq!(scene.platform.sent()[0].1.to_string(), told["id"]);
    for wrong in [text(""), json!({}), json!({"body": {"contentType": "markdown", "content": "x"}})] {
        assert_eq!(scene.post(&path, wrong.clone()).await.0, 400, "{wrong}");
    }
    scene.platform.block(&scene.direct, ME, true);
    assert_eq!(scene.post(&path, text("no")).await.0, 403);
    scene.platform.block(&scene.direct, ME, false);
    scene.platform.leave(&scene.group, JANE, ME);
    assert_eq!(scene.post(&format!("chats/{}/messages", scene.group), text("no")).await.0, 403, "put out");
    assert_eq!(scene.post("chats/19:none@thread.v2/messages", text("no")).await.0, 404);
}

#[tokio::test]
async fn what_is_too_large_is_refused_in_either_form_of_unicode() {
    let scene = Scene::new().await;
    let path = format!("chats/{}/messages", scene.direct);
    assert_eq!(scene.post(&path, text(&"a".repeat(14_300))).await.0, 201);
    let (status, told) = scene.post(&path, text(&"a".repeat(14_400))).await;
    assert_eq!((status, told["error"]["message"].as_str()), (413, Some("Request Entity too large")));
    assert_eq!(scene.post(&path, text(&"€".repeat(9_600))).await.0, 413, "three bytes each");
}

#[tokio::test]
async fn mentions_and_files_need_their_place_in_the_words() {
    let scene = Scene::new().await;
    let path = format!("chats/{}/messages", scene.group);
    let mention = json!({"id": 0, "mentionText": "Jane", "mentioned": {"user": {"id": JANE, "displayName": "Jane",
        "userIdentityType": "aadUser"}}});
    let mut body = html("<p><at id=\"0\">Jane</at>, done?</p>");
    body["mentions"] = json!([mention]);
    let told = scene.good(Method::POST, &path, body.clone()).await;
    assert_eq!(told["mentions"][0]["mentioned"]["user"]["displayName"], "Jane Smith");
    body["body"]["content"] = "<p>Jane, done?</p>".into();
    assert_eq!(scene.post(&path, body).await.0, 400);
    let mut body = html("<p>this</p><attachment id=\"153fa47d-18c9-4179-be08-9879815a9f90\"></attachment>");
    body["attachments"] = json!([{"id": "153fa47d-18c9-4179-be08-9879815a9f90", "contentType": "reference",
        "contentUrl": "https://example.sharepoint.com/a.docx", "name": "a.docx"}]);
    let told = scene.good(Method::POST, &path, body.clone()).await;
    assert_eq!(told["attachments"][0]["name"], "a.docx");
    assert!(told["attachments"][0].as_object().unwrap().contains_key("teamsAppId"));
    body["body"]["content"] = "<p>this</p>".into();
    assert_eq!(scene.post(&path, body).await.0, 400);
}

#[tokio::test]
async fn pictures_inside_are_fetched_with_the_token() {
    let scene = Scene::new().await;
    let path = format!("chats/{}/messages", scene.direct);
    let mut body = html("<p>look <img src=\"../hostedContents/1/$value\"></p>");
    body["hostedContents"] = json!([{"@microsoft.graph.temporaryId": "1", "contentBytes": STANDARD.encode("png"),
        "contentType": "image/png"}]);
    let told = scene.good(Method::POST, &path, body.clone()).await;
    let content = told["body"]["content"].as_str().unwrap();
    let url = content.split("src=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(url.starts_with(scene.platform.base_url()) && url.ends_with("/$value"), "{url}");
    assert_eq!(told["attachments"], json!([]));
    let answer = scene.raw(Method::GET, url.clone(), &scene.token, &Value::Null).await;
    assert_eq!(answer.headers()["content-type"], "image/png");
    assert_eq!(answer.bytes().await.unwrap(), "png");
    assert_eq!(scene.http.get(&url).send().await.unwrap().status(), 401, "not without it");
    let list = format!("{path}/{}/hostedContents", told["id"].as_str().unwrap());
    let (_, listed) = scene.get(&list).await;
    assert!(url.contains(listed["value"][0]["id"].as_str().unwrap()));
    body["body"]["content"] = "<p>nothing</p>".into();
    assert_eq!(scene.post(&path, body).await.0, 400);
    let theirs = scene.platform.attach_picture(&scene.direct, ROBIN, "see", "image/gif", b"gif").unwrap();
    let url = theirs.content.split("src=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    scene.platform.swap_pictures(&scene.direct, theirs.id, Some(b"other"));
    let answer = scene.raw(Method::GET, url.clone(), &scene.token, &Value::Null).await;
    assert_eq!(answer.bytes().await.unwrap(), "other");
    scene.platform.swap_pictures(&scene.direct, theirs.id, None);
    assert_eq!(scene.raw(Method::GET, url, &scene.token, &Value::Null).await.status(), 404);
}

#[tokio::test]
async fn an_answer_quotes() {
    let scene = Scene::new().await;
    let path = format!("chats/{}/messages/replyWithQuote", scene.direct);
    let draft = Draft::html("<p>Hello <b>World</b></p>");
    let asked = scene.platform.write(&scene.direct, Sender::User(ROBIN.to_owned()), draft);
    let id = asked.unwrap().id.to_string();
    let (status, told) = scene.post(&path, json!({"messageIds": [id], "replyMessage": text("1 < 2")})).await;
    assert_eq!(status, 201, "{told}");
    assert_eq!(told["replyToId"], Value::Null);
    let expected = format!("<p></p>\n<attachment id=\"{id}\"></attachment>\n1 &lt; 2\n<p></p>");
    assert_eq!(told["body"], json!({"contentType": "html", "content": expected}));
    let quote: Value = serde_json::from_str(told["attachments"][0]["content"].as_str().unwrap()).unwrap();
    assert_eq!((&quote["messageId"], &quote["messagePreview"]), (&json!(id), &json!("Hello World")));
    assert_eq!(quote["messageSender"]["user"]["id"], ROBIN);
    assert_eq!(scene.platform.deeds()[0].deed, Deed::Quoted(vec![id.parse().unwrap()]));
    assert_eq!(scene.post(&path, json!({"messageIds": ["5"], "replyMessage": text("x")})).await.0, 404);
    assert_eq!(scene.post(&path, json!({"messageIds": [], "replyMessage": text("x")})).await.0, 400);
    assert_eq!(scene.post(&path, json!({"messageIds": vec![id; 11], "replyMessage": text("x")})).await.0, 400);
}

#[tokio::test]
async fn ones_own_messages_are_edited_deleted_and_brought_back() {
    let scene = Scene::new().await;
    let told = scene.good(Method::POST, &format!("chats/{}/messages", scene.direct), text("one")).await;
    let path = format!("chats/{}/messages/{}", scene.direct, told["id"].as_str().unwrap());
    let (status, body) = scene.call(Method::PATCH, &path, &scene.token, &text("two")).await;
    assert_eq!((status, body), (204, Value::Null));
    let (_, edited) = scene.get(&path).await;
    assert_eq!(edited["body"]["content"], "two");
    assert_eq!(edited["lastEditedDateTime"], edited["lastModifiedDateTime"]);
    assert_eq!((&edited["createdDateTime"], edited["etag"] == told["etag"]), (&told["createdDateTime"], false));
    let mention = json!({"id": 0, "mentionText": "Robin", "mentioned": {"user": {"id": ROBIN}}});
    let mut richer = html("<p><at id=\"0\">Robin</at>, two</p>");
    richer["mentions"] = json!([mention]);
    assert_eq!(scene.call(Method::PATCH, &path, &scene.token, &richer).await.0, 204);
    let (_, edited) = scene.get(&path).await;
    assert_eq!(edited["mentions"][0]["mentioned"]["user"]["displayName"], "Robin Kline");
    assert_eq!(scene.call(Method::PATCH, &path, &scene.token, &text("two")).await.0, 204);
    let own = format!("users/{ME}/{path}");
    assert_eq!(scene.post(&format!("{own}/softDelete"), Value::Null).await.0, 204);
    let (_, gone) = scene.get(&path).await;
    assert_eq!(gone["body"], json!({"contentType": "html", "content": ""}));
    assert!(gone["deletedDateTime"].is_string());
    assert_eq!(scene.call(Method::PATCH, &path, &scene.token, &text("x")).await.0, 404);
    assert_eq!(scene.post(&format!("{own}/undoSoftDelete"), Value::Null).await.0, 204);
    let (_, back) = scene.get(&path).await;
    assert_eq!((&back["body"]["content"], &back["deletedDateTime"]), (&json!("two"), &Value::Null));
    let theirs = scene.platform.say(&scene.direct, ROBIN, "mine").unwrap().id;
    let path = format!("chats/{}/messages/{theirs}", scene.direct);
    assert_eq!(scene.call(Method::PATCH, &path, &scene.token, &text("x")).await.0, 403);
    assert_eq!(scene.post(&format!("users/{ME}/{path}/softDelete"), Value::Null).await.0, 403);
    assert_eq!(scene.post(&format!("users/{ROBIN}/{path}/softDelete"), Value::Null).await.0, 403);
}

#[tokio::test]
async fn reactions_and_read_marks_are_kept() {
    let scene = Scene::new().await;
    let id = scene.platform.say(&scene.direct, ROBIN, "hello").unwrap().id;
    let path = format!("chats/{}/messages/{id}", scene.direct);
    assert_eq!(scene.post(&format!("{path}/setReaction"), json!({"reactionType": "👍"})).await.0, 204);
    let (_, told) = scene.get(&path).await;
    assert_eq!(told["reactions"][0]["reactionType"], "👍");
    assert_eq!(told["reactions"][0]["user"]["user"]["id"], ME);
    assert_eq!(told["lastEditedDateTime"], Value::Null, "no edit");
    assert_ne!(told["etag"], told["id"]);
    assert_eq!(scene.post(&format!("{path}/unsetReaction"), json!({"reactionType": "👍"})).await.0, 204);
    assert_eq!(scene.get(&path).await.1["reactions"], json!([]));
    assert_eq!(scene.post(&format!("{path}/setReaction"), json!({"reactionType": "nonsense"})).await.0, 400);
    let mark = format!("chats/{}/markChatReadForUser", scene.direct);
    let who = |id: &str| json!({"user": {"id": id, "tenantId": super::TENANT}});
    assert_eq!(scene.post(&mark, who(ME)).await.0, 204);
    assert_eq!(scene.post(&mark, who(ROBIN)).await.0, 403);
    assert_eq!(scene.post(&mark, json!({})).await.0, 400);
    assert!(scene.platform.chat(&scene.direct).unwrap().read.contains_key(ME));
    let deeds: Vec<Deed> = scene.platform.deeds().into_iter().map(|done| done.deed).collect();
    assert_eq!(deeds, [Deed::Reacted("👍".to_owned()), Deed::Unreacted("👍".to_owned()), Deed::Read]);
    let (_, chat) = scene.get(&format!("chats/{}", scene.direct)).await;
    assert!(chat["viewpoint"]["lastMessageReadDateTime"].as_str().unwrap() > "2020");
}
