//! What people do on a page: comment, answer, change, remove, like, share, mention.

use super::comments::{Comment, Draft};
use super::handle::Platform;
use super::notices::Happening;
use super::trickle;
use super::urn;
use serde_json::json;

impl Platform {
    /// Somebody comments on a post or answers a comment; `on` is either's URN. Gives the comment's URN.
    pub(super) fn comment(&self, author: &str, on: &str, text: &str, id: Option<i64>) -> Option<String> {
        let mut state = self.state();
        let parent = state.comment(on).map(|comment| (comment.activity, comment.id));
        let activity = match parent {
            Some((activity, _)) => activity,
            None => state.post(on)?.activity,
        };
        let comment = state.add_comment(Draft {
            activity,
            author: author.to_owned(),
            text: text.to_owned(),
            parent: parent.map(|(_, id)| id),
            id,
            ..Draft::default()
        });
        state.tell_comment(&comment, "COMMENT");
        drop(state);
        self.note_change();
        Some(comment.urn())
    }

    /// A comment gets other words; tells whether it is there.
    pub(super) fn edit_comment(&self, id: i64, text: &str) -> bool {
        let mut state = self.state();
        let now = state.now_ms();
        let Some(comment) = state.comments.get_mut(&id) else { return false };
        text.clone_into(&mut comment.text);
        comment.modified = now.max(comment.created + 1);
        let comment = comment.clone();
        state.tell_comment(&comment, "COMMENT_EDIT");
        drop(state);
        self.note_change();
        true
    }

    /// A comment goes, and its answers with it; only the comment itself is told of. Tells whether it was there.
    pub(super) fn delete_comment(&self, id: i64) -> bool {
        let mut state = self.state();
        let Some(comment) = state.comments.remove(&id) else { return false };
        state.comments.retain(|_, other| other.parent != Some(id));
        state.tell_comment(&comment, "COMMENT_DELETE");
        drop(state);
        self.note_change();
        true
    }

    /// A member likes a post or a comment; tells whether there is one.
    pub(super) fn like(&self, member: &str, on: &str) -> bool {
        let mut state = self.state();
        let who = urn::person(member);
        let comment = state.comment(on).map(|comment| (comment.activity, comment.urn()));
        let (activity, liked) = match comment {
            Some(found) => found,
            None => match state.post(on) {
                Some(post) => (post.activity, urn::activity(post.activity)),
                None => return false,
            },
        };
        let likes = state.likes.entry(liked.clone()).or_default();
        if !likes.contains(&who) {
            likes.push(who.clone());
        }
        if let Some(post) = state.posts.get(&activity).cloned().filter(|post| post.public)
            && let Some(organization) = urn::id(&post.owner, "organization").map(str::to_owned)
        {
            let generated = format!("urn:li:like:({who},{liked})");
            state.tell(&post, Happening { action: "LIKE", organization, generated, decorated: None });
        }
        drop(state);
        self.note_change();
        true
    }

    /// A member shares a post of a page; gives the URN of what they made.
    pub(super) fn share(&self, member: &str, on: &str, text: &str) -> Option<String> {
        let mut state = self.state();
        let post = state.post(on).cloned()?;
        let organization = urn::id(&post.owner, "organization")?.to_owned();
        let who = urn::person(member);
        let now = state.now_ms();
        let generated = urn::share(state.new_id(now));
        let decorated = json!({"share": {"entity": generated, "owner": who, "text": text}});
        if post.public {
            let generated = generated.clone();
            let happening = Happening { action: "SHARE", organization, generated, decorated: Some(decorated) };
            state.tell(&post, happening);
        }
        drop(state);
        self.note_change();
        Some(generated)
    }

    /// A member mentions a page in a post of their own; gives the URN of the post.
    pub(super) fn mention(&self, member: &str, organization: &str, text: &str) -> Option<String> {
        let mut state = self.state();
        let organization = state.organizations.get(organization)?.id.clone();
        let who = urn::person(member);
        let activity = state.add_post(&who, text, true, None);
        let post = state.posts.get(&activity).cloned()?;
        let generated = urn::share(post.share);
        let decorated = json!({"share": {"entity": generated, "owner": who, "text": text}});
        let happening = Happening {
            action: "SHARE_MENTION",
            organization,
            generated: generated.clone(),
            decorated: Some(decorated),
        };
        state.tell(&post, happening);
        drop(state);
        self.note_change();
        Some(generated)
    }

    /// Whoever was answered by a page may say something to it.
    pub(super) fn answered(&self, comment: &Comment) {
        trickle::answered(self, comment);
    }
}
