//! Daily limits: of an app and of each member it acts for, by endpoint, counted anew from midnight UTC.

use super::error::RestError;
use super::token::{DAY, Grant};
use std::collections::{BTreeMap, HashMap};

/// Calls a day of an app in the development tier.
const DEVELOPMENT_APP: u64 = 500;
/// Calls a day of an app in the development tier for one member.
const DEVELOPMENT_MEMBER: u64 = 100;
/// Counters kept at most.
const MAX_COUNTERS: usize = 20_000;

/// How often an endpoint may be called a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// Calls of the app; `None` = any number.
    pub app: Option<u64>,
    /// Calls of the app for one member; `None` = any number.
    pub member: Option<u64>,
}

/// Limits and what was used of them today.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// By endpoint; `*` for each of the others.
    pub(super) set: BTreeMap<String, Limit>,
    day: i64,
    used: HashMap<String, u64>,
}

impl Limits {
    /// Counts a call; refuses one too many.
    pub(super) fn count(
        &mut self,
        grant: &Grant,
        endpoint: &str,
        development: bool,
        now_ms: i64,
    ) -> Result<(), RestError> {
        let today = now_ms.div_euclid(DAY);
        if self.day != today || self.used.len() > MAX_COUNTERS {
            self.day = today;
            self.used.clear();
        }
        let limit = self.set.get(endpoint).or_else(|| self.set.get("*")).copied().unwrap_or_default();
        let (app, member) = (&grant.client_id, &grant.member);
        let mut checked =
            vec![(format!("{endpoint} {app}"), limit.app), (format!("{endpoint} {app} {member}"), limit.member)];
        if development {
            checked.push((format!("all {app}"), Some(DEVELOPMENT_APP)));
            checked.push((format!("all {app} {member}"), Some(DEVELOPMENT_MEMBER)));
        }
        for (name, most) in &checked {
            if most.is_some_and(|most| self.used.get(name).copied().unwrap_or_default() >= most) {
                return Err(too_many());
            }
        }
        for (name, _) in checked {
            *self.used.entry(name).or_default() += 1;
        }
        Ok(())
    }
}

/// 429: no header tells when it is over.
fn too_many() -> RestError {
    let words = "Resource level throttle limit for calls to this resource is reached.";
    RestError::coded(429, 101, "TOO_MANY_REQUESTS", words)
}
