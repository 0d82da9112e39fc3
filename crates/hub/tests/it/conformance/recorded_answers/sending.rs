//! Answers to what is sent: taken under an id, or refused.

use super::messages::instant;
use super::{Asked, Case, Recorded};
use hub_testkit::eventually;
use hub_testkit::expect::Expected;
use reqwest::StatusCode;
use serde_json::{Value, json};

/// What is said in all of them.
const WORDS: &str = "words of our own";

impl<S: Recorded> Case<'_, S> {
    /// Says something and gets the recorded answer: it is out under the id that the answer names. Gives the call.
    pub(super) async fn is_sent(&mut self, place: &str, conversation: &str, body: &Value) -> Asked {
        self.give(place);
        let (status, told) = self.stage.send(conversation, body).await;
        assert_eq!(status, StatusCode::CREATED, "{}: {told}", self.entry.id);
        let words = body["content"].as_str().expect("words");
        let row = self.stage.settled(words).await;
        let mut sent = Expected::of(&self.expected.take("sent"), self.expected.whose());
        assert!(matches!(row["status"].as_str(), Some("sent" | "delivered")), "{row}");
        assert_eq!(row["failure"], Value::Null, "{row}");
        sent.equal("platform_message_id", row["platform_message_id"].clone());
        let there = self.conversation_of(&row).await;
        sent.equal("platform_conversation_id", there["platform_conversation_id"].clone());
        for name in ["sent_at", "sent_at_from_id"] {
            let at = sent.take(name);
            assert!(at.is_null() || instant(&at) == instant(&row["sent_at"]), "{at}: {row}");
        }
        sent.done();
        assert_eq!(self.stage.health().await, "ok");
        let calls = self.calls(&self.entry.method, self.path());
        assert_eq!(calls.len(), 1, "it is sent once: {calls:?}");
        calls.into_iter().next().expect("a call")
    }

    /// Says something and is refused, as the class of the error says.
    pub(super) async fn is_refused(&mut self, place: &str, conversation: &str) {
        let mut error = Expected::of(&self.expected.take("error"), self.expected.whose());
        let class = error.take("class");
        match class.as_str().expect("a class") {
            "permanent" => self.fails(place, conversation, &mut error).await,
            "reconnect" => self.asks_for_a_sign_in(place, conversation, &mut error).await,
            "config" | "quota" => self.waits_for_the_operator(place, conversation, &mut error).await,
            other => panic!("nobody knows {other}"),
        }
        error.done();
    }

    /// It failed for good, in the platform's words; nobody tries it again, and the account is as it was.
    async fn fails(&mut self, place: &str, conversation: &str, error: &mut Expected) {
        let account = self.account().await;
        self.give(place);
        let (status, told) = self.stage.send(conversation, &json!({ "content": WORDS })).await;
        assert!(status.is_client_error() || status.is_server_error(), "{status} {told}");
        assert!(!matches!(status.as_u16(), 401 | 403), "a platform's no is not ours: {status} {told}");
        assert_eq!(told["error"]["retryable"], false, "{told}");
        let row = self.stage.settled(WORDS).await;
        let why = row["failure"].as_str().unwrap_or_else(|| panic!("no words: {row}"));
        assert_eq!((&row["status"], self.stage.got_words(WORDS).len()), (&json!("failed"), 0), "{row}");
        assert!(why.contains(&self.theirs()), "{why}");
        let named = error.take("message_contains");
        assert!(named.as_str().is_none_or(|words| why.contains(words)), "{why}");
        assert_eq!(self.calls(&self.entry.method, self.path()).len(), 1, "asked once");
        assert_eq!(self.stage.account_here(&self.stage.user, &account).await["health"], "ok");
    }

    /// The sign-in is renewed and the call made again; where it cannot be renewed, the account asks for another one.
    async fn asks_for_a_sign_in(&mut self, place: &str, conversation: &str, error: &mut Expected) {
        assert!(error.take("first").as_str().is_some_and(|first| first.starts_with("refresh")), "renewed first");
        let first = self.stage.subject.account(0);
        let before = self.stage.subject.renewals(&first).expect("grants are renewed");
        self.give(place);
        let (status, row) = self.stage.send_words(conversation, "with a renewed sign-in").await;
        assert_eq!((status, &row["failure"]), (StatusCode::CREATED, &Value::Null), "{row}");
        assert_eq!(self.stage.subject.renewals(&first), Some(before + 1));
        assert_eq!(self.stage.got_words("with a renewed sign-in").len(), 1, "once");
        assert_eq!(self.stage.health().await, "ok");

        self.stage.subject.kill();
        self.give(place);
        let (status, row) = self.stage.send_words(conversation, WORDS).await;
        assert!(status.is_client_error() || status.is_server_error(), "{status} {row}");
        assert_eq!((&row["status"], self.stage.got_words(WORDS).len()), (&json!("failed"), 0), "{row}");
        assert_eq!(self.stage.health().await, "needs_reauth");
        self.can_be_linked_again().await;
    }

    /// Nothing is wrong with the account or the message: it waits, and says why when it waited too long.
    async fn waits_for_the_operator(&mut self, place: &str, conversation: &str, error: &mut Expected) {
        let account = self.account().await;
        let health = async || self.stage.account_here(&self.stage.user, &account).await["health"].clone();
        self.give(place);
        let (status, told) = self.stage.send(conversation, &json!({ "content": WORDS })).await;
        assert_eq!((status, &told["message"]["status"]), (StatusCode::CREATED, &json!("queued")), "{told}");
        self.met().await;
        assert_eq!(health().await, "ok");
        assert_eq!(self.calls(&self.entry.method, self.path()).len(), 1, "not in a loop");
        // Its last try, and nobody did anything.
        self.give(place);
        let last = "UPDATE hub_jobs SET attempts = max_attempts - 1, run_at = '2020-01-01T00:00:00.000000Z' \
                    WHERE kind = 'deliver_message' AND state = 'ready'";
        eventually("the message waits", async || (self.stage.database.change(last).await > 0).then_some(())).await;
        let read = format!("/api/messages/conversation/{conversation}/read");
        let (status, answer) = self.stage.user.patch(&read).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let row = self.stage.settled(WORDS).await;
        assert_eq!((&row["status"], health().await), (&json!("failed"), json!("ok")), "{row}");
        let why = row["failure"].as_str().expect("words");
        assert!(why.contains(&self.theirs()), "{why}");
        for name in ["note", "explain"] {
            let _words_for_the_reader = error.take(name);
        }
    }

    /// Another sign-in makes the same account well.
    pub(super) async fn can_be_linked_again(&self) {
        let account = self.account().await;
        assert_eq!(self.stage.link().await, account, "the same account");
        assert_eq!(self.stage.health().await, "ok");
    }

    /// The platform's own words in the recorded answer.
    pub(super) fn theirs(&self) -> String {
        let said = self.said();
        let places = [
            &said["errors"][0]["message"],
            &said["detail"],
            &said["error"]["message"],
            &said["message"],
            &said["error_description"],
        ];
        places.into_iter().find_map(Value::as_str).expect("words").to_owned()
    }
}
