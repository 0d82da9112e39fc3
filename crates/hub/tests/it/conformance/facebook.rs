//! Facebook pages under the suite.

use super::meta::{self, APP, APP_SECRET, VERIFY_TOKEN};
use hub_simulators::facebook::{self, FacebookHandle, FacebookOptions, Page};
use hub_simulators::meta::{App, Meta, TokenKind};
use hub_testkit::conformance::subject::{Act, Challenge, Decision, Fate, Fault, File, Form, Got, Said, Subject};
use serde_json::Value;

/// Who signs in, and their pages.
pub(super) const OWNER: &str = "100200300400500";
const PAGES: [(&str, &str); 2] = [("682498302938461", "First Tests Shop"), ("682498302938462", "Second Tests Shop")];
const OBJECT: &str = "page";

pub(crate) struct Facebook {
    platform: FacebookHandle,
}

impl Facebook {
    pub(super) fn meta(&self) -> &Meta {
        self.platform.meta()
    }
}

impl Subject for Facebook {
    const CARD: &'static str = "facebook";
    const METHOD: &'static str = "facebook_login";

    async fn start() -> Self {
        let platform = facebook::start(FacebookOptions::default()).await.expect("the simulator starts");
        platform.meta().create_app(App::new(APP, APP_SECRET));
        for (id, name) in PAGES {
            platform.create_page(OWNER, Page::new(id, name));
        }
        Self { platform }
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("FACEBOOK_APP_ID", APP.to_owned()),
            ("FACEBOOK_APP_SECRET", APP_SECRET.to_owned()),
            ("FACEBOOK_VERIFY_TOKEN", VERIFY_TOKEN.to_owned()),
            ("FACEBOOK_GRAPH_BASE_URL", self.platform.graph_base_url().to_owned()),
            ("FACEBOOK_DIALOG_BASE_URL", self.platform.dialog_base_url().to_owned()),
        ]
    }

    fn secrets(&self) -> Vec<String> {
        meta::secrets([self.platform.meta()])
    }

    fn account(&self, number: usize) -> String {
        PAGES[number].0.to_owned()
    }

    fn person(&self, number: usize) -> String {
        meta::person(number)
    }

    fn form(&self, _method: &str, _account: &str) -> Option<Form> {
        None
    }

    async fn consent(&self, _method: &str, page: &str, decision: Decision<'_>) -> Option<String> {
        let pages = if let Decision::Accept(granted) = decision { granted } else { &[] };
        meta::consent(page, OWNER, pages, decision).await
    }

    fn is_called(&self, account: &str) -> bool {
        let meta = self.platform.meta();
        meta.subscription(account, APP).is_some() && meta.hook(APP, OBJECT).is_some()
    }

    fn is_free(&self, account: &str) -> bool {
        let meta = self.platform.meta();
        let lives = |kind: TokenKind| meta.tokens().iter().any(|token| token.kind == kind && token.dead.is_none());
        meta.subscription(account, APP).is_none() && !lives(TokenKind::User)
    }

    /// A page's token has no end.
    fn renewals(&self, _account: &str) -> Option<usize> {
        None
    }

    fn say(&self, account: &str, person: &str, words: &str) -> String {
        self.platform.inboxes().say(account, person, words)
    }

    /// Pages are not told of what is taken back.
    fn act(&self, account: &str, person: &str, act: &Act<'_>) -> bool {
        meta::act(self.platform.inboxes(), account, person, act, false)
    }

    fn attach(&self, account: &str, person: &str, file: &File, fate: Fate) -> bool {
        meta::attach(self.platform.inboxes(), account, person, file, fate)
    }

    fn elsewhere(&self, account: &str, person: &str, words: &str) -> bool {
        self.platform.inboxes().write_in_inbox(account, person, words);
        true
    }

    fn proof(&self, body: &[u8]) -> (&'static str, String) {
        meta::proof(body)
    }

    fn event(&self, account: &str, said: &Said<'_>) -> Value {
        meta::event(account, said)
    }

    fn unreadable(&self, account: &str, said: &Said<'_>) -> Value {
        meta::unreadable(account, said)
    }

    fn deliveries(&self, account: &str, events: Vec<Value>) -> Vec<Value> {
        vec![meta::delivery(OBJECT, account, &events)]
    }

    fn strange(&self, account: &str) -> Vec<Value> {
        meta::strange(OBJECT, account)
    }

    fn challenge(&self) -> Option<Challenge> {
        Some(meta::challenge())
    }

    fn got(&self, account: &str) -> Vec<Got> {
        meta::got(self.platform.inboxes(), account)
    }

    fn fault(&self, _account: &str, fault: Fault) -> bool {
        meta::fault(self.platform.meta(), fault);
        true
    }

    async fn fall_silent(&self, _account: &str, silent: bool) -> bool {
        if silent {
            self.platform.meta().hold();
        } else {
            self.platform.meta().release(false);
        }
        true
    }

    fn report(&self, account: &str, person: &str, _message: &str, status: &str) -> bool {
        meta::report(self.platform.inboxes(), account, person, status, true)
    }

    fn template(&self) -> Option<Value> {
        None
    }
}

hub_testkit::conformance!(Facebook);
