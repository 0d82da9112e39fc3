//! All jobs the hub leaves for its workers, and how a worker runs one. A job's payload holds ids only; what a job needs to
//! know it reads when it runs.

use crate::{App, accounts, inbox, media, outbox, sync};
use hub_domain::time;
use hub_domain::{AccountId, AttachmentId, ConversationId, MessageId, ReceiptId, Timestamp};
use hub_store::{Job, NewJob};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::time::Duration;
use uuid::Uuid;

/// Sends a message; one at a time per conversation.
pub const DELIVER_MESSAGE: &str = "deliver_message";
/// Copies a file of a message.
pub const FETCH_ATTACHMENT: &str = "fetch_attachment";
/// Tells the platform that messages were read.
pub const MARK_READ: &str = "mark_read";
/// Takes a reaction to the platform that the process which was asked could not.
pub const TELL_REACTION: &str = "tell_reaction";
/// Answers a notice that a person's app waits for.
pub const ACKNOWLEDGE: &str = "acknowledge";
/// Asks the platform to call us.
pub const SUBSCRIBE_WEBHOOK: &str = "subscribe_webhook";
/// Takes a disconnected account's permission back at the platform.
pub const REVOKE_GRANT: &str = "revoke_grant";

/// Asks who the other person of a conversation is.
pub const REFRESH_PROFILE: &str = "refresh_profile";
/// Reads back what a platform keeps of an account.
pub const BACKFILL: &str = "backfill";
/// Asks a platform that does not tell everything by itself, again and again.
pub const POLL: &str = "poll";
/// Reads what was lately said once more.
pub const REREAD: &str = "reread";
/// Reads what was lately said once more, in the place of what is here.
pub const RESET: &str = "reset";
/// Reads a delivery again, because a message it spoke of has come.
pub const REPLAY_RECEIPT: &str = "replay_receipt";

/// What a worker does with a job afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Settled.
    Done,
    /// Again, after this long; `counts` = it was an attempt.
    Again {
        /// The pause; `None` = the worker's growing one.
        after: Option<Duration>,
        /// Whether it counts as an attempt.
        counts: bool,
        /// Why, for the operator.
        why: String,
    },
    /// Given up.
    Dead {
        /// Why, for the operator.
        why: String,
    },
}

#[derive(Serialize, Deserialize)]
struct MessageJob {
    message: MessageId,
    /// When it was asked for; jobs of before this was kept lack it.
    #[serde(default)]
    since: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct AttachmentJob {
    attachment: AttachmentId,
}

#[derive(Serialize, Deserialize)]
struct ReadJob {
    conversation: ConversationId,
    message: MessageId,
}

#[derive(Serialize, Deserialize)]
struct NoticeJob {
    account: AccountId,
    notice: Uuid,
}

#[derive(Serialize, Deserialize)]
struct AccountJob {
    account: AccountId,
}

#[derive(Serialize, Deserialize)]
struct ConversationJob {
    conversation: ConversationId,
}

#[derive(Serialize, Deserialize)]
struct ReceiptJob {
    receipt: ReceiptId,
}

#[derive(Serialize, Deserialize)]
struct RevokeJob {
    account: AccountId,
    /// The grant, sealed: the account's row no longer has it.
    grant: String,
}

/// Attempts to send: trouble that passes is outwaited until the message expires, whatever their number.
const SENDING_ATTEMPTS: i32 = 10_000;

/// Sends `message` of a conversation of `account`, as was asked `since`.
pub fn deliver_message(
    account: AccountId,
    conversation: ConversationId,
    message: MessageId,
    since: Timestamp,
    at: Timestamp,
) -> NewJob {
    let lane = Some(format!("conversation:{conversation}"));
    let payload = MessageJob { message, since: Some(since) };
    let dedupe = Some(message.to_string());
    let job = job(DELIVER_MESSAGE, &payload, lane, dedupe, Urgency::Waiting, SENDING_ATTEMPTS, at);
    pooled(job, format!("out:{account}"))
}

/// Copies `attachment` of `account`.
pub fn fetch_attachment(account: AccountId, attachment: AttachmentId, at: Timestamp) -> NewJob {
    let dedupe = Some(attachment.to_string());
    let job = job(FETCH_ATTACHMENT, &AttachmentJob { attachment }, None, dedupe, Urgency::Soon, 6, at);
    pooled(job, format!("files:{account}"))
}

/// Tells the platform that everything up to `message` was read.
pub fn mark_read(conversation: ConversationId, message: MessageId, at: Timestamp) -> NewJob {
    let payload = ReadJob { conversation, message };
    comfort(job(MARK_READ, &payload, None, Some(message.to_string()), Urgency::Whenever, 12, at))
}

/// Takes the account's reaction to `message` to its platform; one after the other, so that the last word stands.
pub fn tell_reaction(message: MessageId, at: Timestamp) -> NewJob {
    let payload = MessageJob { message, since: None };
    comfort(job(TELL_REACTION, &payload, Some(format!("reaction:{message}")), None, Urgency::Waiting, 12, at))
}

/// Answers `notice` of `account`.
pub fn acknowledge(account: AccountId, notice: Uuid, at: Timestamp) -> NewJob {
    let payload = NoticeJob { account, notice };
    comfort(job(ACKNOWLEDGE, &payload, None, Some(notice.to_string()), Urgency::Waiting, 3, at))
}

/// Asks the platform to call us for `account`.
pub fn subscribe_webhook(account: AccountId, at: Timestamp) -> NewJob {
    comfort(job(SUBSCRIBE_WEBHOOK, &AccountJob { account }, None, Some(account.to_string()), Urgency::Soon, 12, at))
}

/// Takes the permission back; `grant` is sealed.
pub fn revoke_grant(account: AccountId, grant: String, at: Timestamp) -> NewJob {
    comfort(job(REVOKE_GRANT, &RevokeJob { account, grant }, None, None, Urgency::Whenever, 12, at))
}

/// Asks who the other person of `conversation` is.
pub fn refresh_profile(conversation: ConversationId, at: Timestamp) -> NewJob {
    let dedupe = Some(conversation.to_string());
    comfort(job(REFRESH_PROFILE, &ConversationJob { conversation }, None, dedupe, Urgency::Soon, 4, at))
}

/// Reads back what there is of `account`.
pub fn backfill(account: AccountId, at: Timestamp) -> NewJob {
    let job = job(BACKFILL, &AccountJob { account }, None, Some(account.to_string()), Urgency::Whenever, 12, at);
    reading(job, account)
}

/// Reads on, because a delivery said that there is something. Beside a regular reading, which may have passed it.
pub fn read_on(account: AccountId, at: Timestamp) -> NewJob {
    reading(told(BACKFILL, account, at), account)
}

/// Sees to the subscription of `account`, because a delivery said that it needs it.
pub fn resubscribe(account: AccountId, at: Timestamp) -> NewJob {
    comfort(told(SUBSCRIBE_WEBHOOK, account, at))
}

/// Whatever is told within one second is done once, in the next one: so no job that is running already can take it for itself.
fn told(kind: &str, account: AccountId, at: Timestamp) -> NewJob {
    let second = at.timestamp();
    let mut job = job(kind, &AccountJob { account }, None, Some(format!("{account}:{second}")), Urgency::Soon, 12, at);
    job.run_at = time::from_unix_seconds(second + 1).unwrap_or(at);
    job
}

/// Asks `account` regularly.
pub fn poll(account: AccountId, at: Timestamp) -> NewJob {
    let job = job(POLL, &AccountJob { account }, None, Some(account.to_string()), Urgency::Whenever, i32::MAX, at);
    reading(job, account)
}

/// Reads once more what was lately said to `account`; after any other such reading.
pub fn reread(account: AccountId, at: Timestamp) -> NewJob {
    let lane = Some(format!("reread:{account}"));
    job(REREAD, &AccountJob { account }, lane, Some(account.to_string()), Urgency::Soon, 8, at)
}

/// The same in the place of what is here.
pub fn reset(account: AccountId, at: Timestamp) -> NewJob {
    let lane = Some(format!("reread:{account}"));
    job(RESET, &AccountJob { account }, lane, Some(account.to_string()), Urgency::Waiting, 8, at)
}

/// Reads `receipt` again; one after the other, so that news keep their order. Never left out for one that is running: that
/// one may have read before what it is to be read for.
pub fn replay_receipt(receipt: ReceiptId, at: Timestamp) -> NewJob {
    let lane = Some("early news".to_owned());
    job(REPLAY_RECEIPT, &ReceiptJob { receipt }, lane, None, Urgency::Waiting, 6, at)
}

/// One slow account takes its share of the workers and no more.
fn pooled(mut job: NewJob, pool: String) -> NewJob {
    job.pool = Some(pool);
    job
}

fn reading(job: NewJob, account: AccountId) -> NewJob {
    pooled(job, format!("in:{account}"))
}

/// What nobody waits for shares the workers by its kind.
fn comfort(job: NewJob) -> NewJob {
    let kind = job.kind.clone();
    pooled(job, kind)
}

/// Which job goes first when several are due.
#[derive(Clone, Copy)]
enum Urgency {
    /// A person is looking at it.
    Waiting = 0,
    /// A person may look at it.
    Soon = 10,
    /// Nobody waits.
    Whenever = 20,
}

fn job(
    kind: &str,
    payload: &impl Serialize,
    lane: Option<String>,
    dedupe: Option<String>,
    urgency: Urgency,
    max_attempts: i32,
    at: Timestamp,
) -> NewJob {
    NewJob {
        id: crate::clock::new_id(),
        kind: kind.to_owned(),
        payload: serde_json::to_string(payload).unwrap_or_default(),
        lane,
        pool: None,
        dedupe,
        priority: urgency as i32,
        run_at: at,
        max_attempts,
        at,
    }
}

/// Runs one job.
pub async fn run(app: &App, job: &Job) -> Outcome {
    match job.kind.as_str() {
        DELIVER_MESSAGE => match payload::<MessageJob>(job) {
            Ok(p) => outbox::deliver_message(app, p.message, p.since, job.attempts).await,
            Err(bad) => bad,
        },
        FETCH_ATTACHMENT => match payload::<AttachmentJob>(job) {
            Ok(p) => media::fetch_attachment(app, p.attachment, job.attempts >= job.max_attempts).await,
            Err(bad) => bad,
        },
        MARK_READ => match payload::<ReadJob>(job) {
            Ok(p) => outbox::tell_read(app, p.conversation, p.message).await,
            Err(bad) => bad,
        },
        TELL_REACTION => match payload::<MessageJob>(job) {
            Ok(p) => outbox::tell_reaction(app, p.message, job.attempts >= job.max_attempts).await,
            Err(bad) => bad,
        },
        ACKNOWLEDGE => match payload::<NoticeJob>(job) {
            Ok(p) => outbox::acknowledge(app, p.account, p.notice).await,
            Err(bad) => bad,
        },
        SUBSCRIBE_WEBHOOK => match payload::<AccountJob>(job) {
            Ok(p) => accounts::subscribe_webhook(app, p.account).await,
            Err(bad) => bad,
        },
        REVOKE_GRANT => match payload::<RevokeJob>(job) {
            Ok(p) => accounts::revoke_grant(app, p.account, &p.grant).await,
            Err(bad) => bad,
        },
        REFRESH_PROFILE => match payload::<ConversationJob>(job) {
            Ok(p) => accounts::refresh_profile(app, p.conversation).await,
            Err(bad) => bad,
        },
        BACKFILL => match payload::<AccountJob>(job) {
            Ok(p) => sync::backfill(app, p.account, job.attempts >= job.max_attempts).await,
            Err(bad) => bad,
        },
        POLL => match payload::<AccountJob>(job) {
            Ok(p) => sync::regularly(app, p.account).await,
            Err(bad) => bad,
        },
        REREAD => match payload::<AccountJob>(job) {
            Ok(p) => sync::reread::reread(app, p.account, job.id, job.attempts >= job.max_attempts).await,
            Err(bad) => bad,
        },
        RESET => match payload::<AccountJob>(job) {
            Ok(p) => sync::reread::reset(app, p.account).await,
            Err(bad) => bad,
        },
        REPLAY_RECEIPT => match payload::<ReceiptJob>(job) {
            Ok(p) => match inbox::replay_receipt(app, p.receipt).await {
                Ok(_) | Err(crate::AppError::NotFound(_)) => Outcome::Done,
                Err(error) => again(&error),
            },
            Err(bad) => bad,
        },
        other => Outcome::Dead { why: format!("no one knows how to do {other}") },
    }
}

fn payload<T: DeserializeOwned>(job: &Job) -> Result<T, Outcome> {
    serde_json::from_str(&job.payload).map_err(|e| Outcome::Dead { why: format!("the payload is not readable: {e}") })
}

/// A failure that may pass: the database, mostly.
pub(crate) fn again(error: &crate::AppError) -> Outcome {
    let counts = !matches!(error, crate::AppError::Unavailable);
    Outcome::Again { after: None, counts, why: error.to_string() }
}
