//! How much of a limit is used up, as the headers of an answer say.

use hub_platform_kit::transport::Answer;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Usage per business, page or account.
const BY_ACCOUNT: &str = "x-business-use-case-usage";
/// Usage of the whole app. It names no time, so it only says how full things are.
const BY_APP: &str = "x-app-usage";
/// All of it, in percent.
const FULL: f64 = 100.0;
/// Longest pause that is believed.
const MAX_WAIT: Duration = Duration::from_hours(24);
/// Seconds of a minute: the header counts in minutes.
const MINUTE_S: u64 = 60;

/// Use of one limit in percent.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct Use {
    call_count: f64,
    total_time: f64,
    total_cputime: f64,
    estimated_time_to_regain_access: f64,
}

impl Use {
    fn is_full(self) -> bool {
        [self.call_count, self.total_time, self.total_cputime].into_iter().any(|part| part >= FULL)
    }

    /// How long until calls pass again; `None` when nothing is blocked.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded just before")]
    fn wait(self) -> Option<Duration> {
        let minutes = self.estimated_time_to_regain_access;
        (minutes > 0.0).then(|| Duration::from_secs(minutes.min(100_000.0).ceil() as u64 * MINUTE_S).min(MAX_WAIT))
    }
}

/// What an answer says of the limits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Usage {
    by_account: BTreeMap<String, Vec<Use>>,
    by_app: Use,
}

impl Usage {
    /// Reads the headers; what cannot be read says nothing.
    pub(crate) fn of(answer: &Answer) -> Self {
        let by_account = answer.header(BY_ACCOUNT).and_then(|text| serde_json::from_str(text).ok());
        let by_app = answer.header(BY_APP).and_then(|text| serde_json::from_str(text).ok());
        Self { by_account: by_account.unwrap_or_default(), by_app: by_app.unwrap_or_default() }
    }

    /// The longest time that any limit needs.
    pub(crate) fn wait(&self) -> Option<Duration> {
        self.by_account.values().flatten().filter_map(|one| one.wait()).max()
    }

    /// Accounts whose limit is used up, and for how long.
    pub(crate) fn blocked(&self) -> impl Iterator<Item = (&str, Duration)> {
        self.by_account.iter().filter_map(|(account, limits)| {
            let waits = limits.iter().filter(|one| one.is_full()).filter_map(|one| one.wait());
            waits.max().map(|wait| (account.as_str(), wait))
        })
    }

    /// True when the app as a whole is at its limit.
    pub(crate) fn app_is_full(&self) -> bool {
        self.by_app.is_full()
    }
}
