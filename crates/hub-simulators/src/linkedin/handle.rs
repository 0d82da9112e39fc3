//! Starting the simulator, and working it from Rust.

use super::app::{App, Member, Organization, Role};
use super::deliver::Delivery;
use super::dialog::DialogMode;
use super::faults::Fault;
use super::hooks::Webhook;
use super::images::Image;
use super::limits::Limit;
use super::log::LoggedRequest;
use super::options::LinkedInOptions;
use super::sign::Signing;
use super::state::State;
use super::token::{CODE_LIFE, Grant};
use super::{serve, trickle, urn};
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The whole platform. Copies are the same one.
#[derive(Clone, Debug)]
pub(super) struct Platform {
    state: Arc<Mutex<State>>,
    http: reqwest::Client,
    stop: CancellationToken,
    tasks: TaskTracker,
    changed: Arc<Notify>,
    base_url: Arc<str>,
}

impl Platform {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub(super) fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    pub(super) fn changes(&self) -> Arc<Notify> {
        self.changed.clone()
    }

    pub(super) fn note_change(&self) {
        self.changed.notify_waiters();
    }

    pub(super) async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    pub(super) fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.state().now_ms()
    }
}

/// A running simulator. Ends when dropped.
#[derive(Debug)]
pub struct LinkedInHandle {
    pub(super) platform: Platform,
}

impl Drop for LinkedInHandle {
    fn drop(&mut self) {
        self.platform.stop.cancel();
    }
}

/// Starts the simulator on loopback.
pub async fn start(options: LinkedInOptions) -> std::io::Result<LinkedInHandle> {
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let platform = Platform {
        state: Arc::new(Mutex::new(State::new(options))),
        http: http.timeout(Duration::from_mins(1)).build().map_err(std::io::Error::other)?,
        stop: CancellationToken::new(),
        tasks: TaskTracker::new(),
        changed: Arc::new(Notify::new()),
        base_url: base_url.into(),
    };
    serve::serve(listener, &platform);
    Ok(LinkedInHandle { platform })
}

impl LinkedInHandle {
    /// Its address, in place of both `https://www.linkedin.com` and `https://api.linkedin.com`.
    pub fn base_url(&self) -> &str {
        self.platform.base_url()
    }

    /// Makes an app, or replaces it.
    pub fn create_app(&self, app: App) {
        self.platform.state().apps.insert(app.client_id.clone(), app);
    }

    /// Makes a member, or replaces them.
    pub fn create_member(&self, member: Member) {
        self.platform.state().members.insert(member.id.clone(), member);
    }

    /// Makes an organisation, or replaces it.
    pub fn create_organization(&self, organization: Organization) {
        self.platform.state().organizations.insert(organization.id.clone(), organization);
    }

    /// What a member is on a page from now on; an empty role takes it away, which nobody is told of.
    pub fn set_role(&self, member: &str, organization: &str, role: &str, state: &str) {
        self.platform.set_role(Role {
            member: member.to_owned(),
            organization: organization.to_owned(),
            role: role.to_owned(),
            state: state.to_owned(),
        });
    }

    /// Two members are first-degree connections from now on.
    pub fn connect(&self, one: &str, other: &str) {
        let (one, other) = (one.to_owned(), other.to_owned());
        self.platform.state().connections.extend([(one.clone(), other.clone()), (other, one)]);
    }

    /// What the consent page does, and who decides when it does not ask (`None` = the first member).
    pub fn dialog_mode(&self, mode: DialogMode, member: Option<&str>) {
        let mut state = self.platform.state();
        state.dialog = mode;
        state.dialog_member = member.map(str::to_owned);
    }

    /// An access token without the page.
    pub fn token_for(&self, client_id: &str, member: &str, scopes: &[&str]) -> String {
        self.platform.token_for(client_id, member, scopes)
    }

    /// From now on the platform knows these tokens of a member, as if it had handed them out.
    pub fn knows_tokens(&self, client_id: &str, member: &str, scopes: &[&str], access: &str, refresh: Option<&str>) {
        let grant = Grant::of(client_id, member, scopes);
        let mut state = self.platform.state();
        let now = state.now_ms();
        state.remember(&grant, now);
        // Old enough not to be refused for its youth.
        state.tokens.know(&grant, access, refresh, now - CODE_LIFE);
    }

    /// The member takes everything back that they gave an app: tokens are revoked, subscriptions die, and nobody is told.
    pub fn remove_app(&self, client_id: &str, member: &str) {
        self.platform.state().tokens.revoke_all(client_id, member);
        self.platform.note_change();
    }

    /// Registers an address for notifications, as the developer portal does; the error says why it is not taken.
    pub async fn register_webhook(&self, client_id: &str, url: &str) -> Result<(), String> {
        self.platform.register(client_id, url).await
    }

    /// An address that was registered before the simulator was started; it is challenged again in two hours.
    pub fn knows_webhook(&self, client_id: &str, url: &str) {
        self.platform.knows(client_id, url);
    }

    /// How it stands with an address.
    pub fn webhook(&self, client_id: &str, url: &str) -> Option<Webhook> {
        self.platform.state().webhooks.get(&(client_id.to_owned(), url.to_owned())).cloned()
    }

    /// Pages that an app is subscribed to, as member and organisation, and the address; also those that died and were not
    /// noticed yet.
    pub fn subscriptions(&self, client_id: &str) -> Vec<(String, String, String)> {
        let state = self.platform.state();
        let of_app = state.subscriptions.iter().filter(|(key, _)| key.client_id == client_id);
        of_app.map(|(key, it)| (key.member.clone(), key.organization.clone(), it.webhook.clone())).collect()
    }

    /// Somebody else who has the app's secret is called about a page from now on; false = nobody was called about it.
    pub fn divert(&self, client_id: &str, organization: &str, url: &str) -> bool {
        self.platform.knows(client_id, url);
        let mut state = self.platform.state();
        let mut of_page = state.subscriptions.iter_mut().filter(|(key, _)| key.organization == organization);
        of_page.find(|(key, _)| key.client_id == client_id).is_some_and(|(_, it)| {
            url.clone_into(&mut it.webhook);
            true
        })
    }

    /// An app's subscriptions lead to another of its addresses from now on, and nobody is told; `None` = they are gone.
    pub fn lead_subscriptions(&self, client_id: &str, address: Option<&str>) {
        self.platform.state().subscriptions.retain(|key, it| {
            if let (true, Some(address)) = (key.client_id == client_id, address) {
                address.clone_into(&mut it.webhook);
            }
            key.client_id != client_id || address.is_some()
        });
        self.platform.note_change();
    }

    /// A page posts; gives the URN of the thread, `urn:li:activity:…`.
    pub fn post(&self, organization: &str, text: &str) -> String {
        self.post_as(organization, text, true, None)
    }

    /// The same with everything said: whether it is public, and the ids of the thread and of the post.
    pub fn post_as(&self, organization: &str, text: &str, public: bool, ids: Option<(i64, i64)>) -> String {
        let owner = urn::organization(organization);
        let activity = self.platform.state().add_post(&owner, text, public, ids);
        self.platform.note_change();
        urn::activity(activity)
    }

    /// A member comments on a post, or answers a comment; gives the comment's URN. `None` = there is no such thing.
    pub fn comment(&self, member: &str, on: &str, text: &str) -> Option<String> {
        self.platform.comment(&urn::person(member), on, text, None)
    }

    /// The page comments by hand, on LinkedIn itself.
    pub fn comment_as_page(&self, organization: &str, on: &str, text: &str) -> Option<String> {
        self.platform.comment(&urn::organization(organization), on, text, None)
    }

    /// The same as [`Self::comment`] with an author's URN and an id.
    pub fn comment_with_id(&self, author: &str, on: &str, text: &str, id: i64) -> Option<String> {
        self.platform.comment(author, on, text, Some(id))
    }

    /// A member comments on a post with a picture and no words; gives the comment's URN.
    pub fn comment_with_image(&self, member: &str, on: &str, image: Image) -> Option<String> {
        self.platform.comment_with_image(&urn::person(member), on, image)
    }

    /// What an app wrote in the name of an organisation, in order.
    pub fn written(&self, organization: &str) -> Vec<Written> {
        let owner = urn::organization(organization);
        let state = self.platform.state();
        let by_app = state.comments.values().filter(|it| it.author == owner && it.impersonator.is_some());
        let written = by_app.map(|it| Written {
            urn: it.urn(),
            post: urn::activity(it.activity),
            text: it.text.clone(),
            parent: it.parent.map(|parent| urn::comment(it.activity, parent)),
        });
        written.collect()
    }

    /// Every token and code there is or was.
    pub fn tokens(&self) -> Vec<String> {
        let state = self.platform.state();
        let tokens = &state.tokens;
        tokens.access.keys().chain(tokens.refresh.keys()).chain(tokens.codes.keys()).cloned().collect()
    }

    /// A comment gets other words; tells whether it is there.
    pub fn edit_comment(&self, comment: &str, text: &str) -> bool {
        urn::comment_parts(comment).is_some_and(|(_, id)| self.platform.edit_comment(id, text))
    }

    /// A comment goes; tells whether it was there.
    pub fn delete_comment(&self, comment: &str) -> bool {
        urn::comment_parts(comment).is_some_and(|(_, id)| self.platform.delete_comment(id))
    }

    /// A comment is not shown to apps any longer, or again; lists still count it.
    pub fn hide_comment(&self, comment: &str, hidden: bool) {
        let mut state = self.platform.state();
        if let Some(known) = urn::comment_parts(comment).and_then(|(_, id)| state.comments.get_mut(&id)) {
            known.hidden = hidden;
        }
    }

    /// A member likes a post or a comment.
    pub fn like(&self, member: &str, on: &str) -> bool {
        self.platform.like(member, on)
    }

    /// A member shares a post of a page; gives the URN of what they made.
    pub fn share(&self, member: &str, post: &str, text: &str) -> Option<String> {
        self.platform.share(member, post, text)
    }

    /// A member mentions a page in a post of their own; gives the post's URN.
    pub fn mention(&self, member: &str, organization: &str, text: &str) -> Option<String> {
        self.platform.mention(member, organization, text)
    }

    /// Texts of the comments on a post, the oldest first, with their authors' URNs.
    pub fn comments(&self, post: &str) -> Vec<(String, String)> {
        let state = self.platform.state();
        let Some(activity) = state.post(post).map(|post| post.activity) else { return Vec::new() };
        let listed = state.comments.values().filter(|comment| comment.activity == activity);
        listed.map(|comment| (comment.author.clone(), comment.text.clone())).collect()
    }

    /// A member writes another privately; gives the message's id.
    pub fn write(&self, from: &str, to: &str, text: &str) -> Option<String> {
        self.platform.direct(from, to, text, false)
    }

    /// The same with an invitation to connect, which is no message.
    pub fn invite(&self, from: &str, to: &str, text: &str) -> Option<String> {
        self.platform.direct(from, to, text, true)
    }

    /// A private message gets other words, or goes (`None`); tells whether it is there.
    pub fn rewrite(&self, message: &str, text: Option<&str>) -> bool {
        self.platform.state().rewrite(message, text)
    }

    /// A private message enters the log of its members once more: `SUCCESSFUL_REPLAY` or `FAILURE`.
    pub fn relog(&self, message: &str, status: &str) -> bool {
        self.platform.state().relog(message, status)
    }

    /// Something that is no message enters a member's log.
    pub fn log_other(&self, member: &str, resource: &str) {
        self.platform.state().log_other(member, resource);
    }

    /// Holds notifications back until they are released.
    pub fn hold(&self) {
        self.platform.state().hold = true;
    }

    /// Lets held notifications go: each alone or up to ten together, in their order or backwards.
    pub fn release(&self, together: bool, backwards: bool) {
        self.platform.state().release(together, backwards);
        self.platform.note_change();
    }

    /// Every request is sent twice from now on, or once again.
    pub fn duplicate(&self, on: bool) {
        self.platform.state().duplicate = on;
    }

    /// Notifications say what is in posts and comments, or leave that out.
    pub fn decorate(&self, on: bool) {
        self.platform.state().decorate = on;
    }

    /// Sends any body to an address of an app, signed in a right or a wrong way.
    pub fn send_raw(&self, client_id: &str, url: &str, body: impl Into<Bytes>, signing: Signing) {
        self.platform.state().send_bytes(client_id, url, body.into(), signing);
        self.platform.note_change();
    }

    /// The number of the next notification.
    pub fn number_notifications_from(&self, next: i64) {
        self.platform.state().next_notice = next;
    }

    /// Every try to call a webhook, in order.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.platform.state().deliveries.clone()
    }

    /// Requests that no webhook took yet, and notifications that are held.
    pub fn pending(&self) -> usize {
        let state = self.platform.state();
        state.queue.len() + state.held.len()
    }

    /// The next call of an endpoint goes wrong. The name is the last name in the path (`comments`, `posts`, `accessToken`,
    /// `userinfo`, …), with or without what is done (`comments.CREATE`), or `*` for any.
    pub fn fault(&self, endpoint: &str, fault: Fault) {
        self.platform.state().faults.entry(endpoint.to_owned()).or_default().push_back(fault);
    }

    /// Faults that no call has met yet.
    pub fn faults_left(&self) -> usize {
        self.platform.state().faults.values().map(VecDeque::len).sum()
    }

    /// How often an endpoint may be called a day; `*` = each of the others.
    pub fn limit(&self, endpoint: &str, limit: Limit) {
        self.platform.state().limits.set.insert(endpoint.to_owned(), limit);
    }

    /// Versions that are alive, as `YYYYMM`; `None` = those of the last year.
    pub fn versions(&self, active: Option<&[&str]>) {
        let active = active.map(|active| active.iter().map(|version| (*version).to_owned()).collect());
        self.platform.state().versions = active;
    }

    /// Moves the platform's clock forward.
    pub fn advance(&self, by: Duration) {
        self.platform.state().moved_ms += i64::try_from(by.as_millis()).unwrap_or_default();
        self.platform.note_change();
    }

    /// Sets the platform's clock, which goes on from there: Unix milliseconds.
    pub fn set_clock(&self, now_ms: i64) {
        let mut state = self.platform.state();
        let real = state.now_ms() - state.moved_ms;
        state.moved_ms = now_ms - real;
        drop(state);
        self.platform.note_change();
    }

    /// The platform's clock in Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.platform.now_ms()
    }

    /// What was called, in order.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.platform.state().log.clone()
    }

    /// Waits until `holds` says so, at most for `limit`; tells whether it did.
    pub async fn until(&self, limit: Duration, holds: impl Fn() -> bool) -> bool {
        let waiting = async {
            loop {
                let changed = self.platform.changes().notified_owned();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if holds() {
                    return;
                }
                changed.await;
            }
        };
        tokio::time::timeout(limit, waiting).await.is_ok()
    }

    /// A few invented people comment, answer, change and remove what they said on a page's newest post, and answer the page.
    pub fn trickle(&self, organization: &str, every: Duration) {
        trickle::start(&self.platform, organization, every);
    }

    /// Ends every task.
    pub async fn shutdown(&self) {
        self.platform.stop.cancel();
        self.platform.tasks.close();
        self.platform.tasks.wait().await;
    }
}

/// A comment that an app wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its URN.
    pub urn: String,
    /// URN of the thread.
    pub post: String,
    /// Its words.
    pub text: String,
    /// URN of the comment above it.
    pub parent: Option<String>,
}

impl Platform {
    /// What a member is on a page from now on.
    pub(super) fn set_role(&self, role: Role) {
        let mut state = self.state();
        state.roles.retain(|known| known.member != role.member || known.organization != role.organization);
        if !role.role.is_empty() {
            state.roles.push(role);
        }
        drop(state);
        self.note_change();
    }

    /// An access token without the page.
    pub(super) fn token_for(&self, client_id: &str, member: &str, scopes: &[&str]) -> String {
        let grant = Grant::of(client_id, member, scopes);
        let mut state = self.state();
        let now = state.now_ms();
        state.remember(&grant, now);
        // Old enough not to be refused for its youth.
        state.tokens.issue(&grant, now - CODE_LIFE)
    }

    /// A member writes another privately.
    pub(super) fn direct(&self, from: &str, to: &str, text: &str, invitation: bool) -> Option<String> {
        let mut state = self.state();
        if !state.members.contains_key(from) || !state.members.contains_key(to) {
            return None;
        }
        let thread = state.thread_of(&[from, to]);
        let id = state.write(from, &thread, text, "", invitation);
        drop(state);
        self.note_change();
        id
    }
}
