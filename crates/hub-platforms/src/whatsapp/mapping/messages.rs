//! What travels as a message: words and files, but also reactions, edits, and news about a customer.

use super::super::lenient::Word;
use super::super::wire::{Message, System};
use super::people::{self, Customer};
use super::{Reading, Scene, Unreadable, content, instant, shaped, unreadable, usable};
use hub_domain::inbound::{ConversationRef, InboundBody, InboundMessage, Participant};
use hub_domain::{Direction, RemoteConversationId, RemoteMessageId, Timestamp};
use hub_platform_kit::platform::Parsed;
use serde_json::{Value, json};

/// Where a message was found, which tells who said it.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// A customer wrote to the business.
    Customer,
    /// Somebody wrote for the business on the phone's own app.
    BusinessApp,
    /// Said before the number was linked, in the thread with this customer.
    Past(&'a Customer),
    /// The files of what was said before, which come on their own.
    PastFile,
}

impl Source<'_> {
    fn is_past(self) -> bool {
        matches!(self, Self::Past(_) | Self::PastFile)
    }

    /// Keeps the keys of the past apart: the same message may come live as well.
    fn prefix(self) -> &'static str {
        match self {
            Self::Customer => "message",
            Self::BusinessApp => "echo",
            Self::Past(_) => "history",
            Self::PastFile => "history_file",
        }
    }
}

/// A message with its surroundings.
struct Line<'a> {
    scene: &'a Scene,
    source: Source<'a>,
    id: RemoteMessageId,
    customer: Customer,
    direction: Direction,
    conversation: ConversationRef,
    at: Timestamp,
}

/// Reads one message; what it tells of a customer beside the message is an event of its own.
pub(super) fn read(scene: &Scene, message: Value, source: Source<'_>, out: &mut Vec<Parsed>) {
    match shaped::<Message>(message)
        .ok_or("a message of an unknown shape")
        .and_then(|one| one_message(scene, &one, source))
    {
        Ok(readings) => out.extend(readings.into_iter().flatten().map(|reading| scene.event(reading))),
        Err(reason) => out.push(unreadable(reason)),
    }
}

fn one_message(scene: &Scene, message: &Message, source: Source<'_>) -> Result<[Option<Reading>; 2], Unreadable> {
    let id = usable(message.id.clone().take()).ok_or("a message without an id")?;
    let at = instant(&message.timestamp).ok_or("a message without a usable time")?;
    let key = scene.key(source.prefix(), &[&id]);
    let direction = direction(scene, message, source);
    let customer = customer(scene, message, source, direction).ok_or("a message without a customer")?;
    let group = usable(message.group_id.clone().take());
    let conversation = group.as_deref().map_or_else(|| customer.conversation(), people::group);
    let line = Line { scene, source, id: id.into(), customer, direction, conversation, at };
    let body = match message.kind.as_deref().unwrap_or_default() {
        "reaction" => reaction(&line, message)?,
        "edit" => edit(&line, message)?,
        "revoke" => revoke(&line, message)?,
        "system" => system(&line, message)?,
        "request_welcome" => InboundBody::Ignored { reason: "chat_opened".to_owned() },
        _ => said(&line, message),
    };
    let tells_customer = matches!(body, InboundBody::Reacted { .. } | InboundBody::Deleted { .. });
    let contact = (tells_customer && group.is_none() && line.customer.is_news()).then(|| Reading {
        key: scene.key("contact", &[&key]),
        body: InboundBody::Contact { conversation: line.conversation.clone() },
    });
    Ok([Some(Reading { key, body }), contact])
}

/// Echoes come from the business; in the past the thread tells which side spoke.
fn direction(scene: &Scene, message: &Message, source: Source<'_>) -> Direction {
    let from = people::id(&message.from);
    let by_number = || from.is_some() && from == scene.number;
    let outgoing = match source {
        Source::Customer => false,
        Source::BusinessApp => true,
        Source::Past(customer) => match people::id(&message.from_user_id).or_else(|| from.clone()) {
            Some(speaker) => {
                !customer.has(&speaker) && (by_number() || message.to.is_some() || message.to_user_id.is_some())
            }
            None => message.to.is_some() || message.to_user_id.is_some(),
        },
        Source::PastFile => by_number(),
    };
    if outgoing { Direction::Outgoing } else { Direction::Incoming }
}

fn customer(scene: &Scene, message: &Message, source: Source<'_>, direction: Direction) -> Option<Customer> {
    let people = &scene.people;
    match (source, direction) {
        (Source::Past(customer), _) => Some(customer.clone()),
        (_, Direction::Incoming) => {
            Customer::new(people, &message.from, &message.from_user_id, &message.from_parent_user_id)
        }
        (_, Direction::Outgoing) => {
            let receiver = Customer::new(people, &message.to, &message.to_user_id, &message.to_parent_user_id);
            // What is said to a group names no receiver.
            receiver.or_else(|| Customer::new(people, &message.group_id, &Word::default(), &Word::default()))
        }
    }
}

fn said(line: &Line<'_>, message: &Message) -> InboundBody {
    let words = line.words(message, line.id.clone(), None);
    // The message itself came before, without its file.
    if matches!(line.source, Source::PastFile) { InboundBody::Edited(words) } else { InboundBody::Message(words) }
}

impl Line<'_> {
    fn words(&self, message: &Message, id: RemoteMessageId, edited_at: Option<Timestamp>) -> Box<InboundMessage> {
        let mut content = content::content(message);
        if matches!(self.source, Source::BusinessApp) {
            content.details.extra.insert("source".to_owned(), "business_app".into());
        }
        Box::new(InboundMessage {
            conversation: self.conversation.clone(),
            id,
            sequence: None,
            sender: self.speaker(),
            direction: self.direction,
            content,
            reply_to: content::answered(message).and_then(|id| usable(Some(id))).map(RemoteMessageId::from),
            sent_at: self.at,
            edited_at,
            client_key: None,
            history: self.source.is_past(),
            is_read: self.source.is_past(),
        })
    }

    fn speaker(&self) -> Participant {
        match self.direction {
            Direction::Incoming => self.customer.participant(),
            Direction::Outgoing => people::business(self.scene),
        }
    }
}

fn reaction(line: &Line<'_>, message: &Message) -> Result<InboundBody, Unreadable> {
    let reaction = message.reaction.as_ref().ok_or("a reaction without its content")?;
    let target = usable(reaction.message_id.clone().take()).ok_or("a reaction to no message")?;
    Ok(InboundBody::Reacted {
        conversation: line.conversation.id.clone(),
        message: target.into(),
        actor: line.speaker().id,
        added: reaction.emoji.as_deref().map(str::to_owned).into_iter().collect(),
        // Which one was taken away is not said; there is one at most.
        removed: Vec::new(),
        replaces: true,
        at: line.at,
    })
}

fn edit(line: &Line<'_>, message: &Message) -> Result<InboundBody, Unreadable> {
    let edit = message.edit.as_ref().ok_or("an edit without its content")?;
    let original = usable(edit.original_message_id.clone().take()).ok_or("an edit of no message")?;
    let state: Message = shaped(edit.message.clone()).ok_or("an edit without the new message")?;
    Ok(InboundBody::Edited(line.words(&state, original.into(), Some(line.at))))
}

fn revoke(line: &Line<'_>, message: &Message) -> Result<InboundBody, Unreadable> {
    let revoke = message.revoke.as_ref().ok_or("a revoke without its content")?;
    let original = usable(revoke.original_message_id.clone().take()).ok_or("a revoke of no message")?;
    Ok(InboundBody::Deleted {
        conversation: line.conversation.id.clone(),
        messages: vec![original.into()],
        at: Some(line.at),
    })
}

/// News about a customer, told as a message of theirs.
fn system(line: &Line<'_>, message: &Message) -> Result<InboundBody, Unreadable> {
    let system = message.system.as_ref().ok_or("a system message without its content")?;
    let kind = system.kind.as_deref().unwrap_or_default();
    if matches!(kind, "user_changed_number" | "user_changed_user_id") {
        let to = new_ids(system);
        if to.is_empty() {
            return Err("a changed customer without the new id");
        }
        return Ok(InboundBody::Reidentified { from: line.customer.ids(), to, at: line.at });
    }
    let identity = matches!(kind, "customer_identity_changed");
    Ok(InboundBody::Notice {
        conversation: line.conversation.clone(),
        kind: if identity { "identity_changed" } else { "system" }.to_owned(),
        actor: Some(line.customer.id().into()),
        data: json!({ "type": kind, "text": system.body.as_deref() }),
        opens_window: false,
        at: Some(line.at),
    })
}

fn new_ids(system: &System) -> Vec<RemoteConversationId> {
    let ids = [&system.wa_id, &system.user_id, &system.parent_user_id].map(people::id);
    ids.into_iter().flatten().map(RemoteConversationId::from).collect()
}
