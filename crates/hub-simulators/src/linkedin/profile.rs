//! `/v2/userinfo`, `/rest/people/(id:…)`, and pictures, whose addresses end.

use super::app::Member;
use super::authorise::{READ, denied};
use super::call::Call;
use super::error::{Outcome, RestError, shown};
use super::handle::Platform;
use super::restli;
use super::token::DAY;
use super::urn;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// Milliseconds the address of a picture lives.
const PICTURE_LIFE: i64 = 60 * DAY;

/// A picture of one grey dot.
const DOT_PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49,
    0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00,
    0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

impl Platform {
    /// The member who is signed in.
    pub(super) fn userinfo(&self, call: &Call) -> Outcome {
        let (grant, _) = self.authorise(call)?;
        if !grant.allows(&["openid"]) {
            return Err(denied(call));
        }
        let member = self.state().members.get(&grant.member).cloned();
        let member = member.ok_or_else(|| RestError::missing(&urn::person(&grant.member)))?;
        Ok(shown(self.claims(&member, &grant.scopes)))
    }

    /// What the scopes let an app know of a member.
    pub(super) fn claims(&self, member: &Member, scopes: &[String]) -> Value {
        let mut claims = Map::from_iter([("sub".to_owned(), Value::from(member.id.clone()))]);
        let granted = |scope: &str| scopes.iter().any(|known| known == scope);
        if granted("profile") {
            claims.insert("name".to_owned(), member.name().into());
            claims.insert("given_name".to_owned(), member.given_name.clone().into());
            claims.insert("family_name".to_owned(), member.family_name.clone().into());
            let (country, language) = &member.locale;
            claims.insert("locale".to_owned(), json!({"country": country, "language": language}));
            if let Some(picture) = &member.picture {
                let own = if picture.is_empty() { self.picture_of(&member.id) } else { picture.clone() };
                claims.insert("picture".to_owned(), own.into());
            }
        }
        if let Some(email) = member.email.as_ref().filter(|_| granted("email")) {
            claims.insert("email".to_owned(), email.clone().into());
            claims.insert("email_verified".to_owned(), true.into());
        }
        Value::Object(claims)
    }

    fn picture_of(&self, member: &str) -> String {
        let end = (self.now_ms() + PICTURE_LIFE) / 1_000;
        format!("{}/dms/image/{member}/profile-displayphoto-shrink_100_100/0?e={end}&v=beta", self.base_url())
    }

    /// `/dms/image/…`: a picture, until its address ends.
    pub(super) fn picture(&self, call: &Call) -> Response {
        let end = call.text("e").and_then(|end| end.parse::<i64>().ok()).unwrap_or_default();
        if end <= self.now_ms() / 1_000 {
            return StatusCode::FORBIDDEN.into_response();
        }
        ([(header::CONTENT_TYPE, "image/png")], DOT_PNG).into_response()
    }

    /// Another member: themselves, or in a small part whoever commented on a page of the caller.
    pub(super) fn person(&self, call: &Call, key: &str) -> Outcome {
        let (grant, _) = self.authorise(call)?;
        let record = restli::record(key).filter(|_| call.protocol2).ok_or_else(restli::bad_path)?;
        let id = record.get("id").ok_or_else(restli::bad_path)?;
        let state = self.state();
        let urn = urn::person(id);
        let own_page = |activity: i64| {
            let post = state.posts.get(&activity);
            let owner = post.and_then(|post| urn::id(&post.owner, "organization"));
            owner.is_some_and(|organization| state.administers(&grant.member, organization))
        };
        let commented = state.comments.values().any(|comment| comment.author == urn && own_page(comment.activity));
        let visible = *id == grant.member || (commented && grant.allows(&READ));
        let member = state.members.get(id).filter(|_| visible).cloned();
        drop(state);
        let member = member.ok_or_else(|| denied(call))?;
        Ok(shown(json!({
            "id": member.id, "localizedFirstName": member.given_name, "localizedLastName": member.family_name,
            "vanityName": member.vanity_name,
        })))
    }
}
