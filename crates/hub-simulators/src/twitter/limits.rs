//! Budgets: calls per quarter of an hour and per day, for a person and for an app, with the headers that tell of them.

use super::call::Call;
use super::world::World;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};

/// Seconds of the short span.
const QUARTER: i64 = 15 * 60;
/// Seconds of the long one.
const DAY: i64 = 24 * 60 * 60;

/// What calls are counted as; also the name faults go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bucket {
    /// The authorize page.
    Authorize,
    /// Tokens, and taking them back.
    Token,
    /// `GET /2/users/me`.
    Me,
    /// Other people.
    Users,
    /// Reading DM events.
    DmRead,
    /// Sending DMs.
    DmSend,
    /// Deleting them.
    DmDelete,
    /// Fetching a file of a DM.
    DmMedia,
    /// Uploads in one step.
    Media,
    /// Uploads in several.
    MediaChunks,
    /// Webhooks.
    Webhooks,
    /// Replay jobs.
    Replay,
    /// Subscriptions of the activity API.
    Activity,
    /// Subscriptions of the account activity API.
    AccountActivity,
    /// Nothing that exists.
    Other,
}

/// Over which time, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Span {
    /// A quarter of an hour.
    Quarter,
    /// A day of one person.
    UserDay,
    /// A day of an app.
    AppDay,
}

/// Names, in the order of [`Bucket`].
const NAMES: [(Bucket, &str); 15] = [
    (Bucket::Authorize, "authorize"),
    (Bucket::Token, "token"),
    (Bucket::Me, "me"),
    (Bucket::Users, "users"),
    (Bucket::DmRead, "dm_read"),
    (Bucket::DmSend, "dm_send"),
    (Bucket::DmDelete, "dm_delete"),
    (Bucket::DmMedia, "dm_media"),
    (Bucket::Media, "media"),
    (Bucket::MediaChunks, "media_chunks"),
    (Bucket::Webhooks, "webhooks"),
    (Bucket::Replay, "replay"),
    (Bucket::Activity, "activity"),
    (Bucket::AccountActivity, "account_activity"),
    (Bucket::Other, "other"),
];

impl Bucket {
    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(bucket, _)| *bucket == self).map_or("other", |(_, name)| name)
    }

    /// The bucket of a name.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known)| *known == name).map(|(bucket, _)| *bucket)
    }

    /// What a call is counted as.
    pub(super) fn of(call: &Call) -> Self {
        let path: Vec<&str> = call.segments.iter().map(String::as_str).collect();
        let get = call.method == Method::GET;
        match path.as_slice() {
            ["i" | "2", "oauth2", "authorize"] => Self::Authorize,
            ["2", "oauth2", _] | ["oauth2", "token"] => Self::Token,
            ["2", "users", "me"] => Self::Me,
            ["2", "users", ..] => Self::Users,
            ["2", "dm_conversations", "media", ..] => Self::DmMedia,
            ["2", "dm_events", _] if call.method == Method::DELETE => Self::DmDelete,
            ["2", "dm_events" | "dm_conversations", ..] if get => Self::DmRead,
            ["2", "dm_conversations", ..] => Self::DmSend,
            ["2", "media", "upload"] if !get => Self::Media,
            ["2", "media", "upload", ..] => Self::MediaChunks,
            ["2", "webhooks", "replay"] => Self::Replay,
            ["2", "webhooks", ..] => Self::Webhooks,
            ["2", "activity", ..] => Self::Activity,
            ["2", "account_activity", ..] => Self::AccountActivity,
            _ => Self::Other,
        }
    }

    /// Whether the short span is counted for the app rather than the person.
    fn is_the_apps(self) -> bool {
        matches!(self, Self::Webhooks | Self::Replay | Self::Activity | Self::AccountActivity)
    }

    fn limit(self, span: Span) -> Option<u32> {
        match (self, span) {
            (Self::DmRead | Self::DmSend, Span::Quarter) => Some(15),
            (Self::DmSend, _) => Some(1_440),
            (Self::DmDelete | Self::Users | Self::DmMedia, Span::Quarter) => Some(300),
            (Self::DmDelete, Span::UserDay) => Some(1_500),
            (Self::DmDelete, Span::AppDay) => Some(4_000),
            (Self::Me, Span::Quarter) => Some(75),
            (Self::Media | Self::Activity | Self::AccountActivity, Span::Quarter) => Some(500),
            (Self::MediaChunks, Span::Quarter) => Some(1_875),
            (Self::Webhooks, Span::Quarter) => Some(450),
            (Self::Replay, Span::Quarter) => Some(100),
            _ => None,
        }
    }
}

impl Span {
    /// The span of a name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "quarter" => Self::Quarter,
            "user_day" => Self::UserDay,
            "app_day" => Self::AppDay,
            _ => return None,
        })
    }

    fn seconds(self) -> i64 {
        if self == Self::Quarter { QUARTER } else { DAY }
    }

    fn header(self) -> &'static str {
        match self {
            Self::Quarter => "x-rate-limit",
            Self::UserDay => "x-user-limit-24hour",
            Self::AppDay => "x-app-limit-24hour",
        }
    }
}

/// What was used of a budget.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Used {
    count: u32,
    resets_at: i64,
}

impl World {
    /// Counts a call; tells whether it may be done, and the headers of the answer.
    pub(super) fn spend(&mut self, bucket: Bucket, app: &str, user: Option<&str>) -> (bool, HeaderMap) {
        let now = self.now();
        let mut headers = HeaderMap::new();
        let mut slots = Vec::new();
        for span in [Span::Quarter, Span::UserDay, Span::AppDay] {
            let Some(limit) = self.limits.get(&(bucket, span)).copied().or_else(|| bucket.limit(span)) else {
                continue;
            };
            let apps = span == Span::AppDay || (span == Span::Quarter && bucket.is_the_apps());
            let owner = if apps { app } else { user.unwrap_or(app) };
            slots.push(((bucket, span, owner.to_owned()), limit));
        }
        for (key, _) in &slots {
            let used = self.used.entry(key.clone()).or_default();
            if used.resets_at <= now {
                *used = Used { count: 0, resets_at: now + key.1.seconds() };
            }
        }
        let may = slots.iter().all(|(key, limit)| self.used.get(key).is_none_or(|used| used.count < *limit));
        for (key, limit) in &slots {
            let Some(used) = self.used.get_mut(key) else { continue };
            used.count += u32::from(may);
            let left = limit.saturating_sub(used.count);
            let told = [("limit", i64::from(*limit)), ("remaining", i64::from(left)), ("reset", used.resets_at)];
            for (name, number) in told {
                if let Ok(name) = HeaderName::try_from(format!("{}-{name}", key.1.header())) {
                    headers.insert(name, HeaderValue::from(number));
                }
            }
        }
        (may, headers)
    }
}
