//! Files, both ways.

use super::{ADA, NUMBER, Scene, code};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hub_simulators::meta::{Expiry, HostedFile};
use hub_simulators::whatsapp::{Attachment, StatusScript};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::time::Duration;

pub(super) async fn upload(scene: &Scene, mime: &str, bytes: Vec<u8>) -> (u16, Value) {
    let part = Part::bytes(bytes).file_name("file").mime_str(mime).expect("a type");
    let form = Form::new().text("messaging_product", "whatsapp").part("file", part);
    let url = format!("{}/v25.0/{NUMBER}/media", scene.platform.base_url());
    let answer = scene.http.post(url).bearer_auth(&scene.token).multipart(form).send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_is_checked_sent_and_fetched() {
    let scene = Scene::new().await;
    scene.ada_writes().await;
    let (status, answer) = upload(&scene, "image/jpeg", b"a picture".to_vec()).await;
    assert_eq!(status, 200, "{answer}");
    let id = answer["id"].as_str().unwrap();
    assert_eq!(scene.send(json!({"type": "image", "image": {"id": id, "caption": "look"}})).await.0, 200);
    let (status, answer) = scene.send(json!({"type": "video", "video": {"id": id}})).await;
    assert_eq!((status, code(&answer)), (400, 131_053), "a picture is no film");
    assert_eq!(scene.send(json!({"type": "document", "document": {"id": id, "filename": "x.jpg"}})).await.0, 200);

    let (_, told) = scene.get(&format!("{id}?phone_number_id={NUMBER}")).await;
    assert_eq!((&told["file_size"], &told["mime_type"]), (&json!("9"), &json!("image/jpeg")));
    assert_eq!(told["sha256"], hex::encode(digest(&SHA256, b"a picture")));
    let (status, answer) = scene.get(&format!("{id}?phone_number_id=1")).await;
    assert_eq!((status, code(&answer)), (400, 100), "another number's file");
    assert_eq!(scene.call(reqwest::Method::DELETE, id, None).await.1, json!({"success": true}));
    assert_eq!(scene.get(id).await.0, 400);

    for (mime, size) in [
        ("image/tiff", 9),
        ("image/jpeg", 5 * 1_024 * 1_024 + 1),
        ("image/webp", 500 * 1_024 + 1),
        ("audio/ogg; codecs=opus", 16 * 1_024 * 1_024 + 1),
    ] {
        let (status, answer) = upload(&scene, mime, vec![7; size]).await;
        assert_eq!((status, code(&answer)), (400, 131_053), "{mime}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customers_file_comes_in_two_steps_with_the_token() {
    let scene = Scene::new().await;
    let mut file = Attachment::document("receipt é.pdf", "application/pdf", &b"paper"[..]);
    file.caption = Some("Q3".to_owned());
    scene.platform.attach(NUMBER, ADA, &file);
    let message = scene.receiver.wait("messages", 1).await[0]["messages"][0].clone();
    let document = &message["document"];
    assert_eq!(document["sha256"], STANDARD.encode(digest(&SHA256, b"paper")));
    assert_eq!((&document["filename"], &document["caption"]), (&json!("receipt é.pdf"), &json!("Q3")));
    let (_, told) = scene.get(document["id"].as_str().unwrap()).await;
    for url in [&document["url"], &told["url"]] {
        let url = url.as_str().unwrap();
        assert_eq!(scene.http.get(url).send().await.unwrap().status(), 401);
        let answer = scene.http.get(url).bearer_auth(&scene.token).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/pdf");
        assert_eq!(&answer.bytes().await.unwrap()[..], b"paper");
    }
    scene.platform.meta().advance(Duration::from_secs(301));
    let url = told["url"].as_str().unwrap();
    assert_eq!(scene.http.get(url).bearer_auth(&scene.token).send().await.unwrap().status(), 404);
    let (_, again) = scene.get(document["id"].as_str().unwrap()).await;
    let fresh = scene.http.get(again["url"].as_str().unwrap()).bearer_auth(&scene.token).send().await.unwrap();
    assert_eq!(fresh.status(), 200, "a new address works");
    scene.platform.meta().advance(Duration::from_hours(8 * 24));
    assert_eq!(scene.get(document["id"].as_str().unwrap()).await.0, 400, "ids end too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_to_the_wrong_file_fails_later() {
    let scene = Scene::new().await;
    scene.ada_writes().await;
    scene.platform.statuses(StatusScript { before_answer: true, ..StatusScript::default() });
    let host = |mime: &str| {
        let file = HostedFile { name: "x".to_owned(), mime: mime.to_owned(), bytes: b"bytes"[..].into() };
        scene.platform.meta().host_file(file, Expiry::default())
    };
    let image = |link: String| json!({"type": "image", "image": {"link": link}});
    for (link, expected) in [
        (host("image/png"), vec!["sent", "delivered", "read"]),
        (host("text/html"), vec!["failed"]),
        (format!("{}/media/nothing/x", scene.platform.base_url()), vec!["failed"]),
    ] {
        let before = scene.receiver.statuses().len();
        assert_eq!(scene.send(image(link)).await.0, 200, "it is accepted all the same");
        assert_eq!(scene.receiver.statuses()[before..], expected);
    }
    let last = scene.receiver.values("messages").pop().unwrap();
    assert_eq!(last["statuses"][0]["errors"][0]["code"], 131_053);
}
