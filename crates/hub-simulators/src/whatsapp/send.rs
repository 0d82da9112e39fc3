//! `POST /{phone}/messages`: a message, or marking one as read.

use super::check::{FILES, message as check_message, product};
use super::media;
use super::person::{Person, dialled};
use super::refuse::{invalid, missing, refuse, refuse_with};
use super::statuses::Fate;
use super::templates;
use super::wamid::{self, Side};
use super::world::{Kept, Number, Sent, World};
use crate::meta::GraphError;
use serde_json::{Map, Value, json};

/// A call that was accepted.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) answer: Value,
    /// What becomes of the message; marking as read has no consequences.
    pub(super) fate: Option<Fate>,
}

/// Does what a body asks for; `now` in milliseconds.
pub(super) fn send(
    world: &mut World,
    number: &str,
    body: &Map<String, Value>,
    now: i64,
) -> Result<Accepted, GraphError> {
    let line = world.number(number)?.clone_head();
    if !line.registered {
        return Err(refuse(133_010));
    }
    if body.get("status").is_some() {
        return mark(world, number, body);
    }
    let kind = check_message(body)?;
    let content = &body[&kind];
    let (person, answered) = recipient(world, &line, body)?;
    let mime = if FILES.contains(&kind.as_str()) { media::checked(world, number, &kind, content, now)? } else { None };
    let mut message_status = None;
    let (mut category, mut price) = ("service".to_owned(), "free_customer_service");
    let mut words = spoken(&kind, content);
    if kind == "template" {
        let account = world.accounts.get(&line.account).ok_or_else(|| GraphError::missing(number))?;
        let template = templates::find(account, content)?;
        words = Some(templates::filled(template, content)?);
        message_status = Some(template.sends_as.clone());
        (category, price) = (template.category.to_ascii_lowercase(), "regular");
    }
    let place = world.find(person.key());
    let mut failure = None;
    if let Some(place) = place {
        let open = world.window_is_open(number, place, now);
        if kind != "template" && !open {
            if world.options.refuse_outside_window {
                return Err(refuse(131_047));
            }
            failure = Some(131_047);
        }
        if world.came_from_ad(number, place, now) {
            (category, price) = ("referral_conversion".to_owned(), "free_entry_point");
        }
        let chat = world.chat(number, place);
        if chat.too_fast > 0 {
            chat.too_fast -= 1;
            return Err(refuse(131_056));
        }
        if chat.blocked {
            failure = Some(131_026);
        }
    } else {
        failure = Some(131_026);
    }
    if kind == "reaction" && !reacts_to_something(world, number, place, content) {
        failure = Some(131_009);
    }
    let id = wamid::make(Side::Business, person.key());
    if let Some(place) = place {
        let kept = Kept { person: place, by_business: true, read: true, content: Value::Object(body.clone()) };
        world.keep(number, &id, kept);
    }
    let quoted = body.get("context").and_then(|context| context["message_id"].as_str());
    world.note_sent(Sent {
        phone_number_id: number.to_owned(),
        to: person.key().to_owned(),
        text: words,
        body: Value::Object(body.clone()),
        message_id: id.clone(),
        reply_to: quoted.filter(|id| line_knows(world, number, id)).map(str::to_owned),
        kind: kind.clone(),
    });
    let mut said = json!({ "id": id });
    if let Some(status) = &message_status {
        said["message_status"] = status.as_str().into();
    }
    let answer = json!({"messaging_product": "whatsapp", "contacts": [answered], "messages": [said]});
    let script = world.next_statuses.pop_front().unwrap_or_else(|| world.statuses.clone());
    let voice = content["voice"] == json!(true) || mime.is_some_and(|mime| mime.starts_with("audio/ogg"));
    let fate = Fate {
        number: number.to_owned(),
        message_id: id.clone(),
        person,
        opaque: body.get("biz_opaque_callback_data").and_then(Value::as_str).map(str::to_owned),
        category,
        price,
        at: now / 1_000,
        voice: kind == "audio" && voice,
        reaction: kind == "reaction",
        failure,
        link: content["link"].as_str().map(|link| (link.to_owned(), kind)),
        // A message that is held back tells nothing yet.
        silent: message_status.is_some_and(|status| status != "accepted"),
        script,
    };
    world.note_fate(&fate);
    Ok(Accepted { answer, fate: Some(fate) })
}

/// Who is meant, and the entry in the answer's `contacts`.
fn recipient(world: &World, line: &Number, body: &Map<String, Value>) -> Result<(Person, Value), GraphError> {
    let given = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(to) = given("to") {
        let digits = dialled(to).ok_or_else(|| refuse_with(100, "Parameter to is not valid"))?;
        if digits == line.display {
            return Err(refuse(131_021));
        }
        let known = world.find(&digits).map(|place| world.people[place].clone());
        let person = known.unwrap_or_else(|| Person::with_number_only(&digits, ""));
        let answered = match (&person.wa_id, &person.user_id) {
            (None, Some(user)) => json!({"input": to, "user_id": user}),
            (wa_id, _) => json!({"input": to, "wa_id": wa_id.as_ref().unwrap_or(&digits)}),
        };
        return Ok((person, answered));
    }
    let user = given("recipient").unwrap_or_default();
    if !user.contains('.') {
        return Err(refuse_with(100, "Parameter recipient is not valid"));
    }
    let known = world.find(user).map(|place| world.people[place].clone());
    let person = known.unwrap_or_else(|| Person::with_username(user, "", ""));
    Ok((person, json!({"input": user, "user_id": user})))
}

fn spoken(kind: &str, content: &Value) -> Option<String> {
    let words = match kind {
        "text" => &content["body"],
        "interactive" => &content["body"]["text"],
        "reaction" => &content["emoji"],
        _ => &content["caption"],
    };
    words.as_str().map(str::to_owned)
}

fn line_knows(world: &World, number: &str, message: &str) -> bool {
    world.numbers.get(number).is_some_and(|line| line.messages.contains_key(message))
}

/// Whether the message exists, is of this chat, and is no reaction itself.
fn reacts_to_something(world: &World, number: &str, person: Option<usize>, content: &Value) -> bool {
    let id = content["message_id"].as_str().unwrap_or_default();
    let kept = world.numbers.get(number).and_then(|line| line.messages.get(id));
    kept.is_some_and(|kept| Some(kept.person) == person && kept.content["type"] != "reaction")
}

/// Marks a customer's message, and all before it, as read; shows that somebody types, if asked to.
fn mark(world: &mut World, number: &str, body: &Map<String, Value>) -> Result<Accepted, GraphError> {
    product(body)?;
    if body["status"] != "read" {
        return Err(refuse_with(100, "Param status must be one of {READ}"));
    }
    let id = body.get("message_id").and_then(Value::as_str).ok_or_else(|| missing("message_id"))?;
    let kept = world.numbers.get(number).and_then(|line| line.messages.get(id)).filter(|kept| !kept.by_business);
    let (person, read) = kept.map(|kept| (kept.person, kept.read)).ok_or_else(|| invalid("Message ID is invalid"))?;
    let typing = body.get("typing_indicator");
    if typing.is_some_and(|typing| typing["type"] != "text") {
        return Err(invalid("Param typing_indicator['type'] must be text"));
    }
    let mut done = vec!["read"];
    // Nobody sees typing for a message that was read before.
    if typing.is_some() && !read {
        done.push("typing");
    }
    let to = world.people.get(person).map(|person| person.key().to_owned()).unwrap_or_default();
    if let Some(line) = world.numbers.get_mut(number) {
        let theirs = line.messages.values_mut().filter(|kept| kept.person == person && !kept.by_business);
        theirs.for_each(|kept| kept.read = true);
    }
    for kind in done {
        world.note_sent(Sent {
            phone_number_id: number.to_owned(),
            to: to.clone(),
            kind: kind.to_owned(),
            text: None,
            body: Value::Object(body.clone()),
            message_id: id.to_owned(),
            reply_to: None,
        });
    }
    Ok(Accepted { answer: json!({"success": true}), fate: None })
}
