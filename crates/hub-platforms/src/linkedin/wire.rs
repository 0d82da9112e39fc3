//! LinkedIn's JSON as it is. Every member may be missing or of another type; what is odd counts as missing.

use super::urn::{self, CommentUrn};
use hub_domain::Timestamp;
use hub_domain::time::from_unix_millis;
use serde_json::Value;

/// A text that says something.
pub(super) fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

/// A whole number, also as digits. Ids have 64 bits, so none is ever a fraction.
pub(super) fn number(value: &Value, name: &str) -> Option<i64> {
    let value = value.get(name)?;
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// An instant in milliseconds.
pub(super) fn instant(value: &Value, name: &str) -> Option<Timestamp> {
    number(value, name).filter(|millis| *millis > 0).and_then(from_unix_millis)
}

/// A simple name of a thing.
pub(super) fn name_of(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).and_then(urn::simple).map(str::to_owned)
}

/// The members of a list.
pub(super) fn elements<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// True while a list goes on; a page may be shorter than asked for without being the last.
pub(super) fn has_next(listing: &Value) -> bool {
    let links = listing.get("paging").map(|paging| elements(paging, "links")).unwrap_or_default();
    links.iter().any(|link| link.get("rel").and_then(Value::as_str) == Some("next"))
}

/// A comment, as a notification or an answer tells it.
#[derive(Clone, Debug)]
pub(super) struct Comment {
    /// Which.
    pub(super) urn: CommentUrn,
    /// Who wrote it.
    pub(super) author: String,
    /// What it says.
    pub(super) text: Option<String>,
    /// Names or addresses of its pictures.
    pub(super) pictures: Vec<String>,
    /// The comment that it answers.
    pub(super) parent: Option<CommentUrn>,
    /// When it was written, where that is told.
    pub(super) created: Option<Timestamp>,
    /// When it was last changed, where that is told.
    pub(super) modified: Option<Timestamp>,
    /// Answers to it.
    pub(super) answers: i64,
}

impl Comment {
    /// Reads an element of a list, or the answer to a new comment.
    pub(super) fn listed(value: &Value) -> Option<Self> {
        let urn = text(value, "commentUrn").or_else(|| text(value, "$URN"))?;
        let none = Value::Null;
        let member = |name: &str| value.get(name).unwrap_or(&none);
        Some(Self {
            urn: CommentUrn::parse(&urn)?,
            author: name_of(value, "actor")?,
            text: text(member("message"), "text"),
            pictures: elements(value, "content").iter().filter_map(picture).collect(),
            parent: parent(value),
            created: instant(member("created"), "time"),
            modified: instant(member("lastModified"), "time"),
            answers: number(member("commentsSummary"), "totalFirstLevelComments").unwrap_or_default(),
        })
    }

    /// Reads what a notification tells; `None` when it tells too little, as it may.
    pub(super) fn decorated(value: &Value, urn: CommentUrn) -> Option<Self> {
        let said = text(value, "text")?;
        Some(Self {
            urn,
            author: name_of(value, "owner")?,
            text: Some(said),
            pictures: Vec::new(),
            parent: parent(value),
            created: None,
            modified: None,
            answers: 0,
        })
    }
}

/// The comment that another answers: named as such, or in the place of the post.
fn parent(value: &Value) -> Option<CommentUrn> {
    let named = |name: &str| CommentUrn::parse(value.get(name)?.as_str()?);
    named("parentComment").or_else(|| named("object"))
}

fn picture(content: &Value) -> Option<String> {
    let entity = content.get("entity");
    entity.and_then(|entity| name_of(entity, "image")).or_else(|| text(content, "url"))
}

/// A post as a notification or a list tells it.
#[derive(Clone, Debug, Default)]
pub(super) struct Post {
    /// Its names; the first is the one that others use.
    pub(super) names: Vec<String>,
    /// Its words.
    pub(super) text: Option<String>,
}

/// One notification about a page.
#[derive(Clone, Debug)]
pub(super) struct Notification {
    /// The page.
    pub(super) organization: String,
    /// What happened.
    pub(super) action: String,
    /// On which post.
    pub(super) post: Post,
    /// What came of it, as the notification spells it.
    pub(super) generated: String,
    /// The same with its words; `Null` where the platform keeps them to itself.
    pub(super) decorated: Value,
    /// When.
    pub(super) at: Option<Timestamp>,
    /// The platform's number of the notification.
    pub(super) id: Option<i64>,
}

impl Notification {
    /// Reads one; without page and action there is nothing to read.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let source = value.get("decoratedSourcePost").cloned().unwrap_or_default();
        let names = [name_of(value, "sourcePost"), name_of(&source, "entity")];
        Some(Self {
            organization: name_of(value, "organizationalEntity").filter(|urn| urn::is_organization(urn))?,
            action: text(value, "action")?,
            post: Post { names: names.into_iter().flatten().collect(), text: text(&source, "text") },
            generated: text(value, "generatedActivity").unwrap_or_default(),
            decorated: value.get("decoratedGeneratedActivity").cloned().unwrap_or_default(),
            at: instant(value, "lastModifiedAt"),
            id: number(value, "notificationId"),
        })
    }

    /// The comment it is about.
    pub(super) fn comment_urn(&self) -> Option<CommentUrn> {
        let decorated = self.decorated.get("comment").and_then(|comment| text(comment, "entity"));
        decorated.as_deref().and_then(CommentUrn::parse).or_else(|| CommentUrn::parse(&self.generated))
    }

    /// The comment with its words, if they came along.
    pub(super) fn comment(&self) -> Option<Comment> {
        Comment::decorated(self.decorated.get("comment")?, self.comment_urn()?)
    }
}
