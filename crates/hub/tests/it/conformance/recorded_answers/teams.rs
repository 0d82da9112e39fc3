//! Microsoft Teams.

use super::super::teams::{APP, Teams};
use super::reading::Rest;
use super::{Answer, Asked, Case, Recorded};
use hub_simulators::teams::{Endpoint, Fault, Trouble};
use hub_testkit::conformance::Subject;
use hub_testkit::eventually;
use hub_testkit::expect::Expected;
use serde_json::{Value, json};
use std::time::Duration;

/// The group and the person of the recorded answers.
const GROUP: &str = "19:2da4c29f6d7041eca70b638b43d45437@thread.v2";
const PERSON: &str = "8ea0e38b-efb3-4757-924a-5f94061cf8c2";
/// What the recorded tokens allow.
const SCOPES: [&str; 6] = ["offline_access", "Chat.ReadWrite", "ChatMessage.Send", "User.Read", "Chat.Read", "openid"];
/// Where pictures of the size lie that the hub asks for.
const PICTURE: &str = "/users/8ea0e38b-efb3-4757-924a-5f94061cf8c2/photos/120x120/$value";

impl Recorded for Teams {
    const FOLDER: &'static str = "teams";
    const COUNT: usize = 15;
    const NEVER: &'static [(&'static str, &'static str)] = &[];
    const ELSEWHERE: &'static [(&'static str, &'static str, &'static str)] =
        &[("api_photo_404", PICTURE, "a small picture is enough")];
    const HIDDEN: &'static [(&'static str, &'static str)] = &[
        ("media.needs_auth", "a link of the hub stands in for it"),
        ("media.url", "a link of the hub stands in for it"),
        ("page.next", "of the past one page of each chat is read"),
        ("subscription.expires_at", "it is renewed before it ends"),
    ];

    fn answer(&self, place: &str, answer: Answer) {
        let Answer { status, headers, body } = answer;
        let endpoint = Endpoint::named(place).unwrap_or_else(|| panic!("{place} is no endpoint"));
        self.platform.fault(endpoint, Fault::Raw { status, headers, body: body.into() });
    }

    fn left(&self) -> usize {
        self.platform.faults_left()
    }

    fn asked(&self) -> Vec<Asked> {
        let all = self.platform.requests().into_iter();
        all.map(|one| Asked {
            method: one.method,
            path: one.path.strip_prefix("/v1.0").map_or(one.path.clone(), str::to_owned),
            query: one.query,
            body: one.body,
            status: one.status,
        })
        .collect()
    }

    fn knows_tokens(&self, access: &str, refresh: Option<&str>) {
        self.platform.knows_tokens(APP, &self.account(0), &SCOPES, access, refresh);
    }

    fn kill(&self) {
        self.platform.trouble(&self.account(0), Some(Trouble::Revoked));
        self.platform.expire_tokens(&self.account(0));
    }

    async fn meet(case: &mut Case<'_, Self>) {
        match case.entry.id.as_str() {
            "api_chats" => case.chats_have_their_names().await,
            "api_chat_messages_page1" => case.past_is_told().await,
            "api_send_201" => {
                let conversation = case.group("1616964509832").await["conversation_id"].clone();
                let words = &case.entry.asked["body"]["content"];
                let body = json!({ "content": words });
                let asked = case.is_sent("send", conversation.as_str().expect("an id"), &body).await;
                assert_eq!(asked.body, case.entry.asked);
            }
            "api_reply_with_quote_201" => case.message_is_quoted().await,
            "api_error_429" => {
                let (class, mut error) = case.class(&[]);
                assert_eq!(class, "retry_later");
                let least = error.take("retry_after_seconds_min").as_f64().expect("seconds");
                error.done();
                case.group("1616964509832").await;
                case.reads_the_group();
                // What was listed is listed anew.
                case.must_wait(Rest::Short(Duration::from_secs_f64(least)), ("GET", "/me/chats")).await;
            }
            "api_error_401" => {
                case.group("1616964509832").await;
                case.reading_asks_for_a_sign_in(true, Case::reads_the_group).await;
            }
            "api_error_403" => case.lost_chat_is_passed_over().await,
            "api_subscription_409_duplicate" => {
                let (class, error) = case.class(&[]);
                assert_eq!(class, "permanent");
                error.done();
                case.give("subscriptions");
                case.link().await;
                // Nothing of the kind is listed, so that it is simply asked for once more.
                let calls = |method| case.calls(method, "/subscriptions").len();
                assert_eq!((calls("POST"), calls("GET")), (2, 1));
                case.stage.hear(1, "can you hear me?").await;
            }
            "api_subscription_created" => case.subscription_is_kept().await,
            "api_token_success" => case.code_is_exchanged("token").await,
            "api_token_invalid_grant" | "api_token_interaction_required" | "api_token_temporarily_unavailable" => {
                case.renewal_is_refused("token").await;
            }
            "api_me" => {
                case.give("me");
                case.is_linked_as(Self::METHOD, &case.stage.subject.account(0), &[]).await;
            }
            "api_photo_404" => case.nobody_has_a_picture().await,
            other => panic!("nobody asks for {other}"),
        }
    }
}

/// A message of somebody, as Graph tells it.
fn message(chat: &str, id: &str, words: &str) -> Value {
    let at = "2026-11-01T11:30:00Z";
    json!({ "id": id, "etag": id, "chatId": chat, "messageType": "message", "createdDateTime": at,
        "lastModifiedDateTime": at, "from": { "user": { "id": PERSON, "displayName": "Robin Kline" } },
        "body": { "contentType": "text", "content": words }, "attachments": [], "mentions": [], "reactions": [] })
}

/// A listing of groups in which somebody spoke just now.
fn listing(chats: &[&str]) -> Value {
    let now = (chrono::Utc::now() + chrono::TimeDelta::minutes(1)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let chat = |id: &&str| {
        json!({ "id": id, "chatType": "group", "topic": "Graph Members",
            "lastMessagePreview": { "id": "1", "createdDateTime": now } })
    };
    json!({ "value": chats.iter().map(chat).collect::<Vec<_>>() })
}

impl Case<'_, Teams> {
    /// While linking the list of chats is asked for twice: for the tenant of the person, and for the past.
    fn lists_chats(&self, chats: &Value) {
        self.give_other("chats", chats);
        self.give_other("chats", chats);
    }

    /// Links, with a message of this id in the recorded group; gives the message.
    async fn group(&self, id: &str) -> Value {
        self.lists_chats(&listing(&[GROUP]));
        self.give_other("messages", &json!({ "value": [message(GROUP, id, "said before")] }));
        self.link().await;
        self.stage.message("said before").await
    }

    /// The next reading lists the group, and gets the recorded answer for its messages.
    fn reads_the_group(&self) {
        self.give_other("chats", &listing(&[GROUP]));
        self.give("messages");
    }

    /// Every chat is shown under its name, once somebody spoke there.
    async fn chats_have_their_names(&mut self) {
        let wanted = self.expected.list("conversations");
        self.give("chats");
        self.give("chats");
        for (number, chat) in wanted.iter().enumerate() {
            let id = chat["id"].as_str().expect("an id");
            let said = message(id, &format!("161696450983{number}"), &format!("said in {id}"));
            self.give_other("messages", &json!({ "value": [said] }));
        }
        self.link().await;
        for chat in &wanted {
            let mut chat = Expected::of(chat, self.expected.whose());
            let id = chat.take("id");
            let row = self.stage.message(&format!("said in {}", id.as_str().expect("an id"))).await;
            let shown = self.conversation_of(&row).await;
            assert_eq!(shown["platform_conversation_id"], id);
            chat.equal("title", shown["participant_name"].clone());
            assert_eq!(chat.take("conversation_type") == "direct", shown["participant_id"] == PERSON, "{shown}");
            chat.done();
        }
        // There is no further page.
        assert_eq!(self.expected.take("page"), json!({ "next": null, "done": true }));
        assert_eq!(self.calls("GET", &self.entry.path).len(), 2);
    }

    async fn past_is_told(&mut self) {
        self.lists_chats(&listing(&[GROUP]));
        self.give("messages");
        self.link().await;
        self.shows_messages(0).await;
        let mut page = Expected::of(&self.expected.take("page"), self.expected.whose());
        assert_eq!(page.take("done"), false);
        self.hide(&mut page, "page", &["next"]);
        page.done();
        // What happened besides is told beside the messages.
        assert_eq!(self.expected.list("activities"), [json!({ "kind": "system_event" })]);
        let row = self.stage.user.all_messages().await.into_iter().next().expect("a message");
        let path = format!("/api/conversations/{}/notices", row["conversation_id"].as_str().expect("an id"));
        let (_, told) = self.stage.user.get(&path).await;
        let renamed = told["notices"].as_array().expect("a list").iter().any(|one| one["kind"] == "title_changed");
        assert!(renamed, "{told}");
    }

    async fn message_is_quoted(&mut self) {
        let asked = self.entry.asked.clone();
        let quoted = asked["messageIds"][0].as_str().expect("an id");
        let heard = self.group(quoted).await;
        let conversation = heard["conversation_id"].as_str().expect("an id");
        let body = json!({ "content": asked["replyMessage"]["body"]["content"], "reply_to": heard["id"] });
        let mut made = self.is_sent("send", conversation, &body).await;
        // How the words are written is ours to say.
        assert!(made.body["replyMessage"]["body"].as_object_mut().expect("a body").remove("contentType").is_some());
        assert_eq!(made.body, asked);
        self.shows_messages(1).await;
    }

    /// A chat that may not be seen any more hides no other, and accuses nobody.
    async fn lost_chat_is_passed_over(&mut self) {
        let (class, error) = self.class(&[]);
        assert_eq!(class, "permanent");
        error.done();
        self.group("1616964509832").await;
        let other = "19:561082c0f3f847a58069deb8eb300807@thread.v2";
        self.give_other("chats", &listing(&[GROUP, other]));
        self.give("messages");
        self.give_other("messages", &json!({ "value": [message(other, "1616964509840", "said elsewhere")] }));
        assert_eq!(self.sync().await, None);
        self.stage.message("said elsewhere").await;
        assert_eq!(self.stage.health().await, "ok");
        assert_eq!(self.calls("GET", &self.entry.path).len(), 2, "once for the past, and not again and again");
    }

    /// What the answer names is prolonged; it ended long ago, so that is at once.
    async fn subscription_is_kept(&mut self) {
        let mut made = Expected::of(&self.expected.take("subscription"), self.expected.whose());
        let id = made.take("id");
        let asked = self.entry.asked.clone();
        self.give("subscriptions");
        self.link().await;
        let wanted = self.calls("POST", "/subscriptions").into_iter().next().expect("a call").body;
        let names = |body: &Value| body.as_object().expect("a body").keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&wanted), names(&asked));
        for name in ["changeType", "resource", "includeResourceData"] {
            assert_eq!(wanted[name], asked[name], "{name}");
        }
        let path = format!("/subscriptions/{}", id.as_str().expect("an id"));
        eventually("it is prolonged", async || (!self.calls("PATCH", &path).is_empty()).then_some(())).await;
        self.hide(&mut made, "subscription", &["expires_at"]);
        made.done();
        // Nobody knows it there: another one takes its place.
        let account = self.stage.subject.account(0);
        eventually("the platform calls", async || self.stage.subject.is_called(&account).then_some(())).await;
        self.stage.hear(1, "can you hear me?").await;
    }

    /// Somebody without a picture is no failure.
    async fn nobody_has_a_picture(&mut self) {
        let (class, error) = self.class(&["meaning"]);
        assert_eq!(class, "permanent");
        error.done();
        self.link().await;
        // Most people may not be asked for; this one may.
        self.give_other("users", &json!({ "id": PERSON, "displayName": "Robin K." }));
        self.give("photo");
        self.stage.subject.say(&self.stage.subject.account(0), PERSON, "without a face");
        let row = self.stage.message("without a face").await;
        self.met().await;
        self.at_rest().await;
        let shown = self.conversation_of(&row).await;
        assert_eq!((&shown["participant_avatar_url"], &shown["participant_id"]), (&Value::Null, &json!(PERSON)));
        assert_eq!(shown["participant_name"], "Robin K.", "the name is worth having alone");
        assert_eq!((self.stage.health().await.as_str(), &row["failure"]), ("ok", &Value::Null));
    }
}
