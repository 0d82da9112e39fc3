//! How the simulator runs.

use std::time::Duration;

/// How the simulator runs. Every time but the limits of waiting is of the platform's own clock, which can be moved.
#[derive(Clone, Debug)]
pub struct LinkedInOptions {
    /// Port on loopback; 0 = a free one.
    pub port: u16,
    /// Pause before a failed delivery is repeated.
    pub retry_every: Duration,
    /// How long a failed delivery is repeated.
    pub retry_for: Duration,
    /// The longest a receiver of notifications may take.
    pub answer_limit: Duration,
    /// The longest a receiver may take for a challenge.
    pub challenge_limit: Duration,
    /// Pause between two challenges of one address.
    pub challenge_every: Duration,
    /// Tokens are refused as revoked for this long after they were made, which the real platform does now and then.
    pub young_tokens_refused: Duration,
    /// A post cannot be commented or read back for this long after it was made.
    pub young_posts_missing: Duration,
    /// The list of a post's comments holds the answers to them too; otherwise they are read with the comment in the path.
    pub replies_among_comments: bool,
    /// Longest text of a comment, in characters.
    pub longest_comment: usize,
    /// Delay until the member's log shows what happened.
    pub changelog_delay: Duration,
    /// Members who still allow what an app asks for are led back without a page that asks.
    pub silent_consent: bool,
}

impl Default for LinkedInOptions {
    fn default() -> Self {
        Self {
            port: 0,
            retry_every: Duration::from_mins(5),
            retry_for: Duration::from_hours(8),
            answer_limit: Duration::from_secs(10),
            challenge_limit: Duration::from_secs(3),
            challenge_every: Duration::from_hours(2),
            young_tokens_refused: Duration::ZERO,
            young_posts_missing: Duration::ZERO,
            replies_among_comments: false,
            longest_comment: 1_250,
            changelog_delay: Duration::ZERO,
            silent_consent: false,
        }
    }
}

/// A duration in milliseconds of the platform's clock.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
