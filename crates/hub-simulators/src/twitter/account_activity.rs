//! Subscriptions of the older account activity API.

use super::call::Call;
use super::problem::{Outcome, Problem};
use super::world::World;
use axum::http::Method;
use serde_json::{Value, json};

const SCOPES: [&str; 4] = ["dm.read", "dm.write", "tweet.read", "users.read"];

impl World {
    /// Everything below `/2/account_activity/`.
    pub(super) fn account_activity(&mut self, call: &Call) -> Outcome {
        let path: Vec<&str> = call.segments.iter().skip(2).map(String::as_str).collect();
        match (&call.method, path.as_slice()) {
            (&Method::POST, ["webhooks", id, "subscriptions", "all"]) => self.subscribe_account(call, id),
            (&Method::GET, ["webhooks", id, "subscriptions", "all"]) => {
                let grant = self.person(call, &SCOPES)?;
                let subscribed = self.accounts.contains(&((*id).to_owned(), grant.user));
                Ok((200, json!({"data": {"subscribed": subscribed}})))
            }
            (&Method::GET, ["webhooks", id, "subscriptions", "all", "list"]) => {
                let app = self.app(call)?;
                let hook = self.hook(&app, id)?;
                let people: Vec<Value> = self
                    .accounts
                    .iter()
                    .filter(|(hook, _)| hook == id)
                    .map(|(_, user)| json!({"user_id": user}))
                    .collect();
                let data = json!({"application_id": app.id, "webhook_id": id, "webhook_url": hook.url, "subscriptions": people});
                Ok((200, json!({"data": data})))
            }
            (&Method::DELETE, ["webhooks", id, "subscriptions", user, "all"]) => {
                let app = self.app(call)?;
                self.hook(&app, id)?;
                self.accounts.remove(&((*id).to_owned(), (*user).to_owned()));
                Ok((200, json!({"data": {"subscribed": false}})))
            }
            (&Method::GET, ["subscriptions", "count"]) => {
                let app = self.app(call)?;
                let count = self.account_count(&app.client_id).to_string();
                let data = json!({"account_name": app.client_id, "subscriptions_count_all": count,
                    "subscriptions_count_direct_messages": "0",
                    "provisioned_count": self.options.max_account_subscriptions.to_string()});
                Ok((200, json!({"data": data})))
            }
            _ => Err(Problem::blank(404, "Not Found", "Not Found")),
        }
    }

    fn subscribe_account(&mut self, call: &Call, id: &str) -> Outcome {
        let grant = self.person(call, &SCOPES)?;
        let app = self.apps.get(&grant.client_id).ok_or_else(Problem::unauthorized)?;
        self.hook(app, id)?;
        let key = (id.to_owned(), grant.user);
        if !self.accounts.contains(&key)
            && self.account_count(&grant.client_id) >= self.options.max_account_subscriptions
        {
            let words = "SubscriptionLimitExceeded: no more subscriptions are allowed";
            return Err(Problem::invalid("webhook_id", id, words));
        }
        self.accounts.insert(key);
        Ok((200, json!({"data": {"subscribed": true}})))
    }

    fn account_count(&self, app: &str) -> usize {
        let own = |hook: &String| self.hooks.get(hook).is_some_and(|hook| hook.app == app);
        self.accounts.iter().filter(|(hook, _)| own(hook)).count()
    }
}
