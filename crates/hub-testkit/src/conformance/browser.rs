//! A person's browser, as far as linking needs one: it keeps the hub's cookie and follows by hand.

use super::{Stage, Subject};
use crate::{Client, PATIENCE};
use reqwest::{Method, RequestBuilder, header};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use url::Url;

/// Pages the hub may lead to between the platform and the front end.
const MAX_PAGES: usize = 4;

/// One browser.
#[derive(Clone, Debug)]
pub struct Browser {
    http: reqwest::Client,
    cookie: Option<String>,
}

/// What came.
#[derive(Clone, Debug)]
pub struct Page {
    /// HTTP status.
    pub status: u16,
    /// Where it leads.
    pub location: Option<String>,
    /// What it shows.
    pub body: String,
}

/// Where linking ended: the parameters of the front end's page, and the choices that were shown on the way.
#[derive(Clone, Debug)]
pub struct Landing {
    /// Parameters of the front end's page.
    pub told: BTreeMap<String, String>,
    /// Ids that could be chosen.
    pub choices: Vec<String>,
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl Browser {
    /// A fresh one.
    pub fn new() -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE);
        Self { http: http.build().expect("a client"), cookie: None }
    }

    /// One that holds another value than the hub gave to anybody.
    pub fn of_somebody_else() -> Self {
        Self { cookie: Some("f".repeat(64)), ..Self::new() }
    }

    /// Begins to link; gives the page to go to and the attempt's key.
    pub async fn begin(&mut self, user: &Client, platform: &str, method: &str) -> (String, String) {
        let path = format!("/api/oauth/connect/{platform}");
        let page = self.send(user.request(Method::POST, &path).json(&json!({ "method": method }))).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let told: Value = serde_json::from_str(&page.body).expect("JSON");
        let text = |name: &str| told[name].as_str().unwrap_or_else(|| panic!("{name} is missing: {told}")).to_owned();
        (text("authorizationUrl"), text("state"))
    }

    /// Opens an address.
    pub async fn get(&mut self, url: &str) -> Page {
        let request = self.http.get(url);
        self.send(request).await
    }

    /// Sends a form.
    pub async fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> Page {
        let request = self.http.post(url).form(fields);
        self.send(request).await
    }

    async fn send(&mut self, mut request: RequestBuilder) -> Page {
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, format!("hub_oauth={cookie}"));
        }
        let answer = request.send().await.expect("an answer");
        for set in answer.headers().get_all(header::SET_COOKIE) {
            let set = set.to_str().expect("text");
            if let Some(value) = set.strip_prefix("hub_oauth=") {
                assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
                self.cookie = value.split(';').next().map(str::to_owned);
            }
        }
        let location = answer.headers().get(header::LOCATION).map(|to| to.to_str().expect("text").to_owned());
        Page { status: answer.status().as_u16(), location, body: answer.text().await.expect("a body") }
    }

    /// Comes back from the platform and answers what the hub asks, choosing `choice` where there is one; gives where it ends.
    pub async fn come_back<S: Subject>(&mut self, stage: &Stage<S>, url: &str, choice: Option<&str>) -> Landing {
        let mut page = self.get(without_fragment(url)).await;
        let mut choices = Vec::new();
        for _ in 0..MAX_PAGES {
            stage.shows_no_secret(&format!("{page:?}"));
            let to = page.location.clone().unwrap_or_else(|| panic!("it leads nowhere: {page:?}"));
            let url = Url::parse(&stage.hub.base).expect("an address").join(&to).expect("an address");
            if url.path() != "/api/oauth/continue" {
                assert_eq!(url.path(), "/connect", "the front end's page");
                return Landing { told: url.query_pairs().into_owned().collect(), choices };
            }
            let asked = self.get(url.as_str()).await;
            stage.shows_no_secret(&format!("{asked:?}"));
            assert_eq!(asked.status, 200, "the hub asks: {}", asked.body);
            choices = values(&asked.body, "choice");
            let state = values(&asked.body, "state").pop().expect("the form names its attempt");
            let chosen = choice.map(str::to_owned).or_else(|| choices.first().cloned());
            let mut fields = vec![("state", state.as_str()), ("action", "link")];
            if let (Some(chosen), false) = (&chosen, choices.is_empty()) {
                fields.push(("choice", chosen));
            }
            page = self.post(&format!("{}/api/oauth/continue", stage.hub.base), &fields).await;
        }
        panic!("the hub asks without end");
    }
}

/// Browsers keep what follows `#` to themselves.
fn without_fragment(url: &str) -> &str {
    url.split('#').next().unwrap_or(url)
}

/// Values of the fields with this name in a page.
pub fn values(page: &str, name: &str) -> Vec<String> {
    let attribute = |tag: &str, name: &str| {
        let value = tag.split_once(&format!("{name}=\""))?.1.split('"').next()?;
        Some(value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    };
    let tags = page.split('<').filter(|tag| tag.starts_with("input"));
    tags.filter(|tag| attribute(tag, "name").as_deref() == Some(name))
        .filter_map(|tag| attribute(tag, "value"))
        .collect()
}
