//! Comments, and how they are shown.

use super::options::millis;
use super::posts::Post;
use super::state::{MAX_KEPT, State};
use super::urn;
use serde_json::{Value, json};

/// A comment, or an answer to one.
#[derive(Clone, Debug)]
pub(super) struct Comment {
    pub(super) id: i64,
    /// Its thread.
    pub(super) activity: i64,
    /// URN of whoever wrote it.
    pub(super) author: String,
    /// URN of the member who wrote for an organisation.
    pub(super) impersonator: Option<String>,
    pub(super) text: String,
    /// Mentions.
    pub(super) attributes: Value,
    /// Pictures.
    pub(super) content: Value,
    /// The comment that it answers.
    pub(super) parent: Option<i64>,
    pub(super) created: i64,
    pub(super) modified: i64,
    /// Not shown to the app, though it is counted.
    pub(super) hidden: bool,
}

/// What a new comment says.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) activity: i64,
    pub(super) author: String,
    pub(super) impersonator: Option<String>,
    pub(super) text: String,
    pub(super) attributes: Value,
    pub(super) content: Value,
    pub(super) parent: Option<i64>,
    /// Its id, where the caller has one.
    pub(super) id: Option<i64>,
}

impl Comment {
    pub(super) fn urn(&self) -> String {
        urn::comment(self.activity, self.id)
    }
}

impl State {
    /// Makes a comment. An answer to an answer belongs to the same comment as that.
    pub(super) fn add_comment(&mut self, draft: Draft) -> Comment {
        let now = self.now_ms();
        let id = draft.id.unwrap_or_else(|| self.new_id(now));
        let parent = draft.parent.map(|parent| self.comments.get(&parent).and_then(|it| it.parent).unwrap_or(parent));
        let comment = Comment {
            id,
            activity: draft.activity,
            author: draft.author,
            impersonator: draft.impersonator,
            text: draft.text,
            attributes: if draft.attributes.is_array() { draft.attributes } else { json!([]) },
            content: draft.content,
            parent,
            created: now,
            modified: now,
            hidden: false,
        };
        if self.comments.len() >= MAX_KEPT {
            self.comments.pop_first();
        }
        self.comments.insert(id, comment.clone());
        comment
    }

    /// A comment by its URN, with either spelling of its thread.
    pub(super) fn comment(&self, named: &str) -> Option<&Comment> {
        let (object, id) = urn::comment_parts(named)?;
        let comment = self.comments.get(&id)?;
        (self.post(object)?.activity == comment.activity).then_some(comment)
    }

    /// The thread and the comment that a URN in a path stands for.
    pub(super) fn place(&self, named: &str) -> Option<(Post, Option<Comment>)> {
        let comment = self.comment(named).cloned();
        let post = match &comment {
            Some(comment) => self.posts.get(&comment.activity),
            None => self.post(named),
        };
        let settled = self.now_ms() - millis(self.options.young_posts_missing);
        post.filter(|post| post.created <= settled).map(|post| (post.clone(), comment))
    }

    /// Answers to a comment, the newest first.
    pub(super) fn answers(&self, id: i64) -> Vec<&Comment> {
        self.comments.values().rev().filter(|comment| comment.parent == Some(id)).collect()
    }

    /// As the API shows it.
    pub(super) fn shown_comment(&self, comment: &Comment) -> Value {
        let stamp = |time: i64| {
            let mut stamp = json!({"actor": comment.author, "time": time});
            if let Some(member) = &comment.impersonator {
                stamp["impersonator"] = member.clone().into();
            }
            stamp
        };
        let urn = comment.urn();
        let mut shown = json!({
            "actor": comment.author, "created": stamp(comment.created), "lastModified": stamp(comment.modified),
            "id": comment.id.to_string(), "$URN": urn, "commentUrn": urn,
            "message": {"attributes": comment.attributes, "text": comment.text},
            "object": urn::activity(comment.activity),
        });
        if let Some(parent) = comment.parent {
            shown["parentComment"] = urn::comment(comment.activity, parent).into();
        }
        if !comment.content.is_null() {
            shown["content"] = comment.content.clone();
        }
        let answers = self.answers(comment.id);
        if !answers.is_empty() {
            let selected: Vec<String> = answers.iter().map(|answer| answer.urn()).collect();
            shown["commentsSummary"] = json!({
                "selectedComments": selected, "totalFirstLevelComments": answers.len(),
                "aggregatedTotalComments": answers.len(),
            });
        }
        if let Some(likes) = self.likes.get(&urn).filter(|likes| !likes.is_empty()) {
            shown["likesSummary"] = json!({
                "selectedLikes": likes.iter().map(|who| format!("urn:li:like:({who},{urn})")).collect::<Vec<_>>(),
                "aggregatedTotalLikes": likes.len(), "totalLikes": likes.len(), "likedByCurrentUser": false,
            });
        }
        shown
    }
}
