//! Pictures of people.

use super::access::PROFILE;
use super::call::Call;
use super::problem::{Problem, answer};
use super::world::World;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Sizes that there are.
const SIZES: [&str; 9] = ["48x48", "64x64", "96x96", "120x120", "240x240", "360x360", "432x432", "504x504", "648x648"];

impl World {
    /// Everything below `/me/photo`, `/me/photos/{size}` and the same of other people.
    pub(super) fn photo(&self, call: &Call) -> Response {
        self.photo_or(call).unwrap_or_else(|problem| answer(Err(problem)))
    }

    fn photo_or(&self, call: &Call) -> Result<Response, Problem> {
        let path: Vec<&str> = call.segments.iter().skip(1).map(String::as_str).collect();
        let (id, rest) = match path.as_slice() {
            ["me", rest @ ..] => (self.person(call, PROFILE)?.user, rest),
            ["users", id, rest @ ..] => (self.seen_user(call, id)?, rest),
            _ => return Err(Problem::not_found("Resource not found for the segment.")),
        };
        let (size, bytes) = match rest {
            ["photo"] => ("648x648", false),
            ["photo", "$value"] => ("648x648", true),
            ["photos", size] if SIZES.contains(size) => (*size, false),
            ["photos", size, "$value"] if SIZES.contains(size) => (*size, true),
            _ => return Err(Problem::bad_request("The photo size is not one of those that there are.")),
        };
        let photo = self.users.get(&id).and_then(|user| user.photo.clone()).ok_or_else(|| {
            let words = "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' was thrown.";
            Problem::graph(404, "ImageNotFound", words)
        })?;
        if bytes {
            return Ok(([(header::CONTENT_TYPE, photo.content_type)], photo.bytes).into_response());
        }
        let side: u32 = size.split('x').next().and_then(|side| side.parse().ok()).unwrap_or_default();
        Ok(answer(Ok((
            200,
            json!({"@odata.mediaContentType": photo.content_type, "@odata.mediaEtag": "\"BA09D118\"", "id": size,
                "width": side, "height": side}),
        ))))
    }
}
