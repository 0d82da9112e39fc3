//! The one door: applies what arrived, pushed, pulled or streamed, to the database. Uniqueness in the database decides what
//! is new; nothing is remembered here.

use super::ingest_changes::{self, Change};
use super::lane::{Delivery, Stored};
use super::settle::{Again, settle};
use super::{early, echo, heard, seal};
use crate::clock::new_id;
use crate::{App, accounts::profiles, jobs};
use chrono::TimeDelta;
use hub_domain::inbound::{Inbound, InboundBody, InboundMessage};
use hub_domain::{
    Account, AccountId, Attachment, ConversationId, DeliveryStatus, Direction, EventBody, MessageId, PlatformId,
    RemoteConversationId, RemoteMessageId, Timestamp, Verdict, text,
};
use hub_platform_kit::platform::Parsed;
use hub_store::{
    Bump, ConversationKey, Located, NewEvent, NewJob, NewMessage, OtherPerson, StoreError, Tx, UpsertConversation,
};
use std::collections::{HashMap, HashSet};

/// What a platform pushes this long after it was said was missed meanwhile: deliveries take seconds.
const LATE: TimeDelta = TimeDelta::minutes(2);

/// Accounts by adapter and id at the platform.
pub(crate) type Accounts = HashMap<(PlatformId, String), Vec<Account>>;

/// What a transaction leaves to be said and done after its commit.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// To be told to clients.
    pub(crate) events: Vec<NewEvent>,
    /// To be done by workers.
    pub(crate) jobs: Vec<NewJob>,
    /// True once jobs were enqueued.
    pub(crate) enqueued: bool,
    /// Accounts that something arrived for, and when.
    pub(crate) heard: Vec<(AccountId, Timestamp)>,
    /// What became of each delivery.
    pub(crate) stored: Vec<Stored>,
    /// What became of single things: the delivery, the item in it, and how it ended for an account.
    pub(crate) verdicts: Vec<(usize, usize, Verdict)>,
    /// Why something of a delivery could not be applied.
    pub(crate) faults: HashMap<usize, String>,
}

/// Applies a batch with few statements. Any error means: nothing of it stands.
pub(crate) async fn apply(app: &App, tx: &Tx, batch: &[Delivery]) -> Result<Effects, StoreError> {
    let now = app.now();
    let fresh = new_receipts(tx, batch).await?;
    let again = Again::hold(tx, batch).await?;
    let accounts = accounts_of(app, tx, batch).await?;
    let mut effects = Effects { stored: vec![Stored::default(); batch.len()], ..Effects::default() };

    let mut arrivals = Vec::new();
    let mut changes = Vec::new();
    for (position, delivery) in batch.iter().enumerate() {
        effects.stored[position].known = !fresh[position];
        if !fresh[position] && !delivery.replay {
            continue;
        }
        wishes(&accounts, position, delivery, now, &mut effects);
        heard::note(app, tx, &accounts, delivery, now, &mut effects).await?;
        for (item, parsed) in delivery.parsed.iter().enumerate() {
            let Parsed::Event(event) = parsed else { continue };
            let recipients = recipients(&accounts, delivery, event);
            if recipients.is_empty() {
                effects.verdicts.push((position, item, Verdict::Ignored));
            }
            for account in recipients {
                match &event.body {
                    InboundBody::Message(message) => {
                        let missed = is_missed(delivery, message);
                        arrivals.push(Arrival { position, item, account, message, missed });
                    }
                    _ => changes.push((position, item, Change { account, event, receipt: delivery.receipt.id })),
                }
            }
        }
    }
    store_arrivals(app, tx, arrivals, now, &mut effects).await?;
    for (position, item, change) in changes {
        let verdict = ingest_changes::apply(app, tx, &change, now, &mut effects).await?;
        effects.verdicts.push((position, item, verdict));
    }
    settle(tx, batch, &fresh, again, now, &mut effects).await?;
    Ok(effects)
}

/// Applies one delivery with every event on its own savepoint: a bad one is parked, its neighbours stand.
pub(crate) async fn apply_one_by_one(app: &App, tx: &Tx, delivery: &Delivery) -> Result<Effects, StoreError> {
    let now = app.now();
    let batch = std::slice::from_ref(delivery);
    let fresh = new_receipts(tx, batch).await?;
    let again = Again::hold(tx, batch).await?;
    let accounts = accounts_of(app, tx, batch).await?;
    let mut effects = Effects { stored: vec![Stored { known: !fresh[0], ..Stored::default() }], ..Effects::default() };
    if fresh[0] || delivery.replay {
        wishes(&accounts, 0, delivery, now, &mut effects);
        heard::note(app, tx, &accounts, delivery, now, &mut effects).await?;
        for (item, parsed) in delivery.parsed.iter().enumerate() {
            let Parsed::Event(event) = parsed else { continue };
            let recipients = recipients(&accounts, delivery, event);
            if recipients.is_empty() {
                effects.verdicts.push((0, item, Verdict::Ignored));
            }
            for account in recipients {
                let savepoint = tx.nested().await?;
                let mut one = Effects { stored: vec![Stored::default()], ..Effects::default() };
                let applied = if let InboundBody::Message(message) = &event.body {
                    let missed = is_missed(delivery, message);
                    let arrival = Arrival { position: 0, item, account, message, missed };
                    store_arrivals(app, &savepoint, vec![arrival], now, &mut one).await
                } else {
                    let change = Change { account, event, receipt: delivery.receipt.id };
                    let verdict = ingest_changes::apply(app, &savepoint, &change, now, &mut one).await;
                    verdict.map(|verdict| one.verdicts.push((0, item, verdict)))
                };
                match applied {
                    Ok(()) => {
                        let _ = savepoint.commit(Vec::new()).await?;
                        effects.events.append(&mut one.events);
                        effects.jobs.append(&mut one.jobs);
                        effects.verdicts.append(&mut one.verdicts);
                        effects.stored[0].messages += one.stored[0].messages;
                    }
                    Err(error @ (StoreError::Invalid(_) | StoreError::Corrupt(_))) => {
                        savepoint.rollback().await?;
                        effects.stored[0].parked += 1;
                        effects.verdicts.push((0, item, Verdict::Parked));
                        effects.faults.entry(0).or_insert_with(|| error.to_string());
                    }
                    Err(error) => return Err(error),
                }
            }
        }
    }
    settle(tx, batch, &fresh, again, now, &mut effects).await?;
    Ok(effects)
}

/// A new message for one account.
struct Arrival<'a> {
    position: usize,
    item: usize,
    account: &'a Account,
    message: &'a InboundMessage,
    /// Missed when it was said, and found only now.
    missed: bool,
}

/// Found by reading back; or pushed so late that it was missed, as what a platform keeps while nobody listens is.
fn is_missed(delivery: &Delivery, message: &InboundMessage) -> bool {
    let late = delivery.receipt.received_at - message.sent_at >= LATE;
    (delivery.pushed && !message.history && late)
        || delivery.missed.is_some_and(|(from, until)| (from..until).contains(&message.sent_at))
}

/// Which deliveries of the batch were not known yet.
async fn new_receipts(tx: &Tx, batch: &[Delivery]) -> Result<Vec<bool>, StoreError> {
    let rows: Vec<_> = batch.iter().filter(|d| !d.replay).map(|d| d.receipt.clone()).collect();
    let new: HashSet<_> = tx.receipts().insert_many(&rows).await?.into_iter().collect();
    Ok(batch.iter().map(|d| new.contains(&d.receipt.id)).collect())
}

/// Every active account named by an event of the batch: one query per published name.
async fn accounts_of(app: &App, tx: &Tx, batch: &[Delivery]) -> Result<Accounts, StoreError> {
    let mut wanted: HashMap<&PlatformId, HashSet<&hub_domain::RemoteAccountId>> = HashMap::new();
    for delivery in batch {
        for parsed in &delivery.parsed {
            let named = match parsed {
                Parsed::Event(event) => event.accounts.as_slice(),
                Parsed::ReadBack { account, .. } | Parsed::Resubscribe { account, .. } => std::slice::from_ref(account),
                Parsed::Unreadable(_) => continue,
            };
            wanted.entry(&delivery.platform).or_default().extend(named);
        }
    }
    let mut accounts = Accounts::new();
    for (platform, ids) in wanted {
        let Some(handle) = app.platforms().get(platform) else { continue };
        let ids: Vec<_> = ids.into_iter().cloned().collect();
        for account in tx.accounts().active_by_remote(handle.card().published_name, &ids).await? {
            if app.handle_of(&account).is_ok_and(|h| h.card().id == *platform) {
                for name in std::iter::once(&account.remote_id).chain(&account.group) {
                    let key = (platform.clone(), name.as_str().to_owned());
                    accounts.entry(key).or_default().push(account.clone());
                }
            }
        }
    }
    Ok(accounts)
}

/// What a delivery asks the hub to do: read on, or see to the subscription.
fn wishes(accounts: &Accounts, position: usize, delivery: &Delivery, now: Timestamp, effects: &mut Effects) {
    let of = |id: &hub_domain::RemoteAccountId| {
        let named = accounts.get(&(delivery.platform.clone(), id.as_str().to_owned()));
        named.into_iter().flatten().filter(|account| delivery.is_for(account.id))
    };
    for (item, parsed) in delivery.parsed.iter().enumerate() {
        let before = effects.jobs.len();
        match parsed {
            Parsed::ReadBack { account, why } => {
                tracing::debug!(platform = %delivery.platform, why, "there is something to be read");
                effects.jobs.extend(of(account).map(|a| jobs::read_on(a.id, now)));
            }
            Parsed::Resubscribe { account, why } => {
                tracing::info!(platform = %delivery.platform, why, "a subscription is to be confirmed");
                effects.jobs.extend(of(account).map(|a| jobs::resubscribe(a.id, now)));
            }
            Parsed::Event(_) | Parsed::Unreadable(_) => continue,
        }
        let verdict = if effects.jobs.len() > before { Verdict::Applied } else { Verdict::Ignored };
        effects.verdicts.push((position, item, verdict));
    }
}

/// The accounts an event is for, each once.
fn recipients<'a>(accounts: &'a Accounts, delivery: &Delivery, event: &Inbound) -> Vec<&'a Account> {
    let mut found: Vec<&Account> = Vec::new();
    for remote_id in &event.accounts {
        for account in accounts.get(&(delivery.platform.clone(), remote_id.as_str().to_owned())).into_iter().flatten() {
            if delivery.is_for(account.id) && !found.iter().any(|known| known.id == account.id) {
                found.push(account);
            }
        }
    }
    if found.is_empty() && !matches!(event.body, InboundBody::Ignored { .. }) {
        tracing::debug!(platform = %delivery.platform, "an event for an account that is not linked here");
    }
    found
}

/// Stores new messages: conversations in one statement, messages in one, counters in one.
async fn store_arrivals(
    app: &App,
    tx: &Tx,
    arrivals: Vec<Arrival<'_>>,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    check_ids(&arrivals)?;
    let mut news = Vec::with_capacity(arrivals.len());
    for arrival in arrivals {
        if echo::meet(app, tx, arrival.account, arrival.message, now, effects).await? {
            effects.verdicts.push((arrival.position, arrival.item, Verdict::Applied));
        } else {
            news.push(arrival);
        }
    }
    if news.is_empty() {
        return Ok(());
    }
    let conversations = upsert_conversations(tx, &news, now).await?;
    let mut rows = Vec::with_capacity(news.len());
    let mut origins: HashMap<MessageId, &Arrival<'_>> = HashMap::new();
    for arrival in &news {
        let key = (arrival.account.id, arrival.message.conversation.id.clone());
        let Some(conversation) = conversations.get(&key) else {
            return Err(StoreError::Corrupt("a conversation vanished between two statements".to_owned()));
        };
        let name = sender_name(app, arrival.account, arrival.message, &conversation.other);
        let row = new_message(app, conversation.found, arrival.message, name, now);
        origins.insert(row.id, arrival);
        rows.push(row);
    }
    let inserted: HashSet<MessageId> = tx.messages().insert_many(&rows).await?.into_iter().collect();

    let mut bumps: HashMap<ConversationId, Bump> = HashMap::new();
    let mut arrived: Vec<(AccountId, &RemoteMessageId)> = Vec::new();
    let mut strangers: Vec<ConversationId> = Vec::new();
    let mut recovered: Vec<MessageId> = Vec::new();
    for row in &rows {
        let Some(Arrival { position, item, account, message, missed }) = origins.get(&row.id) else { continue };
        if !inserted.contains(&row.id) {
            effects.verdicts.push((*position, *item, Verdict::Known));
            continue;
        }
        effects.verdicts.push((*position, *item, Verdict::Applied));
        recovered.extend(missed.then_some(row.id));
        effects.stored[*position].messages += 1;
        arrived.push((account.id, &row.remote_id));
        if app.handle_of(account).is_ok_and(|handle| handle.card().profiles) {
            strangers.push(row.conversation_id);
        }
        let body = appeared(row, message.history);
        let bump = bumps.entry(row.conversation_id).or_insert_with(|| {
            // Of the past, one word per conversation is enough.
            let told = NewEvent { user_id: account.user_id, at: now, body: body.clone() };
            effects.events.extend(message.history.then_some(told));
            Bump { id: row.conversation_id, unread: 0, last_message_at: None, customer_at: None }
        });
        let incoming = row.direction == Direction::Incoming;
        bump.unread += i32::from(incoming && !row.is_read);
        bump.last_message_at = bump.last_message_at.max(Some(row.sent_at));
        if incoming && !message.history {
            bump.customer_at = bump.customer_at.max(Some(row.sent_at));
        }
        if !message.history {
            effects.events.push(NewEvent { user_id: account.user_id, at: now, body });
        }
        effects.jobs.extend(
            row.attachments
                .iter()
                .filter(|a| seal::is_copied(a))
                .map(|a| jobs::fetch_attachment(account.id, a.id, now)),
        );
    }
    tx.channels().mark_recovered(&recovered).await?;
    effects.jobs.extend(early::recall(tx, &arrived, now).await?);
    effects.jobs.extend(profiles::unknown(tx, &strangers, now).await?);
    let mut bumps: Vec<Bump> = bumps.into_values().collect();
    bumps.sort_by_key(|bump| bump.id);
    tx.conversations().bump_many(&bumps, now).await
}

/// What clients hear of a new row.
pub(super) fn appeared(row: &NewMessage, history: bool) -> EventBody {
    let (message_id, conversation_id) = (row.id, row.conversation_id);
    match row.direction {
        _ if history => EventBody::ConversationUpdated { conversation_id },
        Direction::Incoming => EventBody::MessageReceived { message_id, conversation_id },
        Direction::Outgoing => EventBody::MessageSent { message_id, conversation_id },
    }
}

/// An id that does not fit its column is refused, never cut: a cut id would answer somebody else.
fn check_ids(arrivals: &[Arrival<'_>]) -> Result<(), StoreError> {
    for arrival in arrivals {
        let message = arrival.message;
        if !(message.conversation.id.fits() && message.id.fits() && message.sender.id.fits()) {
            return Err(StoreError::Invalid("an id of the platform is empty or longer than 255 characters".to_owned()));
        }
    }
    Ok(())
}

async fn upsert_conversations(
    tx: &Tx,
    arrivals: &[Arrival<'_>],
    now: Timestamp,
) -> Result<HashMap<(AccountId, RemoteConversationId), ConversationKey>, StoreError> {
    let mut wanted: HashMap<(AccountId, RemoteConversationId), UpsertConversation> = HashMap::new();
    for arrival in arrivals {
        let known = &arrival.message.conversation;
        let row = wanted.entry((arrival.account.id, known.id.clone())).or_insert_with(|| UpsertConversation {
            id: new_id(),
            account_id: arrival.account.id,
            remote_id: known.id.clone(),
            aliases: Vec::new(),
            name: None,
            handle: None,
            participant_id: None,
            avatar_url: None,
            address: None,
            at: now,
        });
        let further = known.aliases.iter().filter(|id| id.fits() && !row.aliases.contains(id)).cloned();
        row.aliases.extend(further.collect::<Vec<_>>());
        // The newest word of a batch wins; silence overwrites nothing.
        row.name = known.name.as_deref().map(text::fit_name).or(row.name.take());
        row.handle = known.handle.as_deref().map(text::fit_name).or(row.handle.take());
        row.participant_id = known.participant_id.clone().or(row.participant_id.take());
        row.avatar_url = known.avatar_url.clone().or(row.avatar_url.take());
        row.address = known.address.as_ref().map(ToString::to_string).or(row.address.take());
    }
    let rows: Vec<_> = wanted.into_values().collect();
    let keys = tx.conversations().upsert_many(&rows).await?;
    Ok(keys.into_iter().map(|key| ((key.account_id, key.remote_id.clone()), key)).collect())
}

/// The id of a message within its conversation here. After a move a platform counts anew, so a message of the time before
/// carries the old conversation's id with its own.
pub(crate) fn message_key(conversation: Located, message: &InboundMessage) -> RemoteMessageId {
    remote_key(conversation, &message.conversation.id, &message.id)
}

/// The same from the ids alone.
pub(crate) fn remote_key(
    conversation: Located,
    asked_for: &RemoteConversationId,
    message: &RemoteMessageId,
) -> RemoteMessageId {
    if conversation.moved { RemoteMessageId::new(format!("{asked_for}:{message}")) } else { message.clone() }
}

/// The files of one row. An event may be for several accounts, each with a row of its own, and an id names one file of one row.
pub(crate) fn own_files(files: &[Attachment]) -> Vec<Attachment> {
    files.iter().map(|file| Attachment { id: new_id(), ..file.clone() }).collect()
}

/// What to call who said it: as the platform says; else as the conversation knows them; else as somebody unknown.
pub(crate) fn sender_name(
    app: &App,
    account: &Account,
    message: &InboundMessage,
    other: &OtherPerson,
) -> Option<String> {
    let told = message.sender.name.as_deref().map(text::fit_name);
    if told.is_some() || message.direction == Direction::Outgoing {
        return told;
    }
    let known = other.name.clone().filter(|_| other.participant_id.as_ref() == Some(&message.sender.id));
    let handle = || message.sender.username.as_deref().map(text::fit_name);
    known.or_else(handle).or_else(|| app.handle_of(account).ok()?.card().stranger.map(str::to_owned))
}

/// The row of a message as a platform told it.
pub(crate) fn new_message(
    app: &App,
    conversation: Located,
    message: &InboundMessage,
    sender_name: Option<String>,
    now: Timestamp,
) -> NewMessage {
    let id: MessageId = new_id();
    let sealed = seal::seal(app.sealer(), id, &message.content);
    let outgoing = message.direction == Direction::Outgoing;
    NewMessage {
        id,
        conversation_id: conversation.id,
        remote_id: message_key(conversation, message),
        sequence: message.sequence,
        sender_id: message.sender.id.clone(),
        sender_name,
        content: sealed.content,
        content_seal: sealed.content_seal,
        details: sealed.details,
        kind: message.content.kind,
        has_text: message.content.text.is_some(),
        media_ref: seal::media_ref(&message.content.attachments),
        attachments: own_files(&message.content.attachments),
        direction: message.direction,
        // What the account wrote elsewhere needs no reading, nor does what it read there.
        is_read: outgoing || message.is_read,
        status: outgoing.then_some(DeliveryStatus::Sent),
        reply_to: message.reply_to.as_ref().map(|id| remote_key(conversation, &message.conversation.id, id)),
        sent_at: message.sent_at,
        delivered_at: None,
        edited_at: message.edited_at,
        client_key: None,
        request_digest: None,
        at: now,
    }
}
