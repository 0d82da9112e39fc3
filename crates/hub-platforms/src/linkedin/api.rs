//! Typed calls, one function per endpoint.

use super::errors::odd_answer;
use super::rest::{Call, Rest, said_at};
use super::urn::{CommentUrn, encode};
use super::wire::{elements, has_next, name_of, text};
use super::{Settings, urn};
use hub_domain::Timestamp;
use hub_platform_kit::fetch::FetchRules;
use hub_platform_kit::platform::Fetched;
use hub_platform_kit::transport::Transport;
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use reqwest::Method;
use serde_json::{Value, json};

/// What the hub wants to hear of a page.
pub(super) const EVENT: &str = "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS";
/// Notifications that say something for an inbox, as they are asked for.
const ACTIONS: &str = "List(COMMENT,ADMIN_COMMENT,COMMENT_EDIT,COMMENT_DELETE)";
/// Pages of organisations that are read, and organisations on one.
const MAX_LISTS: usize = 10;
const ROLES_PER_LIST: &str = "100";
/// Comments asked for at once.
pub(super) const COMMENTS: usize = 100;
/// Notifications asked for at once.
pub(super) const NOTIFICATIONS: usize = 20;
/// Posts asked for; older ones rest.
const POSTS: &str = "30";
/// Entries of a member's log asked for at once; the platform allows 10 to 50.
const LOG_ENTRIES: &str = "50";
/// Hosts that pictures lie on.
const PICTURE_HOSTS: &[&str] = &["licdn.com"];

/// A person, as they signed in.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// Their URN.
    pub(super) urn: String,
    /// Their name.
    pub(super) name: Option<String>,
    /// Address of their picture; it ends.
    pub(super) picture: Option<String>,
}

/// The REST API as pages and members use it.
#[derive(Clone, Debug)]
pub(super) struct Api {
    pub(super) rest: Rest,
    loopback_media: bool,
}

impl Api {
    pub(super) fn new(transport: Transport, settings: &Settings) -> Self {
        Self { rest: Rest::new(transport, settings), loopback_media: settings.loopback_media }
    }

    fn get<'a>(&'a self, path: impl Into<String>, token: &'a str, account: &'a str) -> Call<'a> {
        self.rest.call(Method::GET, path.into(), token, account)
    }

    /// Whose token it is.
    pub(super) async fn me(&self, token: &str) -> Result<Person> {
        let me = self.get("v2/userinfo", token, "").unversioned().ask().await?;
        person(&me).ok_or_else(odd_answer)
    }

    /// The pages that a person administers.
    pub(super) async fn pages(&self, token: &str) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let mut start = 0;
        for _ in 0..MAX_LISTS {
            let call = self.get("rest/organizationAcls", token, "").query("q", "roleAssignee");
            let call = call.query("role", "ADMINISTRATOR").query("state", "APPROVED");
            let listing = call.query("start", &start.to_string()).query("count", ROLES_PER_LIST).ask().await?;
            found.extend(connectable(&listing));
            let listed = elements(&listing, "elements").len();
            start += listed;
            if listed == 0 || !has_next(&listing) {
                break;
            }
        }
        Ok(found)
    }

    /// The name of a member, where LinkedIn tells it.
    pub(super) async fn member_name(&self, grant: &Grant, id: &str) -> Result<Option<String>> {
        let path = format!("rest/people/(id:{})", encode(id));
        let member = self.get(path, grant.token(), grant.remote_id.as_str()).ask().await?;
        let names = [text(&member, "localizedFirstName"), text(&member, "localizedLastName")];
        let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
        Ok((!name.is_empty()).then_some(name))
    }

    /// The name of a page.
    pub(super) async fn page_name(&self, token: &str, organization: &str) -> Result<Option<String>> {
        let id = urn::id(organization, "organization").ok_or_else(odd_answer)?;
        let page = self.get(format!("rest/organizations/{}", encode(id)), token, "").ask().await?;
        Ok(text(&page, "localizedName").or_else(|| text(&page, "vanityName")))
    }

    /// The newest posts of a page, and the platform's clock.
    pub(super) async fn posts(&self, grant: &Grant) -> Result<(Value, Option<Timestamp>)> {
        let page = grant.remote_id.as_str();
        let call = self.get("rest/posts", grant.token(), page).action("FINDER");
        let call = call.query("author", page).query("q", "author").query("count", POSTS);
        let (listing, answer) = call.ask_whole().await?;
        Ok((listing, said_at(&answer)))
    }

    /// Comments of a post, or answers to a comment.
    pub(super) async fn comments(&self, grant: &Grant, on: &str, start: usize) -> Result<Value> {
        let path = format!("rest/socialActions/{}/comments", encode(on));
        let call = self.get(path, grant.token(), grant.remote_id.as_str());
        call.query("start", &start.to_string()).query("count", &COMMENTS.to_string()).ask().await
    }

    /// One comment.
    pub(super) async fn comment(&self, grant: &Grant, comment: &CommentUrn) -> Result<Value> {
        let path = format!("rest/socialActions/{}/comments/{}", encode(&comment.thread), comment.number);
        self.get(path, grant.token(), grant.remote_id.as_str()).ask().await
    }

    /// Writes a comment; answers with what became of it and the number in the header.
    pub(super) async fn write(&self, grant: &Grant, on: &str, body: Value) -> Result<(Value, Option<i64>)> {
        let path = format!("rest/socialActions/{}/comments", encode(on));
        let call = self.rest.call(Method::POST, path, grant.token(), grant.remote_id.as_str());
        let (said, answer) = call.json(body).sends().ask_whole().await?;
        Ok((said, answer.header("x-restli-id").and_then(|id| id.trim().parse().ok())))
    }

    /// What was told of a page since a time, also to those who missed it.
    pub(super) async fn notifications(&self, grant: &Grant, since_ms: i64, start: usize) -> Result<Value> {
        let page = grant.remote_id.as_str();
        let call = self.get("rest/organizationalEntityNotifications", grant.token(), page).query("q", "criteria");
        let call = call.raw_query("actions", ACTIONS).query("organizationalEntity", page);
        let call = call.raw_query("timeRange", &format!("(start:{since_ms})"));
        call.query("start", &start.to_string()).query("count", &NOTIFICATIONS.to_string()).ask().await
    }

    /// Where the page's notifications go; `None` = there is no subscription.
    pub(super) async fn subscribed(&self, grant: &Grant, key: &str) -> Result<Option<String>> {
        let path = format!("rest/eventSubscriptions/{key}");
        match self.get(path, grant.token(), grant.remote_id.as_str()).ask().await {
            Ok(found) => Ok(text(&found, "webhook")),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Subscribes the page.
    pub(super) async fn subscribe(&self, grant: &Grant, key: &str, webhook: &str) -> Result<()> {
        let path = format!("rest/eventSubscriptions/{key}");
        let call = self.rest.call(Method::PUT, path, grant.token(), grant.remote_id.as_str());
        call.json(json!({ "webhook": webhook })).ask().await.map(|_| ())
    }

    /// Ends the page's subscription; one that is gone is fine.
    pub(super) async fn unsubscribe(&self, grant: &Grant, key: &str) -> Result<()> {
        let path = format!("rest/eventSubscriptions/{key}");
        let call = self.rest.call(Method::DELETE, path, grant.token(), grant.remote_id.as_str());
        match call.ask().await {
            Ok(_) => Ok(()),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Sends a private message; answers with its id, where one is told.
    pub(super) async fn message(&self, grant: &Grant, body: Value) -> Result<Option<String>> {
        let call = self.rest.call(Method::POST, "v2/messages".to_owned(), grant.token(), grant.remote_id.as_str());
        let (said, answer) = call.unversioned().json(body).sends().ask_whole().await?;
        let header = answer.header("x-restli-id").map(str::to_owned);
        Ok(header.filter(|id| !id.is_empty()).or_else(|| text(&said, "value")).or_else(|| text(&said, "id")))
    }

    /// What happened to a member since a time.
    pub(super) async fn log(&self, grant: &Grant, since_ms: i64) -> Result<Value> {
        let call = self.get("rest/memberChangeLogs", grant.token(), grant.remote_id.as_str()).portability();
        let call = call.query("q", "memberAndApplication").query("startTime", &since_ms.to_string());
        call.query("count", LOG_ENTRIES).ask().await
    }

    /// A member's old messages; `None` when there are none.
    pub(super) async fn old_messages(&self, grant: &Grant, start: usize) -> Result<Option<Value>> {
        let call = self.get("rest/memberSnapshotData", grant.token(), grant.remote_id.as_str()).portability();
        let call = call.query("q", "criteria").query("domain", "INBOX").query("start", &start.to_string());
        match call.ask().await {
            Ok(rows) => Ok(Some(rows)),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The bytes of a picture, by its name or its address.
    pub(super) async fn picture(&self, grant: &Grant, picture: &str, max_bytes: u64) -> Result<Fetched> {
        let address = match urn::simple(picture) {
            Some(name) => {
                let path = format!("rest/images/{}", encode(name));
                let image = self.get(path, grant.token(), grant.remote_id.as_str()).ask().await?;
                text(&image, "downloadUrl").ok_or_else(odd_answer)?
            }
            None => picture.to_owned(),
        };
        let rules = FetchRules { hosts: PICTURE_HOSTS, loopback: self.loopback_media };
        // The address is its own permission, so no token goes along.
        let answer = self.rest.transport.fetch(&address, None, rules, max_bytes).await?;
        match answer.status {
            200 => Ok(Fetched { bytes: answer.body, mime_type: answer.content_type }),
            403 | 404 | 410 => Err(PlatformError::new(ErrorKind::NotFound, "the picture is gone")),
            status => {
                let kind = ErrorKind::Transient { maybe_applied: false };
                Err(PlatformError::new(kind, "the picture could not be fetched").with_status(status))
            }
        }
    }
}

/// Reads who signed in.
pub(super) fn person(me: &Value) -> Option<Person> {
    let sub = text(me, "sub")?;
    let urn = urn::simple(&urn::person(&sub))?.to_owned();
    Some(Person { urn, name: text(me, "name").or_else(|| text(me, "given_name")), picture: text(me, "picture") })
}

/// The organisations of a list that can be linked: only administrators may subscribe, and only once they are approved.
pub(super) fn connectable(listing: &Value) -> Vec<String> {
    let may = |one: &&Value| {
        one.get("role").and_then(Value::as_str) == Some("ADMINISTRATOR")
            && one.get("state").and_then(Value::as_str) == Some("APPROVED")
    };
    let names = elements(listing, "elements").iter().filter(may).filter_map(|one| name_of(one, "organization"));
    names.filter(|urn| urn::is_organization(urn)).collect()
}
