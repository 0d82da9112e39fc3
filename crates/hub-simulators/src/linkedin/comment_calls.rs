//! `/rest/socialActions/{post or comment}/comments`: read, written, changed and removed by apps.

use super::authorise::{READ, WRITE, denied};
use super::call::Call;
use super::comments::{Comment, Draft};
use super::error::{Outcome, RestError, created, done, shown};
use super::handle::Platform;
use super::organizations::page;
use super::posts::Post;
use super::token::Grant;
use super::urn;
use axum::http::Method;
use serde_json::{Map, Value, json};

impl Platform {
    /// Every call below a post or a comment.
    pub(super) fn comments(&self, call: &Call, on: &str, id: Option<&str>) -> Outcome {
        let on = Call::key(on, call.protocol2)?;
        let writes = call.method != Method::GET;
        let (grant, _) = self.authorise_for(call, if writes { &WRITE } else { &READ })?;
        let missing = || RestError::coded(404, 0, "NOT_FOUND", format!("Unable to obtain activity for urn: {on}"));
        let (post, comment) = self.state().place(&on).ok_or_else(missing)?;
        self.must_administer(&grant, urn::id(&post.owner, "organization").unwrap_or_default())?;
        let Some(id) = id else {
            return match call.method {
                Method::GET => self.list_comments(call, &on, &post, comment.as_ref()),
                Method::POST => self.create_comment(call, &grant, &post, comment.as_ref()),
                _ => Err(RestError::new(405, "Method not allowed")),
            };
        };
        let id = Call::key(id, call.protocol2)?;
        let number = id.parse().map_err(|_| super::restli::bad_path())?;
        let found = self.state().comments.get(&number).filter(|it| it.activity == post.activity).cloned();
        let found = found.filter(|it| !it.hidden).ok_or_else(|| RestError::missing(&id))?;
        match call.method {
            Method::GET => Ok(shown(self.state().shown_comment(&found))),
            Method::POST if call.action() == "PARTIAL_UPDATE" => self.change_comment(call, &grant, &found),
            Method::DELETE => {
                self.actor(&grant, &call.required("actor")?)?;
                self.delete_comment(found.id);
                Ok(done())
            }
            _ => Err(denied(call)),
        }
    }

    fn list_comments(&self, call: &Call, on: &str, post: &Post, below: Option<&Comment>) -> Outcome {
        let state = self.state();
        let path = format!("/rest/socialActions/{}/comments", urn::encoded(on));
        if let Some(ids) = call.list("ids")? {
            let wanted = ids.iter().filter_map(|id| Some((id.clone(), state.comments.get(&id.parse().ok()?)?)));
            let found = wanted.filter(|(_, comment)| comment.activity == post.activity && !comment.hidden);
            let results: Map<String, Value> = found.map(|(id, comment)| (id, state.shown_comment(comment))).collect();
            return Ok(shown(json!({"results": results, "statuses": {}, "errors": {}})));
        }
        let flat = state.options.replies_among_comments;
        let listed = state.comments.values().rev().filter(|comment| match below {
            Some(below) => comment.parent == Some(below.id),
            None => comment.activity == post.activity && (flat || comment.parent.is_none()),
        });
        // A page is cut first and thinned then: it may be shorter than asked for without being the last.
        let listed: Vec<Value> =
            listed.map(|it| if it.hidden { Value::Null } else { state.shown_comment(it) }).collect();
        drop(state);
        let mut cut = page(call, &listed, &path)?;
        if let Some(elements) = cut["elements"].as_array_mut() {
            elements.retain(|element| !element.is_null());
        }
        Ok(shown(cut))
    }

    fn create_comment(&self, call: &Call, grant: &Grant, post: &Post, on: Option<&Comment>) -> Outcome {
        let body = &call.body;
        let named = |path: &str, name: &str| {
            let value = body[name].as_str().filter(|value| !value.is_empty()).map(str::to_owned);
            value.ok_or_else(|| RestError::field(path, "field is required but not found and has no default value"))
        };
        let actor = named("/actor", "actor")?;
        self.actor(grant, &actor)?;
        let object = named("/object", "object")?;
        let text = self.text_of(&body["message"])?;
        let mut state = self.state();
        if state.post(&object).is_none_or(|known| known.activity != post.activity) {
            return Err(RestError::new(400, format!("Object {object} is not the parent of the comment")));
        }
        let parent = match body["parentComment"].as_str() {
            Some(named) => {
                let parent = state.comment(named).filter(|parent| parent.activity == post.activity);
                Some(parent.ok_or_else(|| RestError::missing(named))?.id)
            }
            None => on.map(|comment| comment.id),
        };
        let comment = state.add_comment(Draft {
            activity: post.activity,
            author: actor,
            impersonator: Some(urn::person(&grant.member)),
            text,
            attributes: body["message"]["attributes"].clone(),
            content: body["content"].clone(),
            parent,
            id: None,
        });
        let answer = state.shown_comment(&comment);
        state.tell_comment(&comment, "COMMENT");
        drop(state);
        self.note_change();
        self.answered(&comment);
        Ok(created(&comment.id.to_string(), Some(answer)))
    }

    fn change_comment(&self, call: &Call, grant: &Grant, comment: &Comment) -> Outcome {
        self.actor(grant, &call.required("actor")?)?;
        if urn::id(&comment.author, "person").is_some() {
            return Err(RestError::role(&comment.author));
        }
        let patch = &call.body["patch"];
        // Both spellings of a patch are taken: of the message as a whole, and of the text in it.
        let inner = &patch["message"]["$set"];
        let message = if inner.is_object() { inner } else { &patch["$set"]["message"] };
        let text = self.text_of(message)?;
        self.edit_comment(comment.id, &text);
        let state = self.state();
        let Some(changed) = state.comments.get(&comment.id) else { return Ok(done()) };
        Ok(shown(state.shown_comment(changed)))
    }

    /// The actor must be an organisation that the member administers.
    fn actor(&self, grant: &Grant, actor: &str) -> Result<(), RestError> {
        let organization = urn::id(actor, "organization").ok_or_else(|| RestError::role(actor))?;
        self.must_administer(grant, organization)
    }

    fn text_of(&self, message: &Value) -> Result<String, RestError> {
        let text = message["text"].as_str().unwrap_or_default();
        if text.trim().is_empty() {
            let words = "field is required but not found and has no default value";
            return Err(RestError::field("/message/text", words));
        }
        if text.chars().count() > self.state().options.longest_comment {
            return Err(RestError::field("/message/text", "length exceeds the maximum allowed"));
        }
        Ok(text.to_owned())
    }
}
