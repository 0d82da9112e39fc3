//! Replay jobs: what a webhook was to get in a stretch of time, once more.

use super::call::Call;
use super::history::written;
use super::problem::{Outcome, Problem};
use super::world::World;
use chrono::NaiveDateTime;
use serde_json::json;

const MINUTE: i64 = 60 * 1_000;
/// A job may begin this far back at most, in milliseconds, and not later than the second.
const FROM: (i64, i64) = (24 * 60 * MINUTE, 31 * MINUTE);
/// It must end this long ago.
const TO: i64 = 10 * MINUTE;

/// `yyyymmddhhmm` in UTC, as Unix milliseconds.
fn minute(name: &str, text: &str) -> Result<i64, Problem> {
    let whole = (text.len() == 12).then(|| NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M").ok()).flatten();
    whole
        .map(|at| at.and_utc().timestamp_millis())
        .ok_or_else(|| Problem::invalid(name, text, &format!("$.{name}: must be yyyymmddhhmm")))
}

impl World {
    /// `POST /2/webhooks/replay`
    pub(super) fn replay(&mut self, call: &Call) -> Outcome {
        let app = self.app(call)?;
        let text = |name: &str| call.text(name).unwrap_or_default().to_owned();
        let hook = self.hook(&app, &text("webhook_id"))?.id.clone();
        let (from, to) = (text("from_date"), text("to_date"));
        let (from_ms, to_ms) = (minute("from_date", &from)?, minute("to_date", &to)?);
        let now = self.now_ms();
        // The minute that is cut off counts for the caller.
        if from_ms < now - FROM.0 - MINUTE || from_ms > now - FROM.1 + MINUTE {
            return Err(Problem::invalid("from_date", &from, "$.from_date: must be 31 minutes to 24 hours ago"));
        }
        if to_ms > now - TO + MINUTE || to_ms <= from_ms {
            return Err(Problem::invalid("to_date", &to, "$.to_date: must be after from_date, and 10 minutes ago"));
        }
        if self.queue.iter().any(|post| post.hook == hook) {
            return Err(Problem::blank(409, "Conflict", "A replay job is running for this webhook."));
        }
        let again = self.journal.iter().filter(|one| one.hook == hook && (from_ms..=to_ms).contains(&one.at_ms));
        let again: Vec<_> = again.map(|one| one.bytes.clone()).collect();
        for bytes in &again {
            self.queue_bytes(&hook, bytes);
        }
        let job = self.new_id().to_string();
        let told = json!({"webhook_id": hook, "job_state": "Complete", "job_id": job,
            "job_state_description": "Job completed successfully"});
        self.queue_body(&hook, &json!({"replay_job_status": told}));
        Ok((200, json!({"data": {"job_id": job, "created_at": written(now)}})))
    }
}
