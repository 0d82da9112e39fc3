//! Asking an address whether it is the subscriber's.

use crate::teams::handle::Shared;
use crate::teams::problem::Problem;
use axum::http::header;

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 4_096;

fn failed(words: &str) -> Problem {
    Problem::graph(400, "ValidationError", &format!("Subscription validation request failed. {words}"))
}

impl Shared {
    /// POSTs a text to an address, which must come back as plain text with 200 in time.
    pub(super) async fn validate(&self, url: &str) -> Result<(), Problem> {
        let mut target = url::Url::parse(url).map_err(|_| failed("The address is no good."))?;
        let token = format!(
            "Validation: Testing client application reachability for subscription Request-Id: {}",
            uuid::Uuid::new_v4()
        );
        target.query_pairs_mut().append_pair("validationToken", &token);
        let limit = self.world().options.answer_limit;
        let request =
            self.http.post(target).header(header::CONTENT_TYPE, "text/plain; charset=utf-8").timeout(limit).body("");
        let answer = request.send().await.map_err(|error| {
            failed(if error.is_timeout() { "The operation has timed out." } else { "The address did not answer." })
        })?;
        if answer.status() != 200 {
            let words = format!(
                "Response must exactly match validationToken query parameter and have HTTP status 200; it has {}.",
                answer.status().as_u16()
            );
            return Err(failed(&words));
        }
        let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("text/plain") {
            return Err(failed("The answer must be text/plain."));
        }
        if answer.content_length().is_some_and(|length| length > MAX_ANSWER as u64) {
            return Err(failed("The answer is too long."));
        }
        let body = answer.bytes().await.map_err(|_| failed("The answer broke off."))?;
        if body != token.as_bytes() {
            return Err(failed("Response must exactly match validationToken query parameter."));
        }
        Ok(())
    }
}
