//! Messages of the index, as the API shows them.

use super::{Case, Recorded};
use chrono::{DateTime, FixedOffset};
use hub_testkit::eventually;
use hub_testkit::expect::Expected;
use serde_json::{Value, json};

/// A time; null is none.
pub(super) fn instant(value: &Value) -> Option<DateTime<FixedOffset>> {
    let text = value.as_str()?;
    Some(DateTime::parse_from_rfc3339(text).unwrap_or_else(|e| panic!("{text}: {e}")))
}

impl<S: Recorded> Case<'_, S> {
    /// The messages of the index are there, `further` others beside them, and nothing else.
    pub(super) async fn shows_messages(&mut self, further: usize) {
        let list = self.expected.list("messages");
        assert!(!list.is_empty(), "{}: messages", self.entry.id);
        for wanted in &list {
            let row = self.message(wanted).await;
            self.check_message(&row, wanted).await;
        }
        let mut all = self.stage.user.all_messages().await;
        assert_eq!(all.len(), list.len() + further, "{}: {all:#?}", self.entry.id);
        all.reverse();
        let order: Vec<Value> = self.expected.list("order");
        let shown: Vec<&Value> = all.iter().map(|row| &row["platform_message_id"]).collect();
        assert!(order.is_empty() || shown == order.iter().collect::<Vec<_>>(), "{}: {shown:?}", self.entry.id);
    }

    /// One message, once it is there: by its id, or by its words where the platform gives no id.
    async fn message(&self, wanted: &Value) -> Value {
        let (id, words) = (&wanted["platform_message_id"], &wanted["text"]);
        eventually(&format!("the message {id} {words}"), async || {
            let all = self.stage.user.all_messages().await.into_iter();
            let is_it =
                |row: &Value| if id.is_null() { row["content"] == *words } else { row["platform_message_id"] == *id };
            let mut found: Vec<Value> = all.filter(is_it).collect();
            assert!(found.len() <= 1, "{found:#?}");
            found.pop()
        })
        .await
    }

    async fn check_message(&mut self, row: &Value, wanted: &Value) {
        let mut wanted = Expected::of(wanted, self.expected.whose());
        let whose = wanted.whose().to_owned();
        let conversation = self.conversation_of(row).await;
        assert_eq!(wanted.take("op"), "create");
        let _found_by = wanted.take("platform_message_id");
        let mut ids = wanted.list("conversation_also_ok");
        ids.push(wanted.take("platform_conversation_id"));
        assert!(ids.contains(&conversation["platform_conversation_id"]), "{whose}: {conversation}");
        // One person is named; of a group it is the group itself.
        let kind = wanted.take("conversation_type");
        let is_direct = conversation["participant_id"] != conversation["platform_conversation_id"];
        assert!(kind.is_null() || (kind == "direct") == is_direct, "{whose}: {conversation}");
        wanted.equal("sender_id", row["sender_id"].clone());
        let incoming = row["is_outgoing"] == false;
        wanted.equal("direction", if incoming { "inbound" } else { "outbound" });
        // A comment is words under a post.
        let kind = wanted.take("type");
        assert!(kind == row["kind"] || (kind == "comment" && row["kind"] == "text"), "{whose}: {row}");
        let texts: Vec<Value> = std::iter::once(wanted.take("text")).chain(wanted.list("text_also_ok")).collect();
        assert!(texts.contains(&row["content"]), "{whose}: {row}");
        assert_eq!(instant(&wanted.take("sent_at")), instant(&row["sent_at"]), "{whose}: {row}");
        assert_eq!(instant(&wanted.take("edited_at")), instant(&row["edited_at"]), "{whose}: {row}");
        assert_eq!(wanted.take("reply_to_message_id"), row["reply_to_platform_message_id"], "{whose}: {row}");
        let status = if incoming { Value::Null } else { json!("sent") };
        assert!(row["status"] == status || row["status"] == "delivered", "{whose}: {row}");
        assert_eq!((&row["deleted_at"], &row["failure"]), (&Value::Null, &Value::Null), "{whose}: {row}");
        let media = wanted.list("media");
        let files = row["attachments"].as_array().expect("a list");
        assert_eq!(files.len(), media.len(), "{whose}: {row}");
        for (file, one) in files.iter().zip(&media) {
            let mut one = Expected::of(one, whose.clone());
            one.equal("kind", file["kind"].clone());
            self.hide(&mut one, "media", &["url", "needs_auth"]);
            one.done();
        }
        self.hide(&mut wanted, "messages", &["sender_profile_url"]);
        wanted.done();
    }
}
