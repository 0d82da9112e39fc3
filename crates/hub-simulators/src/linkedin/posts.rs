//! Posts of pages: listed by their author, read by their URN, made.

use super::authorise::{READ, WRITE};
use super::call::Call;
use super::error::{Outcome, RestError, created, shown};
use super::handle::Platform;
use super::organizations::page;
use super::state::{MAX_KEPT, State};
use super::urn;
use axum::http::Method;
use serde_json::{Value, json};

/// Longest text of a post, in characters.
const LONGEST: usize = 3_000;

/// A post.
#[derive(Clone, Debug)]
pub(super) struct Post {
    /// The id of its thread: `urn:li:activity:…`.
    pub(super) activity: i64,
    /// Its own id: `urn:li:share:…`.
    pub(super) share: i64,
    /// URN of the organisation or the member that wrote it.
    pub(super) owner: String,
    pub(super) text: String,
    /// Only public posts are told of.
    pub(super) public: bool,
    pub(super) created: i64,
}

impl Post {
    /// As `/rest/posts` shows it.
    fn shown(&self) -> Value {
        json!({
            "id": urn::share(self.share), "author": self.owner, "commentary": self.text,
            "createdAt": self.created, "publishedAt": self.created, "lastModifiedAt": self.created,
            "visibility": if self.public { "PUBLIC" } else { "LOGGED_IN" }, "lifecycleState": "PUBLISHED",
            "lifecycleStateInfo": {"isEditedByAuthor": false}, "isReshareDisabledByAuthor": false,
            "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        })
    }
}

impl State {
    /// A post by the URN of its thread or its own.
    pub(super) fn post(&self, named: &str) -> Option<&Post> {
        if let Some(id) = urn::id(named, "activity").and_then(|id| id.parse().ok()) {
            return self.posts.get(&id);
        }
        let own: i64 = urn::id(named, "share").or_else(|| urn::id(named, "ugcPost"))?.parse().ok()?;
        self.posts.values().find(|post| post.share == own)
    }

    /// Makes a post; `ids` = of the thread and of the post itself.
    pub(super) fn add_post(&mut self, owner: &str, text: &str, public: bool, ids: Option<(i64, i64)>) -> i64 {
        let now = self.now_ms();
        let (activity, share) = ids.unwrap_or_else(|| (self.new_id(now), self.new_id(now)));
        if self.posts.len() >= MAX_KEPT {
            self.posts.pop_first();
        }
        let (owner, text) = (owner.to_owned(), text.to_owned());
        self.posts.insert(activity, Post { activity, share, owner, text, public, created: now });
        activity
    }
}

impl Platform {
    /// `/rest/posts` and `/rest/posts/{urn}`.
    pub(super) fn posts(&self, call: &Call, key: Option<&str>) -> Outcome {
        if call.method == Method::POST && key.is_none() {
            return self.create_post(call);
        }
        let (grant, _) = self.authorise_for(call, &READ)?;
        if let Some(key) = key {
            let key = Call::key(key, call.protocol2)?;
            let post = self.state().post(&key).cloned().ok_or_else(|| RestError::missing(&key))?;
            self.must_administer(&grant, urn::id(&post.owner, "organization").unwrap_or_default())?;
            return Ok(shown(post.shown()));
        }
        if call.plain("q")?.as_deref() != Some("author") {
            return Err(super::restli::bad_parameter("q"));
        }
        let author = call.required("author")?;
        let organization = urn::id(&author, "organization").ok_or_else(|| super::authorise::denied(call))?;
        self.must_administer(&grant, organization)?;
        let state = self.state();
        let posts = state.posts.values().rev().filter(|post| post.owner == author).map(Post::shown);
        let posts: Vec<Value> = posts.collect();
        drop(state);
        Ok(shown(page(call, &posts, "/rest/posts")?))
    }

    fn create_post(&self, call: &Call) -> Outcome {
        let (grant, _) = self.authorise_for(call, &WRITE)?;
        let author = call.body["author"].as_str().unwrap_or_default().to_owned();
        let organization =
            urn::id(&author, "organization").ok_or_else(|| RestError::field("/author", "must be an organization"))?;
        self.must_administer(&grant, organization)?;
        let text = call.body["commentary"].as_str().unwrap_or_default();
        if text.chars().count() > LONGEST {
            return Err(RestError::field("/commentary", "is too long"));
        }
        let public = call.body["visibility"].as_str().unwrap_or("PUBLIC") == "PUBLIC";
        let mut state = self.state();
        let activity = state.add_post(&author, text, public, None);
        let share = state.posts.get(&activity).map(|post| urn::share(post.share)).unwrap_or_default();
        drop(state);
        self.note_change();
        Ok(created(&share, None))
    }
}
