//! How the core calls a platform: one method per operation, each one line, all through one place that names the call.

use crate::card::Card;
use crate::error::{ErrorKind, PlatformError, Result};
use crate::grant::{Grant, Tokens};
use crate::guards::{Call, Operation};
use crate::platform::{
    ConnectContext, Fetched, History, HistoryPage, Media, OutboundMessage, Parsed, People, Platform, Profile, Progress,
    Sent, Template, Webhook,
};
use crate::throttle::{Budget, Throttle};
use crate::webhook::{
    Callback, Greeting, Inquiry, Inspection, Keys, Previous, Refusal, Subscription, Verified, WebhookRequest,
};
use hub_domain::connect::Answers;
use hub_domain::{AccountId, Attachment, RemoteAccountId, RemoteConversationId, RemoteMessageId, RemoteParticipantId};
use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longest wait for what proving a delivery needs: platforms give up on an answer after some seconds.
const WARM_LIMIT: Duration = Duration::from_millis(2_500);
/// Subscriptions one delivery may name.
const MAX_SUBSCRIPTIONS: usize = 100;

/// A platform behind its guards. Cheap to clone.
#[derive(Clone)]
pub struct PlatformHandle {
    platform: Arc<dyn Platform>,
    throttle: Arc<Throttle>,
}

impl fmt::Debug for PlatformHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlatformHandle({})", self.card().id)
    }
}

impl PlatformHandle {
    /// Puts the guards around a platform.
    pub fn new(platform: Arc<dyn Platform>) -> Self {
        Self { platform, throttle: Arc::default() }
    }

    /// The card.
    pub fn card(&self) -> &Card {
        self.platform.card()
    }

    /// Why it cannot be used; `None` = it can.
    pub fn not_configured(&self) -> Option<String> {
        self.platform.not_configured()
    }

    /// What is left of an account's budgets.
    pub fn budgets(&self, account: AccountId) -> Vec<Budget> {
        self.throttle.budgets(self.card(), account)
    }

    /// Starts linking.
    pub async fn begin(&self, context: &ConnectContext) -> Result<Progress> {
        self.guarded(call(Operation::Connect, None), self.platform.connect().begin(context)).await
    }
    /// Goes on with linking.
    pub async fn resume(&self, context: &ConnectContext, memory: &Value, answers: &Answers) -> Result<Progress> {
        self.guarded(call(Operation::Connect, None), self.platform.connect().resume(context, memory, answers)).await
    }
    /// Renews tokens.
    pub async fn refresh(&self, grant: &Grant) -> Result<Tokens> {
        self.guarded(call(Operation::Refresh, Some(grant)), self.platform.connect().refresh(grant)).await
    }
    /// Takes the permission back.
    pub async fn revoke(&self, grant: &Grant) -> Result<()> {
        self.guarded(call(Operation::Revoke, Some(grant)), self.platform.connect().revoke(grant)).await
    }
    /// Whom answers reach outside.
    pub fn reaches(&self, context: &ConnectContext, memory: &Value, answers: &Answers) -> Option<String> {
        self.platform.connect().reaches(context, memory, answers)
    }
    /// The method by which this adapter would have got a token that an original stored.
    pub fn recognises(&self, token: &str) -> Option<&'static str> {
        self.platform.connect().recognises(token)
    }
    /// Sends.
    pub async fn send(&self, grant: &Grant, message: &OutboundMessage) -> Result<Sent> {
        let mut call = call(Operation::Send, Some(grant));
        call.conversation = Some(message.conversation.as_str().to_owned());
        self.guarded(call, self.platform.outbound().send(grant, message)).await
    }
    /// Tells that messages were read.
    pub async fn mark_read(
        &self,
        grant: &Grant,
        conversation: &RemoteConversationId,
        message: &RemoteMessageId,
    ) -> Result<()> {
        if !self.card().mark_read {
            return Err(PlatformError::unsupported("marking messages as read"));
        }
        let work = self.platform.outbound().mark_read(grant, conversation, message);
        self.guarded(call(Operation::MarkRead, Some(grant)), work).await
    }
    /// Answers a notice.
    pub async fn acknowledge(&self, grant: &Grant, data: &Value) -> Result<()> {
        if self.card().acknowledges.is_empty() {
            return Err(PlatformError::unsupported("answering notices"));
        }
        self.guarded(call(Operation::Acknowledge, Some(grant)), self.platform.outbound().acknowledge(grant, data)).await
    }
    /// Puts the account's reaction to a message there, or takes it away.
    pub async fn react(
        &self,
        grant: &Grant,
        conversation: &RemoteConversationId,
        message: &RemoteMessageId,
        emoji: Option<&str>,
    ) -> Result<()> {
        if !self.card().reactions {
            return Err(PlatformError::unsupported("reacting to messages"));
        }
        let work = self.platform.outbound().react(grant, conversation, message, emoji);
        self.guarded(call(Operation::React, Some(grant)), work).await
    }
    /// Shows that somebody is typing.
    pub async fn typing(
        &self,
        grant: &Grant,
        conversation: &RemoteConversationId,
        latest: Option<&RemoteMessageId>,
    ) -> Result<()> {
        if !self.card().typing {
            return Err(PlatformError::unsupported("showing that somebody is typing"));
        }
        let work = self.platform.outbound().typing(grant, conversation, latest);
        self.guarded(call(Operation::Typing, Some(grant)), work).await
    }
    /// Lists prepared messages.
    pub async fn templates(&self, grant: &Grant) -> Result<Vec<Template>> {
        if !self.card().templates {
            return Err(PlatformError::unsupported("prepared messages"));
        }
        self.guarded(call(Operation::Templates, Some(grant)), self.platform.outbound().templates(grant)).await
    }
    /// Asks who somebody is.
    pub async fn profile(&self, grant: &Grant, person: &RemoteParticipantId) -> Result<Profile> {
        self.guarded(call(Operation::Profile, Some(grant)), self.people()?.profile(grant, person)).await
    }
    /// Fetches somebody's picture.
    pub async fn picture(&self, grant: &Grant, picture: &str, max_bytes: u64) -> Result<Fetched> {
        self.guarded(call(Operation::Fetch, Some(grant)), self.people()?.picture(grant, picture, max_bytes)).await
    }
    /// Asks the platform to call us.
    pub async fn subscribe(&self, grant: &Grant, callback: &Callback) -> Result<Subscription> {
        self.guarded(call(Operation::Subscribe, Some(grant)), self.webhook()?.subscribe(grant, callback)).await
    }
    /// Asks it to stop.
    pub async fn unsubscribe(&self, grant: &Grant, previous: Option<&Previous>) -> Result<()> {
        self.guarded(call(Operation::Subscribe, Some(grant)), self.webhook()?.unsubscribe(grant, previous)).await
    }
    /// Asks how the subscription stands.
    pub async fn inspect(&self, grant: &Grant, inquiry: &Inquiry) -> Result<Inspection> {
        self.guarded(call(Operation::Inspect, Some(grant)), self.webhook()?.inspect(grant, inquiry)).await
    }
    /// Reads on.
    pub async fn pull(&self, grant: &Grant, cursor: Option<&str>, wait: Duration) -> Result<HistoryPage> {
        self.guarded(call(Operation::Pull, Some(grant)), self.history()?.pull(grant, cursor, wait)).await
    }
    /// Makes pulling possible.
    pub async fn prepare_pull(&self, grant: &Grant) -> Result<()> {
        self.guarded(call(Operation::Subscribe, Some(grant)), self.history()?.prepare(grant)).await
    }
    /// Reads once more what was lately said.
    pub async fn lately(&self, grant: &Grant, from: Option<&str>) -> Result<HistoryPage> {
        self.guarded(call(Operation::Pull, Some(grant)), self.history()?.lately(grant, from)).await
    }
    /// Closes what is kept open to read an account.
    pub async fn release(&self, account: AccountId) {
        if let Some(history) = self.platform.history() {
            history.release(account).await;
        }
    }
    /// True when ids of messages say nothing outside of this conversation.
    pub fn counts_apart(&self, conversation: &RemoteConversationId) -> bool {
        self.platform.counts_apart(conversation)
    }
    /// Fetches a file.
    pub async fn fetch(&self, grant: &Grant, attachment: &Attachment, max_bytes: u64) -> Result<Fetched> {
        self.guarded(call(Operation::Fetch, Some(grant)), self.media()?.fetch(grant, attachment, max_bytes)).await
    }

    // Receiving makes no call, so no guard stands before it.

    /// True when the platform can call us.
    pub fn has_webhook(&self) -> bool {
        self.platform.webhook().is_some()
    }
    /// A challenge is answered at once.
    pub fn greet(&self, request: &WebhookRequest, keys: &Keys) -> Result<Option<Greeting>, Refusal> {
        self.platform.webhook().ok_or(Refusal::BadSignature)?.greet(request, keys)
    }
    /// Fetches what proving needs, within a bound; without it, proving fails.
    pub async fn warm(&self, request: &WebhookRequest) {
        let Some(webhook) = self.platform.webhook() else { return };
        if tokio::time::timeout(WARM_LIMIT, webhook.warm(request)).await.is_err() {
            tracing::warn!(platform = %self.card().id, "what proving a delivery needs did not come in time");
        }
    }
    /// The subscriptions a delivery says it belongs to.
    pub fn subscription_ids(&self, request: &WebhookRequest) -> Vec<String> {
        let mut ids = self.platform.webhook().map(|webhook| webhook.subscription_ids(request)).unwrap_or_default();
        ids.truncate(MAX_SUBSCRIPTIONS);
        ids
    }
    /// The digest of the secret the request shows.
    pub fn shown_secret_digest(&self, request: &WebhookRequest) -> Option<[u8; 32]> {
        self.platform.webhook()?.shown_secret_digest(request)
    }
    /// Proves the origin.
    pub fn verify(&self, request: &WebhookRequest, keys: &Keys) -> Result<Verified, Refusal> {
        self.platform.webhook().ok_or(Refusal::BadSignature)?.verify(request, keys)
    }
    /// Reads a proven delivery, or the receipt of what was asked for.
    pub fn parse(&self, delivery: &Verified) -> Result<Vec<Parsed>> {
        match self.platform.webhook() {
            Some(webhook) => webhook.parse(delivery),
            None => self.history()?.told(delivery),
        }
    }
    /// Status and body of a success.
    pub fn accepted(&self) -> (u16, &'static str) {
        self.platform.webhook().map_or((200, r#"{"ok":true}"#), Webhook::accepted)
    }
    /// Whose deliveries a subscription made with this grant brings; `None` = the platform never calls.
    pub fn subscriber(&self, grant: &Grant) -> Option<RemoteAccountId> {
        Some(self.platform.webhook()?.subscriber(grant))
    }
    /// The secret the operator fixed for this account's callback.
    pub fn fixed_callback_secret(&self, grant: &Grant) -> Option<crate::Secret> {
        self.platform.webhook()?.fixed_callback_secret(grant)
    }

    fn webhook(&self) -> Result<&dyn Webhook> {
        self.platform.webhook().ok_or_else(|| PlatformError::unsupported("being called"))
    }
    fn history(&self) -> Result<&dyn History> {
        self.platform.history().ok_or_else(|| PlatformError::unsupported("reading back"))
    }
    fn people(&self) -> Result<&dyn People> {
        self.platform.people().ok_or_else(|| PlatformError::unsupported("asking who somebody is"))
    }
    fn media(&self) -> Result<&dyn Media> {
        self.platform.media().ok_or_else(|| PlatformError::unsupported("fetching files"))
    }

    async fn guarded<T>(&self, call: Call, work: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let started = Instant::now();
        let outcome = match self.admit(&call) {
            Ok(()) => within(call.operation, work).await,
            Err(refusal) => Err(refusal),
        };
        self.report(&call, outcome.as_ref().err(), started.elapsed());
        outcome
    }

    fn admit(&self, call: &Call) -> Result<()> {
        if let Some(why) = self.not_configured() {
            return Err(PlatformError::new(ErrorKind::Misconfigured, why));
        }
        self.throttle.admit(self.card(), call)
    }

    fn report(&self, call: &Call, error: Option<&PlatformError>, took: Duration) {
        let (platform, operation) = (self.card().id.as_str(), call.operation.label());
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        match error {
            None => {
                self.throttle.answered(call);
                tracing::debug!(platform, operation, took_ms, "platform call done");
            }
            Some(error) => {
                match error.kind {
                    ErrorKind::Transient { .. } => self.throttle.trouble(call),
                    // Only an answer of the platform's is one.
                    _ if error.status.is_some() => self.throttle.answered(call),
                    _ => {}
                }
                if let ErrorKind::RateLimited { retry_after: Some(wait) } = error.kind
                    && error.status.is_some()
                {
                    self.throttle.learn(self.card(), call, wait, error.whole_account);
                }
                tracing::warn!(
                    platform,
                    operation,
                    took_ms,
                    kind = error.kind.label(),
                    status = error.status,
                    code = error.remote_code,
                    "platform call failed"
                );
            }
        }
    }
}

fn call(operation: Operation, grant: Option<&Grant>) -> Call {
    Call { operation, account: grant.map(|g| g.account_id), conversation: None }
}

/// A call that takes too long is cut off; a cut-off send may have been applied.
async fn within<T>(operation: Operation, work: impl Future<Output = Result<T>> + Send) -> Result<T> {
    match tokio::time::timeout(operation.limit(), work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(PlatformError::new(
            ErrorKind::Transient { maybe_applied: operation.is_send() },
            "the platform did not answer in time",
        )),
    }
}
