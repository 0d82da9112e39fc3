//! Instagram accounts under the suite: those that sign in with Instagram, and those behind a page.

use super::meta::{self, APP, APP_SECRET, VERIFY_TOKEN};
use hub_simulators::facebook::{self, FacebookHandle, FacebookOptions, Page};
use hub_simulators::instagram::{self, InstagramHandle, InstagramOptions};
use hub_simulators::meta::inbox::Inboxes;
use hub_simulators::meta::{App, Meta, TokenKind};
use hub_testkit::conformance::subject::{Act, Challenge, Decision, Fate, Fault, File, Form, Got, Said, Subject};
use serde_json::Value;
use std::time::Duration;

/// Professional accounts, and the pages before them.
const ACCOUNTS: [(&str, &str); 2] = [("17841405822304911", "first.tests"), ("17841405822304912", "second.tests")];
const PAGES: [&str; 2] = ["682498302938461", "682498302938462"];
/// Who signs in with Facebook.
const OWNER: &str = "100200300400500";
const BY_INSTAGRAM: &str = "instagram_login";
const BY_FACEBOOK: &str = "facebook_login";
const OBJECT: &str = "instagram";
const FIELDS: [&str; 5] = ["messages", "messaging_postbacks", "messaging_seen", "message_reactions", "message_edit"];

/// `BEHIND_A_PAGE`: the suite's accounts are linked with Facebook.
pub(crate) struct Instagram<const BEHIND_A_PAGE: bool> {
    pub(crate) platform: InstagramHandle,
    /// Where accounts behind a page are.
    pages: FacebookHandle,
}

impl<const BEHIND_A_PAGE: bool> Instagram<BEHIND_A_PAGE> {
    fn meta(&self) -> &Meta {
        if BEHIND_A_PAGE { self.pages.meta() } else { self.platform.meta() }
    }

    /// What is subscribed for an account: itself, or its page.
    fn subscribed(account: &str) -> &str {
        if BEHIND_A_PAGE { PAGES[place(account)] } else { account }
    }

    fn inboxes(&self) -> &Inboxes {
        if BEHIND_A_PAGE { self.pages.inboxes() } else { self.platform.inboxes() }
    }
}

fn place(account: &str) -> usize {
    ACCOUNTS.iter().position(|(id, _)| *id == account).expect("one of the two accounts")
}

impl<const BEHIND_A_PAGE: bool> Subject for Instagram<BEHIND_A_PAGE> {
    const CARD: &'static str = "instagram";
    const METHOD: &'static str = if BEHIND_A_PAGE { BY_FACEBOOK } else { BY_INSTAGRAM };

    async fn start() -> Self {
        let platform = instagram::start(InstagramOptions::default()).await.expect("the simulator starts");
        let pages = facebook::start(FacebookOptions::default()).await.expect("the simulator starts");
        for meta in [platform.meta(), pages.meta()] {
            meta.create_app(App::new(APP, APP_SECRET));
        }
        for ((id, name), page) in ACCOUNTS.into_iter().zip(PAGES) {
            platform.create_account(id, name);
            pages.create_page(OWNER, Page::new(page, name).with_instagram(id, name));
        }
        Self { platform, pages }
    }

    /// The address is named on the app's dashboard.
    async fn set_up(&self, hub: &str) {
        let address = format!("{hub}/api/webhooks/instagram");
        let named = self.meta().subscribe_app(APP, OBJECT, &address, VERIFY_TOKEN, &FIELDS).await;
        named.expect("the address is checked");
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("FACEBOOK_APP_ID", APP.to_owned()),
            ("FACEBOOK_APP_SECRET", APP_SECRET.to_owned()),
            ("FACEBOOK_VERIFY_TOKEN", VERIFY_TOKEN.to_owned()),
            ("FACEBOOK_GRAPH_BASE_URL", self.pages.graph_base_url().to_owned()),
            ("FACEBOOK_DIALOG_BASE_URL", self.pages.dialog_base_url().to_owned()),
            ("INSTAGRAM_APP_ID", APP.to_owned()),
            ("INSTAGRAM_APP_SECRET", APP_SECRET.to_owned()),
            ("INSTAGRAM_VERIFY_TOKEN", VERIFY_TOKEN.to_owned()),
            ("INSTAGRAM_GRAPH_BASE_URL", self.platform.graph_base_url().to_owned()),
            ("INSTAGRAM_API_BASE_URL", self.platform.api_base_url().to_owned()),
            ("INSTAGRAM_DIALOG_BASE_URL", self.platform.dialog_base_url().to_owned()),
        ]
    }

    fn secrets(&self) -> Vec<String> {
        meta::secrets([self.platform.meta(), self.pages.meta()])
    }

    fn account(&self, number: usize) -> String {
        ACCOUNTS[number].0.to_owned()
    }

    fn person(&self, number: usize) -> String {
        meta::person(number)
    }

    fn form(&self, _method: &str, _account: &str) -> Option<Form> {
        None
    }

    /// Whoever signs in with Instagram is the account; with Facebook, pages are granted.
    async fn consent(&self, method: &str, page: &str, decision: Decision<'_>) -> Option<String> {
        let granted = if let Decision::Accept(granted) = decision { granted } else { &[] };
        if method == BY_INSTAGRAM {
            let user = granted.first().map_or(ACCOUNTS[0].0, String::as_str);
            return meta::consent(page, user, &[], decision).await;
        }
        let pages: Vec<String> = granted.iter().map(|account| PAGES[place(account)].to_owned()).collect();
        meta::consent(page, OWNER, &pages, decision).await
    }

    fn choice(&self, method: &str, account: &str) -> String {
        if method == BY_INSTAGRAM { account.to_owned() } else { PAGES[place(account)].to_owned() }
    }

    fn is_called(&self, account: &str) -> bool {
        let meta = self.meta();
        meta.subscription(Self::subscribed(account), APP).is_some() && meta.hook(APP, OBJECT).is_some()
    }

    /// Instagram has no call that takes its own sign-in back. A page stays subscribed, for it may be an account of its own; what
    /// it was subscribed with is taken back.
    fn is_free(&self, account: &str) -> bool {
        let meta = self.meta();
        if BEHIND_A_PAGE {
            !meta.tokens().iter().any(|token| token.kind == TokenKind::User && token.dead.is_none())
        } else {
            meta.subscription(account, APP).is_none()
        }
    }

    /// A page's token has no end.
    fn renewals(&self, _account: &str) -> Option<usize> {
        let asked = || {
            let requests = self.meta().requests();
            requests.iter().filter(|request| request.path.ends_with("refresh_access_token")).count()
        };
        (!BEHIND_A_PAGE).then(asked)
    }

    fn pass(&self, time: Duration) {
        self.meta().advance(time);
    }

    fn say(&self, account: &str, person: &str, words: &str) -> String {
        self.inboxes().say(account, person, words)
    }

    fn act(&self, account: &str, person: &str, act: &Act<'_>) -> bool {
        meta::act(self.inboxes(), account, person, act, true)
    }

    fn attach(&self, account: &str, person: &str, file: &File, fate: Fate) -> bool {
        meta::attach(self.inboxes(), account, person, file, fate)
    }

    fn elsewhere(&self, account: &str, person: &str, words: &str) -> bool {
        self.inboxes().write_in_inbox(account, person, words);
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
        meta::got(self.inboxes(), account)
    }

    fn fault(&self, _account: &str, fault: Fault) -> bool {
        meta::fault(self.meta(), fault);
        true
    }

    async fn fall_silent(&self, _account: &str, silent: bool) -> bool {
        if silent {
            self.meta().hold();
        } else {
            self.meta().release(false);
        }
        true
    }

    fn report(&self, account: &str, person: &str, _message: &str, status: &str) -> bool {
        meta::report(self.inboxes(), account, person, status, false)
    }

    fn template(&self) -> Option<Value> {
        None
    }
}

hub_testkit::conformance!(Instagram<false>);

mod behind_a_page {
    use super::*;
    hub_testkit::conformance!(Instagram<true>);
}
