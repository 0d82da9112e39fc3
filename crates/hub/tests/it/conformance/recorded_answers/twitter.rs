//! X.

use super::super::twitter::{CLIENT_ID, Twitter};
use super::reading::Rest;
use super::{Answer, Asked, Case, NOT_WAITED_FOR, Recorded};
use hub_simulators::twitter::{Bucket, Fault, User};
use hub_testkit::conformance::Subject;
use hub_testkit::expect::Expected;
use hub_testkit::{client, eventually};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// When the answers about limits were given: so long before their windows end that the hub's own window does not hide the wait.
const DATE: &str = "Wed, 11 Feb 2026 07:00:00 GMT";
/// What the recorded tokens allow.
const SCOPES: [&str; 5] = ["dm.read", "dm.write", "offline.access", "tweet.read", "users.read"];
/// A film begins so.
const FILM: &[u8] = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom";

impl Recorded for Twitter {
    const FOLDER: &'static str = "twitter";
    const COUNT: usize = 16;
    const NEVER: &'static [(&'static str, &'static str)] =
        &[("api_create_group_201", "groups are made at the platform; the hub answers in them")];
    const ELSEWHERE: &'static [(&'static str, &'static str, &'static str)] =
        &[("api_dm_events_group_conversation", "/2/dm_events", "all conversations are read at once")];
    const HIDDEN: &'static [(&'static str, &'static str)] = &[
        ("media.needs_auth", "a link of the hub stands in for it"),
        ("media.url", "a link of the hub stands in for it"),
        ("profile.avatar_url", "accounts are shown by their name"),
        ("profile.avatar_url_large_ok", "accounts are shown by their name"),
    ];

    fn settings_for(id: &str) -> &'static [(&'static str, &'static str)] {
        match id {
            "api_error_403_scope" | "api_error_402_credits" => &[NOT_WAITED_FOR],
            _ => &[],
        }
    }

    fn answer(&self, place: &str, answer: Answer) {
        let Answer { status, mut headers, body } = answer;
        // Windows are told by the moment at which they end.
        if headers.iter().any(|(name, _)| name == "x-rate-limit-reset") {
            headers.push(("date".to_owned(), DATE.to_owned()));
        }
        let bucket = Bucket::named(place).unwrap_or_else(|| panic!("{place} is no endpoint"));
        self.platform.fault(bucket, Fault::Raw { status, headers, body: body.into() });
    }

    fn left(&self) -> usize {
        self.platform.faults_left()
    }

    fn asked(&self) -> Vec<Asked> {
        let all = self.platform.requests().into_iter();
        all.map(|one| Asked {
            method: one.method,
            path: one.path,
            query: one.query,
            body: one.body,
            status: one.status,
        })
        .collect()
    }

    fn knows_tokens(&self, access: &str, refresh: Option<&str>) {
        self.platform.knows_tokens(CLIENT_ID, &self.account(0), &SCOPES, access, refresh);
    }

    fn kill(&self) {
        self.platform.kill_tokens(&self.account(0));
    }

    async fn meet(case: &mut Case<'_, Self>) {
        match case.entry.id.as_str() {
            "api_dm_events_page1" | "api_dm_events_group_conversation" => case.past_is_told().await,
            "api_send_dm_201" => {
                let person = case.entry.path.split('/').nth(4).expect("whom").to_owned();
                let conversation = case.conversation_with(&person).await;
                let words = case.entry.asked["text"].clone();
                let asked = case.is_sent("dm_send", &conversation, &json!({ "content": words })).await;
                assert_eq!(asked.body, case.entry.asked);
            }
            "api_error_403_cannot_dm"
            | "api_error_401"
            | "api_error_403_scope"
            | "api_error_402_credits"
            | "api_error_400_invalid" => {
                let person = case.entry.path.split('/').nth(4).expect("whom").to_owned();
                let conversation = case.conversation_with(&person).await;
                case.is_refused("dm_send", &conversation).await;
            }
            "api_error_429" | "api_error_429_legacy_body" => {
                case.link().await;
                let (class, mut error) = case.class(&[]);
                assert_eq!(class, "retry_later");
                let date = chrono::DateTime::parse_from_rfc2822(DATE).expect("a time");
                let ends = super::messages::instant(&error.take("retry_at")).expect("a time") - date;
                error.done();
                case.give("dm_read");
                case.must_wait(Rest::Long(ends.num_seconds()), ("GET", "/2/dm_events")).await;
            }
            "api_error_503" => {
                case.link().await;
                let (class, error) = case.class(&["backoff"]);
                assert_eq!(class, "retry_later");
                error.done();
                case.give("dm_read");
                case.must_wait(Rest::Unnamed, ("GET", "/2/dm_events")).await;
            }
            "api_token_success" => case.code_is_exchanged("token").await,
            "api_token_refresh_refused" => case.renewal_is_refused("token").await,
            "api_users_me" => {
                let id = case.said()["data"]["id"].as_str().expect("an id").to_owned();
                case.stage.subject.platform.put_user(User::new(&id, "somebody", "Somebody"));
                case.give("me");
                case.is_linked_as(Self::METHOD, &id, &["avatar_url", "avatar_url_large_ok"]).await;
            }
            "api_media_finalize_pending" => case.file_is_waited_for().await,
            "api_webhook_created" => case.address_is_used().await,
            other => panic!("nobody asks for {other}"),
        }
    }
}

impl Case<'_, Twitter> {
    /// A conversation with somebody, after linking.
    async fn conversation_with(&self, person: &str) -> String {
        self.link().await;
        let (platform, words) = (&self.stage.subject.platform, format!("{person} says hello"));
        platform.put_user(User::new(person, "somebody", "Some Body"));
        platform.say(person, &self.stage.subject.account(0), &words);
        let said = self.stage.message(&words).await;
        said["conversation_id"].as_str().expect("an id").to_owned()
    }

    /// What was said before the account was linked; the next page is asked for by its mark.
    async fn past_is_told(&mut self) {
        let page = self.expected.take("page");
        self.give("dm_read");
        if page["done"] != true {
            self.give_other("dm_read", &json!({ "meta": { "result_count": 0 } }));
        }
        self.link().await;
        self.shows_messages(0).await;
        let asked: Vec<Value> = self
            .calls("GET", "/2/dm_events")
            .iter()
            .map(|one| one.query.get("pagination_token").map_or(Value::Null, |mark| json!(mark)))
            .collect();
        assert_eq!(asked[0], Value::Null);
        let marked: Vec<&Value> = asked.iter().filter(|mark| !mark.is_null()).collect();
        let name = page["query_parameter"].as_str();
        assert!(name.is_none_or(|name| name == "pagination_token"), "{page}");
        assert_eq!(marked, [&page["next"]].into_iter().filter(|next| !next.is_null()).collect::<Vec<_>>());
        for activity in self.expected.list("activities") {
            let mut activity = Expected::of(&activity, self.expected.whose());
            // Who came and went is told beside the messages.
            let kind = activity.take("kind").as_str().expect("a kind").replace("participant", "member");
            let actor = activity.take("user_id");
            activity.done();
            let row = self.stage.user.all_messages().await.into_iter().next().expect("a message");
            let path = format!("/api/conversations/{}/notices", row["conversation_id"].as_str().expect("an id"));
            let (_, told) = self.stage.user.get(&path).await;
            let all = told["notices"].as_array().expect("a list");
            let found = all.iter().any(|notice| notice["kind"] == kind.as_str() && notice["actor_id"] == actor);
            assert!(found, "{kind} of {actor}: {told}");
        }
    }

    /// A film is put there, the platform works on it, and only then it is sent.
    async fn file_is_waited_for(&mut self) {
        let mut media = Expected::of(&self.expected.take("media"), self.expected.whose());
        let id = media.take("media_id");
        let conversation = self.conversation_with(&self.stage.subject.person(1)).await;
        // Beginning and one piece come before it; what follows finds the film ready.
        self.give_other("media_chunks", &json!({ "data": { "id": id } }));
        self.give_other("media_chunks", &json!({}));
        self.give("media_chunks");
        let ready = json!({ "data": { "id": id, "processing_info": { "state": "succeeded" } } });
        self.give_other("media_chunks", &ready);
        let there = "4337869213-944480690000000001";
        let taken = json!({ "data": { "dm_conversation_id": there, "dm_event_id": "2582103724607971332" } });
        self.stage.subject.answer("dm_send", Answer::json(201, &taken));
        let part = Part::bytes(FILM).file_name("a.mp4").mime_str("video/mp4").expect("a media type");
        let path = format!("/api/messages/{conversation}/send");
        let form = Form::new().text("content", "a film").part("files", part);
        let (status, told) = client::answer(self.stage.user.request(Method::POST, &path).multipart(form)).await;
        assert_eq!(status, StatusCode::CREATED, "{told}");
        let row = self.stage.settled("a film").await;
        assert_eq!(row["failure"], Value::Null, "{row}");
        assert!(matches!(row["status"].as_str(), Some("sent" | "delivered")), "{row}");
        let asked = self.stage.subject.asked();
        let place = |found: &dyn Fn(&Asked) -> bool| asked.iter().position(found).expect("a call");
        let finalized = place(&|one| one.path.ends_with("/finalize"));
        let looked = place(&|one| one.method == "GET" && one.query.get("media_id").map(String::as_str) == id.as_str());
        let sent = place(&|one| one.body["attachments"] == json!([{ "media_id": id }]));
        assert!(finalized < looked && looked < sent, "{asked:#?}");
        // It was not ready, or nobody would have looked; how long was waited is not told.
        assert_eq!(media.take("ready"), false);
        assert_eq!(media.take("check_after_seconds"), 1);
        media.done();
    }

    /// The platform took the address, under an id that everything else names.
    async fn address_is_used(&mut self) {
        let mut made = Expected::of(&self.expected.take("subscription"), self.expected.whose());
        let id = made.take("webhook_id");
        let platform = &self.stage.subject.platform;
        let address = format!("{}/api/webhooks/twitter", self.stage.hub.base);
        platform.knows_webhook(CLIENT_ID, id.as_str().expect("an id"), &address);
        // It is there, and must not be found before it was asked for.
        self.give_other("webhooks", &json!({ "meta": { "result_count": 0 } }));
        self.give("webhooks");
        self.link().await;
        // One that is valid is not challenged again.
        assert_eq!(made.take("valid"), self.calls("PUT", "/2/webhooks").is_empty());
        made.done();
        let subscribed = self.calls("POST", "/2/activity/subscriptions");
        assert!(!subscribed.is_empty() && subscribed.iter().all(|one| one.body["webhook_id"] == id), "{subscribed:?}");
        self.stage.hear(1, "can you hear me?").await;
        eventually("it came by a call", async || (!platform.deliveries().is_empty()).then_some(())).await;
    }
}
