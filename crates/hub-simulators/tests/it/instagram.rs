//! Instagram by its own login: sending, limits, events, history, profiles.

use crate::meta_support::{APP, Receiver, SECRET, VERIFY, client, read, refusal, write};
use hub_simulators::instagram::{InstagramHandle, InstagramOptions, start};
use hub_simulators::meta::inbox::{Act, Made, Person, ProfileAccess};
use hub_simulators::meta::{App, Expiry, HostedFile};
use serde_json::{Value, json};
use std::time::Duration;

const ACCOUNT: &str = "17841405822304914";
const IGSID: &str = "819898670256713";
const FIELDS: [&str; 6] =
    ["messages", "messaging_postbacks", "messaging_seen", "message_reactions", "messaging_referral", "message_edit"];

async fn platform() -> (InstagramHandle, Receiver, String) {
    let options = InstagramOptions { retry_unit: Duration::from_millis(10), ..InstagramOptions::default() };
    let platform = start(options).await.expect("starts");
    platform.meta().create_app(App::new(APP, SECRET));
    platform.create_account(ACCOUNT, "cisco.dog.shop");
    let (receiver, url) = Receiver::start().await;
    platform.meta().subscribe_app(APP, "instagram", &url, VERIFY, &FIELDS).await.expect("verified");
    let token = platform.account_token(APP, ACCOUNT).value;
    let path = format!("{ACCOUNT}/subscribed_apps?subscribed_fields={}", FIELDS.join(","));
    assert_eq!(write(platform.graph_base_url(), &path, &token, &json!({})).await.1, json!({"success": true}));
    (platform, receiver, token)
}

fn to(message: &Value) -> Value {
    json!({"recipient": {"id": IGSID}, "message": message})
}

fn hosted(platform: &InstagramHandle, mime: &str) -> String {
    let file = HostedFile { name: "a.bin".to_owned(), mime: mime.to_owned(), bytes: b"bytes".to_vec().into() };
    platform.meta().host_file(file, Expiry::default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sending_counts_bytes_and_comes_back_as_an_echo_among_the_messages() {
    let (platform, receiver, token) = platform().await;
    let base = platform.graph_base_url();
    platform.inboxes().say(ACCOUNT, IGSID, "Do you ship to Canada? 🇨🇦");
    let path = format!("{ACCOUNT}/messages");
    let (status, sent) = write(base, &path, &token, &to(&json!({"text": "😀".repeat(250)}))).await;
    assert_eq!((status, &sent["recipient_id"]), (200, &json!(IGSID)));
    let (status, answer) = write(base, &path, &token, &to(&json!({"text": "😀".repeat(251)}))).await;
    assert_eq!((status, refusal(&answer).0), (400, 100));
    let told = receiver.wait(2).await;
    assert_eq!((&told[0]["object"], &told[0]["entry"][0]["id"]), (&json!("instagram"), &json!(ACCOUNT)));
    let echo = &told[1]["entry"][0]["messaging"][0];
    assert_eq!((&echo["sender"]["id"], &echo["recipient"]["id"]), (&json!(ACCOUNT), &json!(IGSID)));
    assert_eq!((&echo["message"]["mid"], &echo["message"]["is_echo"]), (&sent["message_id"], &json!(true)));
    assert!(echo["message"].get("app_id").is_none());
    assert_eq!(receiver.bodies().len(), 2, "nothing tells of deliveries");
}

#[tokio::test]
async fn files_are_fetched_and_must_be_of_the_listed_kinds() {
    let (platform, _, token) = platform().await;
    let base = platform.graph_base_url();
    platform.inboxes().say(ACCOUNT, IGSID, "hi");
    let (png, heic, pdf) =
        (hosted(&platform, "image/png"), hosted(&platform, "image/heic"), hosted(&platform, "application/pdf"));
    let one = |sort: &str, url: &str| to(&json!({"attachment": {"type": sort, "payload": {"url": url}}}));
    let picture = json!({"type": "image", "payload": {"url": png}});
    let several = |count: usize| to(&json!({"attachments": vec![picture.clone(); count]}));
    for (body, wanted) in [
        (one("image", &png), 200),
        (one("image", &heic), 400),
        (one("file", &pdf), 200),
        (one("file", &png), 400),
        (one("image", "http://127.0.0.1:9/nothing"), 400),
        (several(10), 200),
        (several(11), 400),
        (to(&json!({"attachment": {"type": "like_heart"}})), 200),
        (to(&json!({"attachment": {"type": "MEDIA_SHARE", "payload": {"id": "178"}}})), 200),
        (to(&json!({"text": "x", "attachments": []})), 400),
    ] {
        assert_eq!(write(base, "me/messages", &token, &body).await.0, wanted, "{body}");
    }
    let fetched = platform.inboxes().messages(ACCOUNT, IGSID)[1].attachments[0]["payload"]["url"].clone();
    assert_ne!(fetched, json!(png), "kept on the platform's own host");
    assert_eq!(client().get(fetched.as_str().unwrap()).send().await.unwrap().text().await.unwrap(), "bytes");
}

#[tokio::test]
async fn the_window_reactions_and_what_this_door_does_not_offer() {
    let (platform, _, token) = platform().await;
    let base = platform.graph_base_url();
    let mid = platform.inboxes().say(ACCOUNT, IGSID, "hi");
    let action = |action: &str| json!({"recipient": {"id": IGSID}, "sender_action": action, "payload": {"message_id": mid, "reaction": "love"}});
    assert_eq!(write(base, "me/messages", &token, &action("react")).await, (200, json!({"recipient_id": IGSID})));
    assert_eq!(platform.inboxes().messages(ACCOUNT, IGSID)[0].reactions, [(ACCOUNT.to_owned(), "love".to_owned())]);
    assert_eq!(write(base, "me/messages", &token, &action("unreact")).await.0, 200);
    assert_eq!(write(base, "me/messages", &token, &action("typing_on")).await.0, 400);
    let mut reply = to(&json!({"text": "x"}));
    reply["reply_to"] = json!({"mid": mid});
    assert_eq!(write(base, "me/messages", &token, &reply).await.0, 400);
    platform.meta().advance(Duration::from_hours(24));
    let mut body = to(&json!({"text": "late"}));
    let (status, answer) = write(base, "me/messages", &token, &body).await;
    assert_eq!((status, refusal(&answer)), (403, (10, 2_534_022)));
    body["tag"] = "HUMAN_AGENT".into();
    assert_eq!(write(base, "me/messages", &token, &body).await.0, 200);
    body["recipient"]["id"] = "404".into();
    assert_eq!(refusal(&write(base, "me/messages", &token, &body).await.1), (100, 2_534_014));
    assert_eq!(refusal(&write(base, "999/messages", &token, &body).await.1), (100, 33));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_people_do_has_the_shape_of_the_manual() {
    let (platform, receiver, token) = platform().await;
    let people = platform.inboxes();
    let act = |act: Act| people.act(ACCOUNT, IGSID, act);
    let mid = act(Act::Text("first".to_owned()));
    act(Act::StoryReply { text: "love this look".to_owned() });
    act(Act::StoryMention);
    act(Act::Share);
    act(Act::Files(vec![Made::sample("audio")]));
    act(Act::Reply { mid: mid.clone(), text: "this one".to_owned() });
    act(Act::Edit { mid: mid.clone(), text: "better".to_owned() });
    act(Act::React { mid: mid.clone(), emoji: "❤️".to_owned() });
    act(Act::Unreact { mid: mid.clone() });
    act(Act::Postback { title: "Human".to_owned(), payload: "HUMAN".to_owned() });
    act(Act::Referral { reference: "bio".to_owned() });
    act(Act::Unsupported);
    act(Act::Unsend { mid: mid.clone() });
    let (_, sent) = write(platform.graph_base_url(), "me/messages", &token, &to(&json!({"text": "yes"}))).await;
    act(Act::Read);
    let events = receiver.events(15).await;
    let messages: Vec<_> = events.iter().map(|event| &event["message"]).collect();
    assert!(messages[1]["reply_to"]["story"]["url"].is_string() && messages[1]["reply_to"]["story"]["id"].is_string());
    assert_eq!(messages[2]["attachments"][0]["type"], "story_mention");
    assert_eq!(messages[3]["attachments"][0]["type"], "ig_post");
    assert!(messages[3]["attachments"][0]["payload"]["ig_post_media_id"].is_string());
    assert_eq!(messages[4]["attachments"][0]["type"], "audio");
    assert_eq!(messages[5]["reply_to"], json!({"mid": mid}));
    assert_eq!(events[6]["message_edit"], json!({"mid": mid, "text": "better", "num_edit": "1"}));
    assert_eq!(events[7]["reaction"], json!({"mid": mid, "action": "react", "reaction": "love", "emoji": "❤️"}));
    assert_eq!(events[8]["reaction"], json!({"mid": mid, "action": "unreact"}));
    assert_eq!(events[9]["postback"]["payload"], "HUMAN");
    assert_eq!(events[10]["referral"]["ref"], "bio");
    assert_eq!(messages[11]["is_unsupported"], true);
    assert_eq!(messages[12], &json!({"mid": mid, "is_deleted": true}));
    assert_eq!(events[14]["read"], json!({"mid": sent["message_id"]}));
    assert!(events.iter().all(|event| event["timestamp"].is_i64()));
}

#[tokio::test]
async fn conversations_profiles_and_their_refusals() {
    let (platform, _, token) = platform().await;
    let base = platform.graph_base_url();
    let person = Person { id: IGSID.to_owned(), username: "stories.in.store".to_owned(), ..Person::default() };
    platform.inboxes().create_person(ACCOUNT, person);
    let profile = format!("{IGSID}?fields=name,username,profile_pic");
    let (status, answer) = read(base, &profile, &token).await;
    assert_eq!((status, refusal(&answer)), (403, (230, 0)), "before they wrote");
    let oldest = platform.inboxes().say(ACCOUNT, IGSID, "first");
    for number in 0..20 {
        platform.inboxes().say(ACCOUNT, IGSID, &format!("n{number}"));
    }
    let (_, shown) = read(base, &profile, &token).await;
    assert_eq!((&shown["name"], &shown["username"]), (&Value::Null, &json!("stories.in.store")));
    let (_, listed) =
        read(base, "me/conversations?platform=instagram&fields=id,updated_time,participants", &token).await;
    let parties = &listed["data"][0]["participants"]["data"];
    assert_eq!((&parties[0]["id"], &parties[1]["username"]), (&json!(ACCOUNT), &json!("stories.in.store")));
    let thread = listed["data"][0]["id"].as_str().unwrap();
    let fields = "messages.limit(50){id,created_time,from,message,is_unsupported}";
    let (_, history) = read(base, &format!("{thread}?fields={fields}"), &token).await;
    let messages = history["messages"]["data"].as_array().unwrap();
    assert_eq!((messages.len(), &messages[0]["message"]), (21, &json!("n19")));
    assert!(messages[19].get("message").is_some());
    assert_eq!((&messages[20]["id"], messages[20].get("message")), (&json!(oldest), None));
    assert_eq!(
        read(base, &format!("{oldest}?fields=message"), &token).await.1["error"]["message"],
        "(#100) The message has been deleted"
    );
    platform.inboxes().set_profile(ACCOUNT, IGSID, ProfileAccess::Hidden);
    assert_eq!(refusal(&read(base, &profile, &token).await.1).0, 230);
    platform.meta().advance(Duration::from_hours(31 * 24));
    let (_, listed) = read(base, "me/conversations", &token).await;
    assert_eq!(listed, json!({"data": []}), "nobody answered for 30 days");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_may_be_signed_with_another_secret() {
    let (platform, receiver, _) = platform().await;
    platform.meta().create_app(App { webhook_secret: Some(SECRET.to_owned()), ..App::new(APP, "the-other-secret") });
    platform.inboxes().say(ACCOUNT, IGSID, "signed by the other app's secret");
    // The receiver checks it against `SECRET`.
    receiver.wait(1).await;
    assert!(platform.meta().until(crate::meta_support::PATIENCE, || platform.meta().pending() == 0).await);
    assert_eq!(platform.meta().deliveries()[0].status, Some(200));
}
