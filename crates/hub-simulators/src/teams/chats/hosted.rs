//! Pictures inside of messages.

use super::history::find;
use crate::teams::access::READ;
use crate::teams::call::Call;
use crate::teams::problem::{Outcome, Problem, answer};
use crate::teams::world::{MAX_KEPT, World};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

/// A picture.
#[derive(Clone, Debug)]
pub(in crate::teams) struct Hosted {
    pub(in crate::teams) content_type: String,
    pub(in crate::teams) bytes: Bytes,
}

impl World {
    /// Keeps a picture of a message and gives its id.
    pub(in crate::teams) fn host(&mut self, chat: &str, message: i64, picture: Hosted) -> String {
        if self.hosted.len() >= MAX_KEPT {
            self.hosted.clear();
        }
        let id = STANDARD.encode(format!("id=x_0-wus-d9-{},type=1", uuid::Uuid::new_v4().simple()));
        self.hosted.insert((chat.to_owned(), message, id.clone()), picture);
        id
    }

    /// Where a picture is to be had.
    pub(in crate::teams) fn hosted_url(&self, chat: &str, message: i64, id: &str) -> String {
        format!("{}/v1.0/chats/{chat}/messages/{message}/hostedContents/{id}/$value", self.base())
    }

    /// `GET …/hostedContents`
    pub(in crate::teams) fn list_hosted(&self, call: &Call, chat: &str, id: &str) -> Outcome {
        let message = find(self.seat(call, READ, chat)?.1, id)?.id;
        let own = self.hosted.keys().filter(|(of, at, _)| of == chat && *at == message);
        let shown: Vec<Value> =
            own.map(|(_, _, id)| json!({"id": id, "contentBytes": null, "contentType": null})).collect();
        let context = self.context(&format!("chats('{chat}')/messages('{id}')/hostedContents"));
        Ok((200, json!({"@odata.context": context, "@odata.count": shown.len(), "value": shown})))
    }

    /// `GET …/hostedContents/{id}/$value`
    pub(in crate::teams) fn hosted_bytes(&self, call: &Call, chat: &str, message: &str, id: &str) -> Response {
        let found = self.seat(call, READ, chat).and_then(|(_, seat)| {
            let key = (chat.to_owned(), find(seat, message)?.id, id.to_owned());
            self.hosted.get(&key).ok_or_else(|| Problem::not_found("The hosted content does not exist."))
        });
        match found {
            Ok(picture) => {
                ([(header::CONTENT_TYPE, picture.content_type.clone())], picture.bytes.clone()).into_response()
            }
            Err(problem) => answer(Err(problem)),
        }
    }
}
