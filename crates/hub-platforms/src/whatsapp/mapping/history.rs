//! What was said before the number was linked: comes once, in thousands, and rings no bell.

use super::super::lenient::Word;
use super::people::Customer;
use super::{Scene, account, every, list, messages, unreadable};
use hub_platform_kit::platform::Parsed;
use serde_json::{Map, Value};

/// The value of a change of this kind: threads, or the files that belong to them.
pub(super) fn read(scene: &Scene, value: &mut Map<String, Value>, out: &mut Vec<Parsed>) {
    every(value, "messages", out, |message, out| messages::read(scene, message, messages::Source::PastFile, out));
    for chunk in list(value, "history") {
        let Value::Object(mut chunk) = chunk else {
            out.push(unreadable("a part of the history that is no object"));
            continue;
        };
        // The business may decline to share its history.
        for problem in list(&mut chunk, "errors") {
            out.push(account::platform_error(scene, problem));
        }
        for one in list(&mut chunk, "threads") {
            thread(scene, one, out);
        }
    }
}

fn thread(scene: &Scene, thread: Value, out: &mut Vec<Parsed>) {
    let Value::Object(mut thread) = thread else {
        return out.push(unreadable("a thread that is no object"));
    };
    let context = match thread.remove("context") {
        Some(Value::Object(context)) => context,
        _ => Map::new(),
    };
    let member = |from: &Map<String, Value>, name: &str| from.get(name).cloned().map(Word::of).unwrap_or_default();
    let either = |name: &str| if thread.contains_key(name) { member(&thread, name) } else { member(&context, name) };
    let (wa_id, user_id, parent) = (either("wa_id"), either("user_id"), either("parent_user_id"));
    let named = Customer::new(&scene.people, &member(&thread, "id"), &user_id, &parent);
    let Some(customer) = named.or_else(|| Customer::new(&scene.people, &wa_id, &user_id, &parent)) else {
        return out.push(unreadable("a thread without a customer"));
    };
    every(&mut thread, "messages", out, |message, out| {
        messages::read(scene, message, messages::Source::Past(&customer), out);
    });
}
