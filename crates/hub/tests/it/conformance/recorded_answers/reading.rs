//! Answers to reading back, asked for by somebody who wants to know what is new.

use super::{Case, Recorded};
use hub_testkit::expect::Expected;
use hub_testkit::{PATIENCE, eventually_within};
use serde_json::Value;
use std::time::{Duration, Instant};

/// How far a time may be off because of what lies between, in seconds.
const SLACK_S: i64 = 20;

/// Until when reading must rest.
pub(super) enum Rest {
    /// Nobody says: a while, and it is tried again.
    Unnamed,
    /// So long that no test waits for it, in seconds.
    Long(i64),
    /// So short that it can be waited for.
    Short(Duration),
}

impl<S: Recorded> Case<'_, S> {
    /// Reading is refused for now, at a call that goes by this name in the simulator. The account is as it was, nothing is lost.
    pub(super) async fn must_wait(&mut self, rest: Rest, (method, path): (&str, &str)) {
        let calls = |case: &Self| case.calls(method, path).len();
        let (before, began) = (calls(self), Instant::now());
        let why = self.sync().await.expect("it is refused");
        assert!(!why.is_empty());
        assert_eq!(self.stage.health().await, "ok", "{why}");
        let asked = calls(self);
        assert!(asked > before, "{}: it was asked", self.entry.id);
        match rest {
            Rest::Unnamed => {}
            Rest::Long(seconds) => {
                assert!(self.sync().await.is_some(), "it must still wait");
                assert_eq!(calls(self), asked, "nobody asks meanwhile");
                let (_, limits) = self.stage.user.get("/api/oauth/rate-limits").await;
                let budgets = limits["rateLimits"][0]["budgets"].as_array().expect("a list");
                let full = budgets.iter().find(|budget| budget["remaining"] == 0);
                let full = full.unwrap_or_else(|| panic!("nothing is used up: {limits}"));
                let ends = super::messages::instant(&full["resetAt"]).expect("a time").to_utc() - chrono::Utc::now();
                assert!((seconds - SLACK_S..=seconds + 1).contains(&ends.num_seconds()), "{seconds}: {full}");
                return;
            }
            Rest::Short(pause) => {
                assert!(self.sync().await.is_some() || began.elapsed() >= pause, "it must still wait");
            }
        }
        eventually_within(PATIENCE, "it is asked again", async || self.sync().await.is_none().then_some(())).await;
        assert!(calls(self) > asked, "{}: asked again", self.entry.id);
        if let Rest::Short(pause) = rest {
            assert!(began.elapsed() >= pause, "{:?} are less than {pause:?}", began.elapsed());
        }
    }

    /// Reading is refused with the sign-in. `give` lets the platform refuse it: once the sign-in is renewed it passes, where it can
    /// be renewed; else the account asks for another one.
    pub(super) async fn reading_asks_for_a_sign_in(&mut self, renews: bool, give: impl Fn(&Self)) {
        let mut error = Expected::of(&self.expected.take("error"), self.expected.whose());
        assert_eq!(error.take("class"), "reconnect");
        let first = error.take("first");
        assert!(first.is_null() || (renews && first.as_str().is_some_and(|first| first.starts_with("refresh"))));
        error.done();
        if renews {
            let account = self.stage.subject.account(0);
            let before = self.stage.subject.renewals(&account).expect("grants are renewed");
            give(self);
            assert_eq!(self.sync().await, None);
            assert_eq!(self.stage.subject.renewals(&account), Some(before + 1));
            assert_eq!(self.stage.health().await, "ok");
            self.stage.subject.kill();
        }
        give(self);
        let why = self.sync().await.expect("it is refused");
        assert_eq!(self.stage.health().await, "needs_reauth", "{why}");
        assert_eq!(self.stage.accounts(&self.stage.user).await[0]["is_active"], true, "it is still there");
        self.can_be_linked_again().await;
    }

    /// The class of the error, taken with everything that is only for a reader.
    pub(super) fn class(&mut self, names: &[&str]) -> (Value, Expected) {
        let mut error = Expected::of(&self.expected.take("error"), self.expected.whose());
        let class = error.take("class");
        for name in names {
            let _ = error.take(name);
        }
        (class, error)
    }
}
