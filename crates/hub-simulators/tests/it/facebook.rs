//! Messenger: sending, its limits and its window, events of people, and the Instagram account of a Page.

use crate::meta_support::{APP, Receiver, SECRET, VERIFY, client, read, refusal, write};
use hub_simulators::facebook::{FacebookHandle, FacebookOptions, Page, start};
use hub_simulators::meta::inbox::{Act, Made, Reach};
use hub_simulators::meta::{App, Expiry, HostedFile};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const PAGE: &str = "682498302938465";
pub(crate) const ACCOUNT: &str = "17841405822304914";
pub(crate) const PSID: &str = "1254459154682919";
pub(crate) const IGSID: &str = "819898670256713";
const OWNER: &str = "1207059";
const FIELDS: [&str; 9] = [
    "messages",
    "message_echoes",
    "message_deliveries",
    "message_reads",
    "message_reactions",
    "message_edits",
    "messaging_postbacks",
    "messaging_referrals",
    "standby",
];

/// A platform with a Page and its Instagram account, and an app that hears of everything.
pub(crate) async fn platform() -> (FacebookHandle, Receiver, String) {
    let options = FacebookOptions {
        retry_unit: Duration::from_millis(10),
        fetch_limit: Duration::from_secs(2),
        ..FacebookOptions::default()
    };
    let platform = start(options).await.expect("starts");
    platform.meta().create_app(App::new(APP, SECRET));
    platform.create_page(OWNER, Page::new(PAGE, "Cisco Dog Page").with_instagram(ACCOUNT, "cisco.dog.shop"));
    let (receiver, url) = Receiver::start().await;
    platform.meta().subscribe_app(APP, "page", &url, VERIFY, &FIELDS).await.expect("verified");
    let instagram = ["messages", "messaging_seen", "message_reactions", "message_edit"];
    platform.meta().subscribe_app(APP, "instagram", &url, VERIFY, &instagram).await.expect("verified");
    let token = platform.page_token(APP, OWNER, PAGE).value;
    let path = format!("{PAGE}/subscribed_apps?subscribed_fields={}", FIELDS.join(","));
    assert_eq!(write(platform.graph_base_url(), &path, &token, &json!({})).await.0, 200);
    (platform, receiver, token)
}

fn to(person: &str, message: &Value) -> Value {
    json!({"recipient": {"id": person}, "messaging_type": "RESPONSE", "message": message})
}

fn hosted(platform: &FacebookHandle, mime: &str, bytes: &[u8]) -> String {
    let file = HostedFile { name: "a.png".to_owned(), mime: mime.to_owned(), bytes: bytes.to_vec().into() };
    platform.meta().host_file(file, Expiry::default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_comes_back_as_echo_and_delivery() {
    let (platform, receiver, token) = platform().await;
    let base = platform.graph_base_url();
    let asked = platform.inboxes().say(PAGE, PSID, "Do you ship?");
    let mut body = to(PSID, &json!({"text": "Yes", "metadata": "hub:out:1"}));
    body["reply_to"] = json!({"mid": asked});
    let (status, sent) = write(base, &format!("{PAGE}/messages"), &token, &body).await;
    assert_eq!((status, &sent["recipient_id"]), (200, &json!(PSID)));
    let events = receiver.events(3).await;
    let (echo, delivery) = (&events[1], &events[2]);
    assert_eq!((&echo["sender"]["id"], &echo["recipient"]["id"]), (&json!(PAGE), &json!(PSID)));
    assert_eq!(
        echo["message"],
        json!({
            "mid": sent["message_id"], "text": "Yes", "is_echo": true, "metadata": "hub:out:1",
            "app_id": 138_483_919_580_948_u64, "reply_to": {"mid": asked},
        })
    );
    assert_eq!(delivery["delivery"]["mids"], json!([sent["message_id"]]));
    assert_eq!(delivery["delivery"]["watermark"], echo["timestamp"]);
    assert!(delivery.get("timestamp").is_none());
    platform.inboxes().act(PAGE, PSID, Act::Read);
    let events = receiver.events(4).await;
    assert!(events[3]["read"]["watermark"].as_i64() >= echo["timestamp"].as_i64());

    let mid = platform.inboxes().write_in_inbox(PAGE, PSID, "by hand");
    let events = receiver.events(5).await;
    assert_eq!(
        (&events[4]["message"]["mid"], &events[4]["message"]["app_id"]),
        (&json!(mid), &json!(26_390_203_743_090_u64))
    );
    assert_eq!(platform.inboxes().sent(PAGE).len(), 1, "only what an app did");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_go_by_address_by_id_and_by_upload() {
    let (platform, receiver, token) = platform().await;
    let base = platform.graph_base_url();
    platform.inboxes().say(PAGE, PSID, "hi");
    let url = hosted(&platform, "image/png", b"\x89PNG1");
    let payload = json!({"url": url, "is_reusable": true});
    let (_, sent) =
        write(base, "me/messages", &token, &to(PSID, &json!({"attachment": {"type": "image", "payload": payload}})))
            .await;
    let id = sent["attachment_id"].as_str().expect("can be sent again").to_owned();
    let again = to(PSID, &json!({"attachment": {"type": "image", "payload": {"attachment_id": id}}}));
    assert_eq!(write(base, "me/messages", &token, &again).await.0, 200);

    let part =
        reqwest::multipart::Part::bytes(b"%PDF-1.4 x".to_vec()).file_name("q.pdf").mime_str("application/pdf").unwrap();
    let form = reqwest::multipart::Form::new()
        .text("recipient", json!({"id": PSID}).to_string())
        .text("message", json!({"attachment": {"type": "file", "payload": {}}}).to_string())
        .part("filedata", part);
    let answer =
        client().post(format!("{base}/v25.0/me/messages")).bearer_auth(&token).multipart(form).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    let ahead = json!({"message": {"attachment": {"type": "image", "payload": {"url": url}}}});
    let (_, ahead) = write(base, &format!("{PAGE}/message_attachments"), &token, &ahead).await;
    assert!(ahead["attachment_id"].is_string());

    let events = receiver.events(7).await;
    let echoes: Vec<_> = events.iter().filter(|event| event["message"]["is_echo"] == true).collect();
    let fetched = |place: usize| {
        let url = echoes[place]["message"]["attachments"][0]["payload"]["url"].as_str().unwrap().to_owned();
        async move { client().get(url).send().await.unwrap().bytes().await.unwrap() }
    };
    assert_eq!(fetched(0).await.as_ref(), b"\x89PNG1");
    assert_eq!(fetched(1).await.as_ref(), b"\x89PNG1");
    assert_eq!(fetched(2).await.as_ref(), b"%PDF-1.4 x");

    for (sort, payload, subcode) in [
        ("image", json!({"url": "http://127.0.0.1:9/nothing"}), 2_018_008),
        ("video", json!({"url": url}), 2_018_047),
        ("image", json!({"attachment_id": "404"}), 2_018_074),
        ("image", json!({"url": hosted(&platform, "image/png", &vec![0; 8 * 1024 * 1024 + 1])}), 2_018_109),
    ] {
        let body = to(PSID, &json!({"attachment": {"type": sort, "payload": payload}}));
        let (status, answer) = write(base, "me/messages", &token, &body).await;
        assert_eq!((status, refusal(&answer)), (400, (100, subcode)), "{sort}");
    }
    platform.meta().advance(Duration::from_hours(91 * 24));
    platform.inboxes().say(PAGE, PSID, "still there?");
    assert_eq!(refusal(&write(base, "me/messages", &token, &again).await.1), (100, 2_018_074), "90 days");
}

#[tokio::test]
async fn the_window_closes_after_a_day_and_tags_are_few() {
    let (platform, _, token) = platform().await;
    let base = platform.graph_base_url();
    platform.inboxes().say(PAGE, PSID, "hi");
    let plain = to(PSID, &json!({"text": "hello"}));
    let tagged = |tag: &str| {
        let mut body = to(PSID, &json!({"text": "hello"}));
        body["messaging_type"] = "MESSAGE_TAG".into();
        body["tag"] = tag.into();
        body
    };
    platform.meta().advance(Duration::from_mins(24 * 60 - 1));
    assert_eq!(write(base, "me/messages", &token, &plain).await.0, 200);
    platform.meta().advance(Duration::from_mins(1));
    let (status, answer) = write(base, "me/messages", &token, &plain).await;
    assert_eq!((status, refusal(&answer)), (400, (10, 2_018_278)));
    let (status, answer) = write(base, "me/messages", &token, &tagged("ACCOUNT_UPDATE")).await;
    assert_eq!((status, refusal(&answer)), (400, (100, 0)));
    assert_eq!(write(base, "me/messages", &token, &tagged("HUMAN_AGENT")).await.0, 200);
    platform.inboxes().allow_human_agent(PAGE, false);
    assert_eq!(refusal(&write(base, "me/messages", &token, &tagged("HUMAN_AGENT")).await.1), (10, 0));
    platform.inboxes().allow_human_agent(PAGE, true);
    platform.meta().advance(Duration::from_hours(6 * 24));
    assert_eq!(
        refusal(&write(base, "me/messages", &token, &tagged("HUMAN_AGENT")).await.1),
        (10, 2_018_278),
        "seven days"
    );
    platform.inboxes().act(PAGE, PSID, Act::Postback { title: "Go".to_owned(), payload: "GO".to_owned() });
    assert_eq!(write(base, "me/messages", &token, &plain).await.0, 200, "a button opens it");
}

#[tokio::test]
async fn refusals_have_the_codes_of_the_manual() {
    let (platform, _, token) = platform().await;
    let base = platform.graph_base_url();
    platform.inboxes().say(PAGE, PSID, "hi");
    for (body, wanted) in [
        (to("404", &json!({"text": "x"})), (100, 2_018_001)),
        (to(PSID, &json!({"text": "ä".repeat(2_001)})), (100, 0)),
        (to(PSID, &json!({"text": ""})), (100, 0)),
        (to(PSID, &json!({"text": "x", "attachment": {"type": "image", "payload": {"url": "http://x"}}})), (100, 0)),
        (json!({"recipient": {"id": PSID}, "messaging_type": "NONSENSE", "message": {"text": "x"}}), (100, 0)),
        (json!({"recipient": {"id": PSID}, "reply_to": {"mid": "m_no"}, "message": {"text": "x"}}), (100, 0)),
        (json!({"message": {"text": "x"}}), (100, 0)),
        (json!({"recipient": {"id": PSID}, "sender_action": "dance"}), (100, 0)),
    ] {
        let (status, answer) = write(base, "me/messages", &token, &body).await;
        assert_eq!((status, refusal(&answer)), (400, wanted), "{body}");
    }
    assert_eq!(write(base, "me/messages", &token, &to(PSID, &json!({"text": "ä".repeat(2_000)}))).await.0, 200);
    platform.inboxes().set_reach(PAGE, PSID, Reach::Unavailable);
    assert_eq!(
        refusal(&write(base, "me/messages", &token, &to(PSID, &json!({"text": "x"}))).await.1),
        (551, 1_545_041)
    );
    platform.inboxes().set_reach(PAGE, PSID, Reach::Refusing);
    assert_eq!(
        refusal(&write(base, "me/messages", &token, &to(PSID, &json!({"text": "x"}))).await.1),
        (200, 1_545_041)
    );
    platform.inboxes().set_reach(PAGE, PSID, Reach::Reachable);
    platform.set_tasks(PAGE, &["ANALYZE"]);
    assert_eq!(refusal(&write(base, "me/messages", &token, &to(PSID, &json!({"text": "x"}))).await.1), (200, 0));
    let (status, answer) = write(base, "999/messages", &token, &to(PSID, &json!({"text": "x"}))).await;
    assert_eq!((status, refusal(&answer)), (400, (100, 33)), "not this Page's token");
    assert_eq!(refusal(&read(base, "me/nothing", &token).await.1).0, 2_500);
}

#[tokio::test]
async fn sender_actions_answer_with_the_recipient_only() {
    let (platform, _, token) = platform().await;
    let base = platform.graph_base_url();
    let mid = platform.inboxes().say(PAGE, PSID, "hi");
    let act = |action: &'static str, payload: Value| {
        let body = json!({"recipient": {"id": PSID}, "sender_action": action, "payload": payload});
        let token = token.clone();
        async move { write(base, "me/messages", &token, &body).await }
    };
    for action in ["typing_on", "typing_off", "mark_seen"] {
        assert_eq!(act(action, Value::Null).await, (200, json!({"recipient_id": PSID})));
    }
    assert_eq!(act("react", json!({"message_id": mid, "reaction": "😊"})).await.0, 200);
    assert_eq!(platform.inboxes().messages(PAGE, PSID)[0].reactions, [(PAGE.to_owned(), "😊".to_owned())]);
    assert_eq!(act("unreact", json!({"message_id": mid})).await.0, 200);
    assert!(platform.inboxes().messages(PAGE, PSID)[0].reactions.is_empty());
    assert_eq!(act("react", json!({"message_id": "m_404", "reaction": "😊"})).await.0, 400);
    let actions: Vec<_> = platform.inboxes().sent(PAGE).into_iter().filter_map(|sent| sent.action).collect();
    assert_eq!(actions, ["typing_on", "typing_off", "mark_seen", "react", "unreact"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_people_do_has_the_shape_of_the_manual() {
    let (platform, receiver, _) = platform().await;
    let people = platform.inboxes();
    let mid = people.act(PAGE, PSID, Act::Files(vec![Made::sample("image"), Made::sample("sticker")]));
    people.act(PAGE, PSID, Act::QuickReply { text: "Red".to_owned(), payload: "COLOR_RED".to_owned() });
    people.act(PAGE, PSID, Act::Reply { mid: mid.clone(), text: "this".to_owned() });
    people.act(PAGE, PSID, Act::Postback { title: "Start".to_owned(), payload: "GET_STARTED".to_owned() });
    people.act(PAGE, PSID, Act::React { mid: mid.clone(), emoji: "❤️".to_owned() });
    people.act(PAGE, PSID, Act::Unreact { mid: mid.clone() });
    people.act(PAGE, PSID, Act::Edit { mid: mid.clone(), text: "changed".to_owned() });
    people.act(PAGE, PSID, Act::Referral { reference: "summer".to_owned() });
    people.act(PAGE, PSID, Act::Unsend { mid: mid.clone() });
    let waiting = json!({"sender": {"id": PSID}, "recipient": {"id": PAGE}, "timestamp": 1, "message": {"mid": "m_s", "text": "?"}});
    assert_eq!(people.raw_event(PAGE, &waiting, true), 1);
    let events = receiver.events(9).await;
    assert_eq!(events.len(), 9, "nobody hears of an unsent message");
    let files = &events[0]["message"]["attachments"];
    assert_eq!((&files[0]["type"], &files[1]["type"]), (&json!("image"), &json!("sticker")));
    assert!(files[1]["payload"]["sticker_id"].is_u64());
    let url = files[0]["payload"]["url"].as_str().unwrap();
    let picture = client().get(url).send().await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/png");
    assert_eq!(events[1]["message"]["quick_reply"]["payload"], "COLOR_RED");
    assert_eq!(events[2]["message"]["reply_to"], json!({"mid": mid, "is_self_reply": false}));
    assert_eq!(events[3]["postback"]["payload"], "GET_STARTED");
    assert_eq!(events[4]["reaction"], json!({"mid": mid, "action": "react", "reaction": "love", "emoji": "❤️"}));
    assert_eq!(events[5]["reaction"], json!({"mid": mid, "action": "unreact"}));
    assert_eq!(events[6]["message_edit"], json!({"mid": mid, "text": "changed", "num_edit": 1}));
    assert_eq!(events[7]["referral"]["ref"], "summer");
    assert_eq!(events[8], waiting);
    platform.meta().advance(Duration::from_hours(25));
    assert_eq!(client().get(url).send().await.unwrap().status().as_u16(), 403, "addresses end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_instagram_account_of_a_page_has_its_own_inbox() {
    let (platform, receiver, token) = platform().await;
    let base = platform.graph_base_url();
    let mid = platform.inboxes().say(ACCOUNT, IGSID, "from Instagram");
    let told = receiver.wait(1).await;
    assert_eq!((&told[0]["object"], &told[0]["entry"][0]["id"]), (&json!("instagram"), &json!(ACCOUNT)));
    let (status, sent) = write(base, &format!("{PAGE}/messages"), &token, &to(IGSID, &json!({"text": "hello"}))).await;
    assert_eq!((status, &sent["recipient_id"]), (200, &json!(IGSID)));
    let events = receiver.events(2).await;
    assert_eq!((&events[1]["sender"]["id"], &events[1]["message"]["is_echo"]), (&json!(ACCOUNT), &json!(true)));
    platform.inboxes().act(ACCOUNT, IGSID, Act::Read);
    platform.inboxes().act(ACCOUNT, IGSID, Act::Unsend { mid: mid.clone() });
    let events = receiver.events(4).await;
    assert_eq!(events[2]["read"], json!({"mid": sent["message_id"]}));
    assert_eq!(events[3]["message"], json!({"mid": mid, "is_deleted": true}));
    let path = format!("{PAGE}/conversations?platform=instagram&fields=id,participants,messages{{id,message}}");
    let (_, listed) = read(base, &path, &token).await;
    assert_eq!(listed["data"][0]["participants"]["data"][1]["id"], IGSID);
    assert_eq!(listed["data"][0]["messages"]["data"][0]["message"], "hello");
    let (_, messenger) = read(base, &format!("{PAGE}/conversations?platform=messenger"), &token).await;
    assert_eq!(messenger, json!({"data": []}));
    let (_, profile) = read(base, &format!("{IGSID}?fields=username"), &token).await;
    assert_eq!(profile["username"], format!("user_{IGSID}"));
    platform.meta().advance(Duration::from_hours(24));
    let (status, answer) = write(base, "me/messages", &token, &to(IGSID, &json!({"text": "late"}))).await;
    assert_eq!((status, refusal(&answer)), (403, (10, 2_534_022)));
}
