//! Answers of the sign-in: tokens for a code, tokens for older ones, and refusals.

use super::{Case, Recorded};
use hub_testkit::expect::Expected;
use reqwest::StatusCode;
use serde_json::{Value, json};

/// How far the end of a token may be off because of what lies between, in seconds.
const SLACK_S: i64 = 60;
/// A token that ends so soon, in seconds, is renewed before it is used, and still works.
const SOON_S: i64 = 120;

impl<S: Recorded> Case<'_, S> {
    /// A code is exchanged: what the answer hands out is used, and renewed as far as it can be.
    pub(super) async fn code_is_exchanged(&mut self, place: &str) {
        self.learn_tokens();
        self.give(place);
        self.link().await;
        self.tokens_work().await;
    }

    /// Tokens that end soon are renewed.
    pub(super) async fn tokens_are_renewed(&mut self, place: &str) {
        self.link().await;
        self.learn_tokens();
        self.ends_soon().await;
        self.give(place);
        assert_eq!(self.refresh().await, StatusCode::OK);
        self.met().await;
        // From now on nothing but the new ones is used.
        self.tokens_work().await;
    }

    /// Tokens that end soon are not renewed, as the class of the error says.
    pub(super) async fn renewal_is_refused(&mut self, place: &str) {
        self.link().await;
        self.ends_soon().await;
        self.give(place);
        let status = self.refresh().await;
        let (class, error) = self.class(&[]);
        error.done();
        match class.as_str().expect("a class") {
            "reconnect" => {
                assert!(status.is_client_error() || status.is_server_error(), "{status}");
                assert_eq!(self.stage.health().await, "needs_reauth");
                self.can_be_linked_again().await;
            }
            "retry_later" => {
                // The old one still works for a while, and is renewed the next time.
                assert_eq!((status, self.stage.health().await.as_str()), (StatusCode::OK, "ok"));
                let before = self.renewals();
                assert_eq!(self.refresh().await, StatusCode::OK);
                assert_eq!((self.renewals(), self.stage.health().await.as_str()), (before + 1, "ok"));
            }
            other => panic!("nobody knows {other}"),
        }
    }

    /// The platform knows from now on what the recorded answer hands out.
    fn learn_tokens(&self) {
        let said = self.said();
        let access = said["access_token"].as_str().expect("a token");
        self.stage.subject.knows_tokens(access, said["refresh_token"].as_str());
    }

    async fn tokens_work(&mut self) {
        let mut tokens = Expected::of(&self.expected.take("tokens"), self.expected.whose());
        let life = tokens.take("expires_in").as_i64().expect("seconds");
        let at = |seconds: i64| {
            let at = chrono::Utc::now() + chrono::TimeDelta::seconds(seconds);
            at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
        };
        let ends = format!(
            "UPDATE connected_accounts SET updated_at = updated_at WHERE token_expires_at BETWEEN '{}' AND '{}'",
            at(life - SLACK_S),
            at(life + SLACK_S)
        );
        assert_eq!(self.stage.database.change(&ends).await, 1, "it ends in {life} s");
        let conversation = self.stage.conversation_with(1).await;
        let (status, row) = self.stage.send_words(&conversation, "with these tokens").await;
        assert_eq!((status, &row["failure"]), (StatusCode::CREATED, &Value::Null), "{row}");
        // It lives long enough: there is nothing to renew yet.
        let before = self.renewals();
        assert_eq!(self.refresh().await, StatusCode::OK);
        assert_eq!(self.renewals(), before);
        let refreshable = tokens.take("refreshable") == true;
        let mut rounds = usize::from(refreshable);
        if tokens.take("replace_refresh_token") == true {
            // The second renewal comes with what the first one brought.
            rounds += 1;
        }
        for round in 1..=rounds.max(1) {
            self.ends_soon().await;
            assert_eq!(self.refresh().await, StatusCode::OK);
            assert_eq!(self.renewals(), before + if refreshable { round } else { 0 });
        }
        assert_eq!(self.stage.health().await, "ok");
        // Linking passed because of them.
        assert_ne!(tokens.take("scopes"), json!([]));
        self.hide(&mut tokens, "tokens", &["refresh_token_expires_in"]);
        tokens.done();
    }

    fn renewals(&self) -> usize {
        self.stage.subject.renewals(&self.stage.subject.account(0)).expect("grants are renewed")
    }

    /// The token of the account ends soon, as far as the hub knows.
    async fn ends_soon(&self) {
        let soon = (chrono::Utc::now() + chrono::TimeDelta::seconds(SOON_S)).format("%Y-%m-%dT%H:%M:%S%.6fZ");
        let changed = format!("UPDATE connected_accounts SET token_expires_at = '{soon}'");
        assert_eq!(self.stage.database.change(&changed).await, 1);
    }

    /// Somebody asks for a renewal.
    async fn refresh(&self) -> StatusCode {
        let path = format!("/api/oauth/refresh/{}", self.account().await);
        self.stage.user.post(&path, &json!({})).await.0
    }

    /// The account under which somebody was linked with the recorded profile.
    pub(super) async fn is_linked_as(&mut self, method: &str, account: &str, hidden: &[&str]) {
        let id = self.stage.link_only(&self.stage.user, method, account).await;
        let row = self.stage.account_here(&self.stage.user, &id).await;
        let mut profile = Expected::of(&self.expected.take("profile"), self.expected.whose());
        let (id, urn) = (profile.take("id"), profile.take("urn"));
        assert_eq!(row["platform_user_id"], if urn.is_null() { id } else { urn }, "{row}");
        let names = [profile.take("username"), profile.take("name")];
        assert!(names.contains(&row["platform_username"]), "{names:?}: {row}");
        self.hide(&mut profile, "profile", hidden);
        profile.done();
    }
}
