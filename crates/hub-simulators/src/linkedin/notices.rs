//! Notifications about pages: made, held, put together in requests, and kept to be pulled.

use super::authorise::ADMIN;
use super::comments::Comment;
use super::deliver::Post as Waiting;
use super::posts::Post;
use super::sign::Signing;
use super::state::{MAX_KEPT, State};
use super::urn;
use super::{EVENT, subscriptions::SubscriptionKey};
use bytes::Bytes;
use serde_json::{Value, json};

/// Notifications of one request at most.
const MAX_BATCH: usize = 10;

/// A notification on its way to one app.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) client_id: String,
    pub(super) url: String,
    pub(super) notice: Value,
}

/// A notification as it can be pulled.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) organization: String,
    pub(super) at: i64,
    /// Without the subscriber.
    pub(super) notice: Value,
}

/// Something that happened on a page.
#[derive(Clone, Debug)]
pub(super) struct Happening {
    pub(super) action: &'static str,
    pub(super) organization: String,
    /// URN of the thing that came into being, or went.
    pub(super) generated: String,
    /// The same, with what is in it; `None` = the notification has no such member.
    pub(super) decorated: Option<Value>,
}

impl State {
    /// Tells of a comment that came, changed or went: `COMMENT`, `COMMENT_EDIT`, `COMMENT_DELETE`.
    pub(super) fn tell_comment(&mut self, comment: &Comment, action: &'static str) {
        let Some(post) = self.posts.get(&comment.activity).cloned() else { return };
        let Some(organization) = urn::id(&post.owner, "organization").map(str::to_owned) else { return };
        let by_page = comment.author == post.owner;
        let action = if action == "COMMENT" && by_page { "ADMIN_COMMENT" } else { action };
        // What was public when it was said is told of; the page's own words always are.
        if action == "COMMENT" && !post.public {
            return;
        }
        let decorated = if action == "COMMENT_DELETE" {
            json!({})
        } else {
            json!({"comment": {
                "entity": comment.urn(), "owner": comment.author, "object": urn::activity(comment.activity),
                "text": comment.text,
            }})
        };
        let generated = urn::short_comment(comment.activity, comment.id);
        self.tell(&post, Happening { action, organization, generated, decorated: Some(decorated) });
    }

    /// Tells every app that is subscribed to the page.
    pub(super) fn tell(&mut self, post: &Post, happening: Happening) {
        let now = self.now_ms();
        let mut notice = json!({
            "notificationId": self.next_notice, "organizationalEntity": urn::organization(&happening.organization),
            "action": happening.action, "sourcePost": urn::activity(post.activity), "lastModifiedAt": now,
            "generatedActivity": happening.generated,
        });
        self.next_notice += 1;
        if self.decorate {
            notice["decoratedSourcePost"] = json!({
                "entity": urn::share(post.share), "owner": post.owner, "text": post.text, "mediaCategory": "NONE",
            });
            if let Some(decorated) = happening.decorated {
                notice["decoratedGeneratedActivity"] = decorated;
            }
        }
        if self.notices.len() >= MAX_KEPT {
            self.notices.pop_front();
        }
        let kept = Kept { organization: happening.organization.clone(), at: now, notice: notice.clone() };
        self.notices.push_back(kept);
        for (place, (key, url)) in self.subscribers(&happening.organization).into_iter().enumerate() {
            let mut notice = notice.clone();
            notice["subscriber"] = urn::person(&key.member).into();
            if place > 0 {
                notice["notificationId"] = self.next_notice.into();
                self.next_notice += 1;
            }
            self.enqueue(Held { client_id: key.client_id, url, notice });
        }
    }

    /// Subscriptions of a page that still stand. One whose member lost the role, or gave the app nothing any longer, is gone, and
    /// nobody is told.
    fn subscribers(&mut self, organization: &str) -> Vec<(SubscriptionKey, String)> {
        let now = self.now_ms();
        let dead: Vec<SubscriptionKey> =
            self.subscriptions.keys().filter(|key| !self.stands(key, now)).cloned().collect();
        for key in dead {
            self.subscriptions.remove(&key);
        }
        let of_page = self.subscriptions.iter().filter(|(key, _)| key.organization == organization);
        of_page.map(|(key, subscription)| (key.clone(), subscription.webhook.clone())).collect()
    }

    /// Whether the member of a subscription may still have it.
    pub(super) fn stands(&self, key: &SubscriptionKey, now: i64) -> bool {
        self.administers(&key.member, &key.organization)
            && self.tokens.alive_until(&key.client_id, &key.member, &ADMIN, now).is_some()
    }

    fn enqueue(&mut self, held: Held) {
        if !self.hold {
            self.send(&[held]);
        } else if self.held.len() < MAX_KEPT {
            self.held.push(held);
        }
    }

    /// Lets held notifications go: each alone, or those of one address together.
    pub(super) fn release(&mut self, together: bool, backwards: bool) {
        self.hold = false;
        let mut rest = std::mem::take(&mut self.held);
        if backwards {
            rest.reverse();
        }
        while let Some(first) = rest.first().cloned() {
            let fits = |held: &Held| held.url == first.url && held.client_id == first.client_id;
            let (batch, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(fits);
            rest = others;
            batch.chunks(if together { MAX_BATCH } else { 1 }).for_each(|chunk| self.send(chunk));
        }
    }

    fn send(&mut self, batch: &[Held]) {
        let Some(first) = batch.first() else { return };
        let notices: Vec<&Value> = batch.iter().map(|held| &held.notice).collect();
        let body = json!({"type": EVENT, "notifications": notices});
        let copies = if self.duplicate { 2 } else { 1 };
        for _ in 0..copies {
            self.send_bytes(&first.client_id, &first.url, body.to_string().into(), Signing::Right);
        }
    }

    /// Queues any bytes for an address of an app.
    pub(super) fn send_bytes(&mut self, client_id: &str, url: &str, bytes: Bytes, signing: Signing) {
        let secret = self.apps.get(client_id).map(|app| app.client_secret.clone()).unwrap_or_default();
        let now = self.now_ms();
        let waiting = Waiting {
            id: self.next_post,
            client_id: client_id.to_owned(),
            url: url.to_owned(),
            signature: signing.header(&secret, &bytes),
            bytes,
            first_at: now,
            not_before: now,
            attempt: 0,
            in_flight: false,
        };
        self.next_post += 1;
        if self.queue.len() >= MAX_KEPT {
            self.queue.pop_front();
        }
        self.queue.push_back(waiting);
    }
}
