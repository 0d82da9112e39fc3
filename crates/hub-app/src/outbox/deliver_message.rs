//! The job that hands a message to its platform. A message is marked as being sent before the request leaves, so that a
//! crash in between is seen as "nobody knows", never as "send it again".

use super::check::window;
use super::evidence;
use super::outcomes::SendOutcome;
use super::parts::{self, Part};
use super::reports;
use super::send_message::TAG;
use crate::accounts::grants::{call_with, open_grant};
use crate::inbox::{early, seal};
use crate::jobs::{self, Outcome};
use crate::{App, AppError, Result, media};
use chrono::TimeDelta;
use hub_domain::{
    Account, AccountHealth, AccountId, ConversationId, DeliveryStatus, EventBody, Message, MessageId,
    RemoteConversationId, Timestamp, UserId,
};
use hub_platform_kit::platform::{OutboundFile, OutboundMessage, Sent};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, PlatformHandle, Remedy};
use hub_store::NewEvent;
use serde_json::Value;
use std::time::Duration;

/// What is shown while a message that may have arrived waits to be sent again, where the platform drops repeats.
const SENT_AGAIN: &str = "The connection broke; it is sent again.";
/// Tries before an answer that nobody understands, or a mistake of the operator's, is final.
const TRIES: i32 = 8;
/// What this process cannot send is tried again after a quarter of the time it has waited already, and at least this often.
const SLOWEST: Duration = Duration::from_secs(30);
/// How long a message rests whose way only an operator can clear (settings, an empty quota): asking at once changes nothing.
const OPERATOR_REST: Duration = Duration::from_secs(30);
/// Shown when nobody knows.
const NOBODY_KNOWS: &str =
    "The connection broke while sending. The message may have arrived; it is not sent again by itself.";

/// Everything one delivery needs.
struct Delivery<'a> {
    app: &'a App,
    owner: UserId,
    message: Message,
    attempts: i32,
    /// How long ago it was asked for.
    age: TimeDelta,
}

/// Hands a message over that was asked for `since`, or finds out that it need not be.
pub async fn deliver_message(app: &App, id: MessageId, since: Option<Timestamp>, attempts: i32) -> Outcome {
    match try_deliver(app, id, since, attempts).await {
        Ok(outcome) => outcome,
        Err(error) => {
            tracing::warn!(message = %id, %error, "a delivery could not be settled");
            jobs::again(&error)
        }
    }
}

async fn try_deliver(app: &App, id: MessageId, since: Option<Timestamp>, attempts: i32) -> Result<Outcome> {
    let session = app.store().read();
    let Some(stored) = session.messages().many(&[id]).await?.into_iter().next() else { return Ok(Outcome::Done) };
    let found = session.conversations().many(&[stored.conversation_id]).await?.into_iter().next();
    let Some((conversation, owner)) = found else { return Ok(Outcome::Done) };
    let message = seal::open(app.sealer(), stored);
    let age = app.now() - since.unwrap_or(message.created_at);
    let delivery = Delivery { app, owner, message, attempts, age };
    match delivery.message.status {
        Some(DeliveryStatus::Queued) => {}
        // A worker died between marking and settling.
        Some(DeliveryStatus::Sending) => return delivery.resume_after_crash(&conversation.account_id).await,
        _ => return Ok(Outcome::Done),
    }
    let expiry = app.settings().send_expiry;
    if age > TimeDelta::from_std(expiry).unwrap_or(TimeDelta::MAX) {
        let why = format!("It could not be sent within {} hours.", expiry.as_secs() / 3_600);
        return delivery.fail(PlatformError::new(ErrorKind::Rejected, why)).await;
    }
    let (account, grant) = match open_grant(app, conversation.account_id).await {
        Ok(opened) => opened,
        Err(AppError::AccountInactive | AppError::AccountNotFound) => return delivery.not_connected().await,
        Err(AppError::AccountNeedsReauth) => return delivery.needs_reauth().await,
        Err(AppError::Platform { error, .. }) => return delivery.refused(None, false, error).await,
        Err(error) => return Err(error),
    };
    if account.health == AccountHealth::NeedsReauth {
        return delivery.needs_reauth().await;
    }
    let handle = app.handle_of(&account)?;
    // The window may have closed while the message waited.
    let acted = session.conversations().customer_at(conversation.id).await?;
    let extra = &delivery.message.content.details.extra;
    let tag = extra.get(TAG).and_then(Value::as_str);
    let tag = match window(handle.card(), acted, app.now(), tag, extra.contains_key("template")) {
        Ok(tag) => tag,
        Err(closed) => return delivery.fail(PlatformError::new(ErrorKind::Rejected, closed.to_string())).await,
    };
    let address = session.conversations().address(conversation.id).await?;
    let to = Recipient { id: conversation.remote_id, address, tag };
    delivery.hand_over(handle, &account, &grant, to).await
}

/// Whether a message began to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begun {
    Now,
    /// Somebody else has it.
    Elsewhere,
    NotConnected,
    NeedsReauth,
}

/// Where a message goes.
struct Recipient {
    id: RemoteConversationId,
    /// What an answer must carry, as JSON.
    address: Option<String>,
    /// The tag it goes under, when the free window has ended.
    tag: Option<String>,
}

impl Delivery<'_> {
    async fn hand_over(
        &self,
        handle: &PlatformHandle,
        account: &Account,
        grant: &Grant,
        mut to: Recipient,
    ) -> Result<Outcome> {
        let id = self.message.id;
        let files = media::outgoing_files(self.app, self.owner, &self.message.content.attachments).await?;
        let parts = parts::of_message(handle.card(), &self.message);
        let mut moved = false;
        match self.begin(account.id).await? {
            Begun::Now => {}
            Begun::Elsewhere => return Ok(Outcome::Done),
            Begun::NotConnected => return self.not_connected().await,
            Begun::NeedsReauth => return self.needs_reauth().await,
        }
        let mut part = self.app.store().read().messages().parts_taken(id).await?;
        while part < parts.len() {
            let Some(leaving) = parts.get(part) else { break };
            let outbound = self.part(&to, leaving, part, &files);
            let started = self.app.now();
            let leaving = &outbound;
            let send = |grant: Grant| async move { handle.send(&grant, leaving).await };
            match call_with(self.app, account, grant, "send_message", send).await {
                Ok(sent) => {
                    self.took(handle, account, (part, parts.len()), started, &sent).await?;
                    part += 1;
                }
                Err(error) if error.moved_to.is_some() && !moved => {
                    // The conversation has a new id: re-key it and send this part once more.
                    moved = true;
                    let new = RemoteConversationId::new(error.moved_to.unwrap_or_default());
                    self.follow(account, &to.id, &new).await?;
                    to.id = new;
                }
                Err(error) => {
                    // An echo may have told meanwhile what the broken line did not.
                    let known = self.app.store().read().messages().parts_taken(id).await?;
                    if known <= part {
                        return self.refused(Some((handle, account)), true, error).await;
                    }
                    self.whole(handle, known, parts.len()).await?;
                    part = known;
                }
            }
        }
        self.app.outcomes().tell(id, SendOutcome::Sent);
        Ok(Outcome::Done)
    }

    fn part(&self, to: &Recipient, leaving: &Part, part: usize, files: &[OutboundFile]) -> OutboundMessage {
        let details = &self.message.content.details;
        OutboundMessage {
            conversation: to.id.clone(),
            address: to.address.as_deref().and_then(|a| serde_json::from_str(a).ok()),
            text: leaving.text.clone(),
            attachments: files.get(leaving.files.clone()).unwrap_or_default().to_vec(),
            location: details.location.clone(),
            shared_contacts: details.shared_contacts.clone(),
            tag: to.tag.clone(),
            extra: details.extra.iter().filter(|(name, _)| *name != TAG).map(|(n, v)| (n.clone(), v.clone())).collect(),
            // Only the first part answers; the others follow it.
            reply_to: if part == 0 { self.message.reply_to.clone() } else { None },
            client_key: format!("{}:{part}", self.message.id),
        }
    }

    /// Writes down what the platform took, before the next part leaves.
    async fn took(
        &self,
        handle: &PlatformHandle,
        account: &Account,
        (part, parts): (usize, usize),
        started: Timestamp,
        sent: &Sent,
    ) -> Result<()> {
        let now = self.app.now();
        let id = self.message.id;
        let tx = self.app.store().begin().await?;
        // Two conversations may have become one meanwhile. Ids are linked before anything else is held, as when receiving.
        let place = tx.messages().place(id).await?;
        let conversation_id = place.map_or(self.message.conversation_id, |(_, conversation)| conversation);
        if let Some(recipient) = sent.recipient.as_ref().filter(|id| id.fits()) {
            tx.conversations().also_known_as(account.id, conversation_id, recipient, now).await?;
        }
        let mut news = false;
        for (number, remote) in sent.messages.iter().enumerate() {
            news |= tx.messages().add_part(id, (part, number), remote).await?;
        }
        let mut events = Vec::new();
        if part + 1 == parts {
            let first = tx.messages().first_part(id).await?;
            if let Some(remote) = first.as_ref().or(sent.messages.first()) {
                // Without a time of theirs, the moment before it left: reports about "everything until" compare with it.
                // What an echo told before stands.
                let sent_at = sent.at.or(news.then_some(started));
                let delivered = handle.card().taken_is_delivered;
                tx.messages().mark_sent(id, remote, sent.sequence, sent_at, delivered, now).await?;
            }
            let reported = reports::catch_up(&tx, conversation_id).await?;
            let news = std::iter::once(id).chain(reported.into_iter().filter(|other| *other != id));
            events.extend(news.map(|message_id| self.event(EventBody::StatusChanged { message_id, conversation_id })));
        }
        let taken: Vec<_> = sent.messages.iter().map(|remote| (account.id, remote)).collect();
        let early = early::recall(&tx, &taken, now).await?;
        tx.jobs().enqueue_many(&early).await?;
        self.app.commit(tx, events).await?;
        if !early.is_empty() {
            self.app.bus().wake_workers();
        }
        Ok(())
    }

    /// Marks the message as sent when evidence shows that all of its parts were taken.
    async fn whole(&self, handle: &PlatformHandle, known: usize, parts: usize) -> Result<()> {
        if known < parts {
            return Ok(());
        }
        let (id, conversation_id) = (self.message.id, self.message.conversation_id);
        let tx = self.app.store().begin().await?;
        if let Some(first) = tx.messages().first_part(id).await? {
            let delivered = handle.card().taken_is_delivered;
            tx.messages().mark_sent(id, &first, None, None, delivered, self.app.now()).await?;
        }
        let reported = reports::catch_up(&tx, conversation_id).await?;
        let news = std::iter::once(id).chain(reported.into_iter().filter(|other| *other != id));
        let events = news.map(|message_id| self.event(EventBody::StatusChanged { message_id, conversation_id }));
        self.app.commit(tx, events.collect()).await
    }

    async fn follow(&self, account: &Account, from: &RemoteConversationId, to: &RemoteConversationId) -> Result<()> {
        let tx = self.app.store().begin().await?;
        tx.conversations().move_remote(account.id, from, to, self.app.now()).await?;
        let body = EventBody::ConversationUpdated { conversation_id: self.message.conversation_id };
        self.app.commit(tx, vec![self.event(body)]).await
    }

    /// What to do about a platform's error. `sending` = the message is marked as being sent.
    async fn refused(
        &self,
        served: Option<(&PlatformHandle, &Account)>,
        sending: bool,
        error: PlatformError,
    ) -> Result<Outcome> {
        let resend_is_safe = served.is_some_and(|(handle, _)| handle.card().resend_is_safe);
        let why = error.to_string();
        match error.kind.remedy(resend_is_safe) {
            // Trouble that passes is outwaited; what nobody understands is not.
            Remedy::RetryLater | Remedy::RestPlatform
                if self.attempts < TRIES || matches!(error.kind, ErrorKind::Transient { .. }) =>
            {
                let doubt = matches!(error.kind, ErrorKind::Transient { maybe_applied: true }).then_some(SENT_AGAIN);
                self.back_to_queue(sending, doubt).await?;
                let after = matches!(error.kind, ErrorKind::Misconfigured).then_some(OPERATOR_REST);
                Ok(Outcome::Again { after, counts: true, why })
            }
            Remedy::RetryAfter(wait) => {
                self.back_to_queue(sending, None).await?;
                let wait = match error.kind {
                    ErrorKind::NotHere { .. } => wait.max(self.age.to_std().unwrap_or_default() / 4).min(SLOWEST),
                    _ => wait,
                };
                Ok(Outcome::Again { after: Some(wait), counts: false, why })
            }
            Remedy::Unconfirmed => {
                self.nobody_knows(served).await?;
                self.app.outcomes().tell(self.message.id, SendOutcome::Failed(error));
                Ok(Outcome::Done)
            }
            Remedy::MarkAccount => {
                // The platform answered, so whoever waits hears the platform; later sends hear of the account.
                self.fail(error).await
            }
            Remedy::RetryLater | Remedy::RestPlatform | Remedy::Fail => self.fail(error).await,
        }
    }

    /// `doubt` = the platform may have it already; its echo is looked for among such messages.
    async fn back_to_queue(&self, sending: bool, doubt: Option<&str>) -> Result<()> {
        if sending {
            self.advance(&[DeliveryStatus::Sending], DeliveryStatus::Queued, doubt).await?;
        }
        Ok(())
    }

    async fn not_connected(&self) -> Result<Outcome> {
        self.settle(DeliveryStatus::Failed, Some("The account is not connected.")).await?;
        self.app.outcomes().tell(self.message.id, SendOutcome::AccountInactive);
        Ok(Outcome::Done)
    }

    async fn needs_reauth(&self) -> Result<Outcome> {
        self.settle(DeliveryStatus::Failed, Some("The account needs a new sign-in at the platform.")).await?;
        self.app.outcomes().tell(self.message.id, SendOutcome::NeedsReauth);
        Ok(Outcome::Done)
    }

    async fn fail(&self, error: PlatformError) -> Result<Outcome> {
        self.settle(DeliveryStatus::Failed, Some(&error.message)).await?;
        self.app.outcomes().tell(self.message.id, SendOutcome::Failed(error));
        Ok(Outcome::Done)
    }

    /// The worker that had it died. Where the platform drops repeats it is sent again, else nobody knows.
    async fn resume_after_crash(&self, account: &AccountId) -> Result<Outcome> {
        let account = self.app.store().read().accounts().get(*account).await?;
        let handle = account.as_ref().and_then(|a| self.app.handle_of(a).ok().cloned());
        if let Some(handle) = &handle {
            let known = self.app.store().read().messages().parts_taken(self.message.id).await?;
            let parts = parts::of_message(handle.card(), &self.message).len();
            if known >= parts {
                self.whole(handle, known, parts).await?;
                return Ok(Outcome::Done);
            }
        }
        if handle.as_ref().is_some_and(|h| h.card().resend_is_safe) {
            self.back_to_queue(true, Some(SENT_AGAIN)).await?;
            return Ok(Outcome::Again { after: Some(Duration::ZERO), counts: true, why: "the worker died".to_owned() });
        }
        self.nobody_knows(handle.as_ref().zip(account.as_ref())).await?;
        Ok(Outcome::Done)
    }

    /// Marks the message as being sent, unless the account was lost since its grant was opened.
    async fn begin(&self, account: AccountId) -> Result<Begun> {
        let (id, now) = (self.message.id, self.app.now());
        let tx = self.app.store().begin().await?;
        match tx.accounts().get(account).await? {
            None => return Ok(Begun::NotConnected),
            Some(account) if !account.is_active => return Ok(Begun::NotConnected),
            Some(account) if account.health == AccountHealth::NeedsReauth => return Ok(Begun::NeedsReauth),
            Some(_) => {}
        }
        if !tx.messages().set_status(id, &[DeliveryStatus::Queued], DeliveryStatus::Sending, None, now).await? {
            return Ok(Begun::Elsewhere);
        }
        tx.messages().note_try(id, now).await?;
        self.app.commit(tx, Vec::new()).await?;
        Ok(Begun::Now)
    }

    /// The line broke: says so, and looks for evidence where the platform lists what was said.
    async fn nobody_knows(&self, served: Option<(&PlatformHandle, &Account)>) -> Result<()> {
        self.settle(DeliveryStatus::Unconfirmed, Some(NOBODY_KNOWS)).await?;
        match served {
            Some((handle, account)) => evidence::seek(self.app, handle, account.id).await,
            None => Ok(()),
        }
    }

    async fn settle(&self, status: DeliveryStatus, failure: Option<&str>) -> Result<()> {
        self.advance(&[DeliveryStatus::Queued, DeliveryStatus::Sending], status, failure).await.map(|_| ())
    }

    async fn advance(&self, from: &[DeliveryStatus], to: DeliveryStatus, failure: Option<&str>) -> Result<bool> {
        let tx = self.app.store().begin().await?;
        let changed = tx.messages().set_status(self.message.id, from, to, failure, self.app.now()).await?;
        let conversation_id: ConversationId = self.message.conversation_id;
        let body = EventBody::StatusChanged { message_id: self.message.id, conversation_id };
        let told = changed && to != DeliveryStatus::Sending;
        self.app.commit(tx, if told { vec![self.event(body)] } else { Vec::new() }).await?;
        Ok(changed)
    }

    fn event(&self, body: EventBody) -> NewEvent {
        NewEvent { user_id: self.owner, at: self.app.now(), body }
    }
}
