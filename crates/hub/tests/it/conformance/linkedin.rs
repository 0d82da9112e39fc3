//! LinkedIn pages under the suite. A conversation is a post with its comments, so every person has a post of their own to
//! comment on, and is named by it.

use aws_lc_rs::hmac;
use hub_simulators::linkedin::{
    self, App, Fault as Wrong, Image, LinkedInHandle, LinkedInOptions, Member, Organization,
};
use hub_testkit::conformance::subject::{
    Act, Challenge, Decision, Fate, Fault, File, Form, Got, Meanwhile, Said, Subject, What,
};
use reqwest::header;
use serde_json::{Value, json};

/// The app of the recorded payloads, so that they prove themselves here as well.
pub(super) const CLIENT: &str = "77tstclientid0";
pub(super) const SECRET: &str = "tst-linkedin-client-secret-Wq8";
/// Its number.
const APPLICATION: &str = "123456";
/// Who signs in, and the pages they administer.
pub(super) const ADMIN: &str = "TstAdm1n0A";
pub(super) const PAGES: [(&str, &str); 2] = [("2414183", "First Tests Ltd"), ("2414184", "Second Tests Ltd")];
const EVENT: &str = "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS";
/// Notifications of one delivery.
const BATCH: usize = 10;
/// Bits of an id below its time.
const ID_BITS: u32 = 22;
/// More than the hub fetches, in bytes.
const TOO_LARGE: usize = 51 * 1024 * 1024;

pub(crate) struct LinkedIn {
    pub(super) platform: LinkedInHandle,
    /// Milliseconds of the moment from which ids of posts are counted.
    born: i64,
}

/// The number in the URN of a page.
fn number(account: &str) -> &str {
    account.strip_prefix("urn:li:organization:").expect("a page")
}

/// Who comments on a post.
fn commenter(post: &str) -> String {
    format!("TstPrs{}", post.rsplit(':').next().expect("a number"))
}

/// A notification about a comment.
fn notification(account: &str, said: &Said<'_>, comment: &Value) -> Value {
    let at = said.at.timestamp_millis();
    let id = (at << ID_BITS) + said.number;
    let activity = said.person.trim_start_matches("urn:li:");
    json!({
        "notificationId": said.number, "organizationalEntity": account, "action": "COMMENT", "sourcePost": said.person,
        "lastModifiedAt": at, "subscriber": format!("urn:li:person:{ADMIN}"),
        "generatedActivity": format!("urn:li:comment:({activity},{id})"),
        "decoratedGeneratedActivity": {"comment": comment},
    })
}

fn delivery(notifications: &[Value]) -> Value {
    json!({"type": EVENT, "notifications": notifications})
}

fn mac(message: &[u8]) -> String {
    hex::encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), message))
}

impl LinkedIn {
    fn rest(status: u16, service: Option<i64>, code: &str, message: &str) -> Wrong {
        Wrong::Rest { status, service, code: Some(code.to_owned()), message: message.to_owned() }
    }
}

impl Subject for LinkedIn {
    const CARD: &'static str = "linkedin";
    const METHOD: &'static str = "page";
    const REFUSAL: &'static str = "user_cancelled_authorize";

    async fn start() -> Self {
        let platform = linkedin::start(LinkedInOptions::default()).await.expect("the simulator starts");
        platform.create_app(App { refresh_tokens: true, id: APPLICATION.to_owned(), ..App::new(CLIENT, SECRET) });
        platform.create_member(Member::new(ADMIN, "Dana", "Tests"));
        for (id, name) in PAGES {
            platform.create_organization(Organization::new(id, name));
            platform.set_role(ADMIN, id, "ADMINISTRATOR", "APPROVED");
        }
        let born = platform.now_ms() - 24 * 3_600 * 1_000;
        Self { platform, born }
    }

    async fn set_up(&self, hub: &str) {
        let address = format!("{hub}/api/webhooks/linkedin");
        self.platform.register_webhook(CLIENT, &address).await.expect("the hub answers the challenge");
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        let address = self.platform.base_url();
        vec![
            ("LINKEDIN_CLIENT_ID", CLIENT.to_owned()),
            ("LINKEDIN_CLIENT_SECRET", SECRET.to_owned()),
            ("LINKEDIN_APPLICATION_ID", APPLICATION.to_owned()),
            ("LINKEDIN_API_BASE_URL", address.to_owned()),
            ("LINKEDIN_AUTH_BASE_URL", address.to_owned()),
        ]
    }

    fn secrets(&self) -> Vec<String> {
        self.platform.tokens().into_iter().chain([SECRET.to_owned()]).collect()
    }

    fn account(&self, number: usize) -> String {
        format!("urn:li:organization:{}", PAGES[number].0)
    }

    /// Their post, made when it is first spoken of.
    fn person(&self, number: usize) -> String {
        let activity = (self.born << ID_BITS) + 10 * i64::try_from(number).expect("few people");
        let text = format!("Post {number}");
        self.platform.post_as(PAGES[0].0, &text, true, Some((activity, activity + 1)))
    }

    fn form(&self, _method: &str, _account: &str) -> Option<Form> {
        None
    }

    async fn consent(&self, _method: &str, page: &str, decision: Decision<'_>) -> Option<String> {
        let decided = if let Decision::Accept(_) = decision { "accept" } else { "refuse" };
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let fields = [("user", ADMIN), ("decision", decided)];
        let answer = http.build().expect("a client").post(page).form(&fields).send().await.expect("an answer");
        let back = answer.headers().get(header::LOCATION).unwrap_or_else(|| panic!("{}", answer.status()));
        Some(back.to_str().expect("text").to_owned())
    }

    fn is_called(&self, account: &str) -> bool {
        self.platform.subscriptions(CLIENT).iter().any(|(_, organization, _)| organization == number(account))
    }

    /// A permission can only be taken back by the person, at LinkedIn.
    fn is_free(&self, account: &str) -> bool {
        !self.is_called(account)
    }

    fn renewals(&self, _account: &str) -> Option<usize> {
        let renewed = |one: &linkedin::LoggedRequest| {
            one.endpoint == "accessToken" && one.params.get("grant_type").is_some_and(|kind| kind == "refresh_token")
        };
        Some(self.platform.requests().iter().filter(|one| renewed(one)).count())
    }

    fn say(&self, _account: &str, person: &str, words: &str) -> String {
        self.platform.comment(&commenter(person), person, words).expect("the post is there")
    }

    /// Nobody is told which comment another one answers, nor who liked one.
    fn act(&self, _account: &str, _person: &str, act: &Act<'_>) -> bool {
        match *act {
            Act::Edit(id, words) => self.platform.edit_comment(id, words),
            Act::Delete(id) => self.platform.delete_comment(id),
            Act::React(..) | Act::Unreact(_) | Act::Reply(..) => false,
        }
    }

    /// Nothing at LinkedIn says what a picture must be, so one that was changed cannot be told.
    fn attach(&self, _account: &str, person: &str, file: &File, fate: Fate) -> bool {
        let bytes = match fate {
            Fate::Tampered => return false,
            Fate::TooLarge => vec![0; TOO_LARGE],
            Fate::Whole | Fate::Gone => file.bytes.clone(),
        };
        let image = Image { mime: file.mime.to_owned(), bytes: bytes.into(), lost: fate == Fate::Gone };
        self.platform.comment_with_image(&commenter(person), person, image).is_some()
    }

    fn elsewhere(&self, account: &str, person: &str, words: &str) -> bool {
        self.platform.comment_as_page(number(account), person, words).is_some()
    }

    fn proof(&self, body: &[u8]) -> (&'static str, String) {
        ("X-LI-Signature", mac(&[b"hmacsha256=", body].concat()))
    }

    fn event(&self, account: &str, said: &Said<'_>) -> Value {
        let id = (said.at.timestamp_millis() << ID_BITS) + said.number;
        let comment = json!({
            "entity": format!("urn:li:comment:({},{id})", said.person), "object": said.person, "text": said.words,
            "owner": format!("urn:li:person:{}", commenter(said.person)),
        });
        notification(account, said, &comment)
    }

    fn unreadable(&self, account: &str, said: &Said<'_>) -> Value {
        let mut event = notification(account, said, &Value::Null);
        event["generatedActivity"] = Value::Null;
        event
    }

    fn deliveries(&self, _account: &str, events: Vec<Value>) -> Vec<Value> {
        events.chunks(BATCH).map(delivery).collect()
    }

    fn strange(&self, account: &str) -> Vec<Value> {
        let thought = json!({
            "notificationId": 1, "organizationalEntity": account, "action": "TELEPATHY", "sourcePost": self.person(0),
            "lastModifiedAt": 1_777_888_106_310_i64, "generatedActivity": "urn:li:thought:1",
        });
        vec![
            delivery(&[thought]),
            delivery(&[]),
            json!({"type": "LEAD_ACTION", "leadGenFormResponse": "urn:li:leadGenFormResponse:1"}),
            json!({"type": "TELEPATHIC_NOTIFICATIONS", "notifications": [{"thoughts": []}]}),
        ]
    }

    fn challenge(&self) -> Option<Challenge> {
        let code = "890e4665-4dfe-4ab1-b689-ed553bceeed0";
        let answer = json!({"challengeCode": code, "challengeResponse": mac(code.as_bytes())}).to_string();
        Some(Challenge {
            right: format!("challengeCode={code}"),
            answer,
            wrong: ["", "challengeCode=", "challengeCode=%3Cscript%3E", "crc_token=890e4665"].map(str::to_owned).into(),
        })
    }

    fn got(&self, account: &str) -> Vec<Got> {
        let written = self.platform.written(number(account)).into_iter().map(|one| Got {
            what: What::Text,
            person: one.post,
            words: Some(one.text),
            message: Some(one.urn),
            reply_to: one.parent,
            tag: None,
        });
        written.collect()
    }

    /// LinkedIn never says for how long to slow down, so the hub waits longer than a check does.
    fn fault(&self, _account: &str, fault: Fault) -> bool {
        let wrong = match fault {
            Fault::SlowDown(_) => return false,
            Fault::Reauth => {
                // The renewal is refused as well: only then is the sign-in dead.
                let body = json!({"error": "invalid_grant", "error_description": "Token has been expired or revoked."});
                let refused = Wrong::Raw { status: 400, headers: Vec::new(), body: body.to_string().into() };
                self.platform.fault("accessToken", refused);
                Wrong::revoked()
            }
            Fault::Refused => Self::rest(403, Some(100), "ACCESS_DENIED", "Member does not have permission to comment"),
            Fault::Missing => Self::rest(404, Some(0), "NOT_FOUND", "Could not find entity"),
            Fault::Trouble => Self::rest(500, None, "INTERNAL_SERVER_ERROR", "Internal Server Error"),
            Fault::Gateway => Wrong::Html502,
            Fault::Garbage => Wrong::Garbage,
            Fault::Hang(pause) => Wrong::Hang(pause),
            Fault::CutBefore => Wrong::CutBefore,
            Fault::CutAfter => Wrong::CutAfter,
        };
        self.platform.fault("comments.CREATE", wrong);
        true
    }

    fn end_token(&self, _account: &str) -> bool {
        self.platform.end_access(ADMIN);
        true
    }

    async fn fall_silent(&self, _account: &str, silent: bool) -> bool {
        if silent {
            self.platform.lead_subscriptions(CLIENT, None);
        }
        true
    }

    async fn take_over(&self, account: &str, url: &str) -> Option<Meanwhile> {
        self.platform.divert(CLIENT, number(account), url).then_some(Meanwhile::Kept)
    }

    /// How far a comment got is told to nobody.
    fn report(&self, _account: &str, _person: &str, _message: &str, _status: &str) -> bool {
        false
    }

    fn template(&self) -> Option<Value> {
        None
    }
}

hub_testkit::conformance!(LinkedIn);
