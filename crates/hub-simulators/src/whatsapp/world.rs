//! What the simulator knows: business accounts, numbers, people, what was said. All of it is bounded.

use super::WhatsAppOptions;
use super::person::Person;
use super::statuses::{Fate, StatusScript};
use super::templates::Template;
use crate::meta::GraphError;
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Things remembered of each sort at most.
pub(super) const MAX_KEPT: usize = 20_000;
/// How long a customer's message opens the window, in milliseconds.
const WINDOW: i64 = 24 * 60 * 60 * 1_000;
/// How long a click on an ad opens it, in milliseconds.
const AD_WINDOW: i64 = 72 * 60 * 60 * 1_000;

/// Everything.
#[derive(Debug)]
pub(super) struct World {
    pub(super) options: WhatsAppOptions,
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) numbers: BTreeMap<String, Number>,
    pub(super) people: Vec<Person>,
    /// By number and by the person's place in `people`.
    pub(super) chats: HashMap<(String, usize), Chat>,
    pub(super) media: HashMap<String, Media>,
    pub(super) statuses: StatusScript,
    /// For the next sends, one each; used up in order.
    pub(super) next_statuses: VecDeque<StatusScript>,
    pub(super) sent: Vec<Sent>,
    /// By message id, for statuses that come later.
    fates: HashMap<String, Fate>,
    next_id: u64,
}

/// A WhatsApp business account (WABA).
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) templates: Vec<Template>,
}

/// A business phone number.
#[derive(Clone, Debug)]
pub(super) struct Number {
    pub(super) id: String,
    pub(super) account: String,
    /// Digits only, as webhooks have it.
    pub(super) display: String,
    pub(super) verified_name: String,
    pub(super) registered: bool,
    /// Six digits; `None` = the first registration sets it.
    pub(super) pin: Option<String>,
    pub(super) wrong_pins: u32,
    /// By message id.
    pub(super) messages: HashMap<String, Kept>,
}

/// What one number and one person have had with each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Chat {
    /// Milliseconds.
    pub(super) last_inbound: Option<i64>,
    /// When they came from an ad, in milliseconds.
    pub(super) from_ad: Option<i64>,
    /// The person took the business's messages no longer.
    pub(super) blocked: bool,
    /// So many sends to them are too fast.
    pub(super) too_fast: u32,
}

/// A message that can be referred to.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) person: usize,
    pub(super) by_business: bool,
    pub(super) read: bool,
    pub(super) content: Value,
}

/// A file that messages can name.
#[derive(Clone, Debug)]
pub(super) struct Media {
    pub(super) number: String,
    pub(super) mime: String,
    pub(super) bytes: Bytes,
    /// Milliseconds.
    pub(super) expires_at: i64,
}

/// Something a number did.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Which number.
    pub phone_number_id: String,
    /// To whom: their number, or their BSUID where no number is known.
    pub to: String,
    /// `text`, `image`, … as sent; `read` and `typing` for marking.
    pub kind: String,
    /// The words, or the caption, or the emoji.
    pub text: Option<String>,
    /// The whole body of the call.
    pub body: Value,
    /// The message's id; for `read` and `typing` the id of the message that was marked.
    pub message_id: String,
    /// The id of the message it answers, as far as it is known.
    pub reply_to: Option<String>,
}

impl World {
    pub(super) fn new(options: WhatsAppOptions) -> Self {
        Self {
            options,
            accounts: BTreeMap::new(),
            numbers: BTreeMap::new(),
            people: Vec::new(),
            chats: HashMap::new(),
            media: HashMap::new(),
            statuses: StatusScript::default(),
            next_statuses: VecDeque::new(),
            sent: Vec::new(),
            fates: HashMap::new(),
            next_id: 0,
        }
    }

    /// A new id made of digits.
    pub(super) fn new_id(&mut self) -> String {
        /// Ids of media, templates and the like have sixteen digits.
        const FIRST: u64 = 4_490_709_300_000_000;
        self.next_id += 1;
        (FIRST + self.next_id).to_string()
    }

    /// Adds a business account with the sample template that each has; one that exists stays.
    pub(super) fn add_account(&mut self, id: &str, name: &str) {
        if self.accounts.contains_key(id) {
            return;
        }
        let sample = Template::sample(self.new_id());
        let account = Account { id: id.to_owned(), name: name.to_owned(), templates: vec![sample] };
        self.accounts.insert(id.to_owned(), account);
    }

    /// Adds a number, registered and without a PIN; one that exists stays.
    pub(super) fn add_number(&mut self, account: &str, id: &str, display: &str, verified_name: &str) {
        self.add_account(account, verified_name);
        self.numbers.entry(id.to_owned()).or_insert_with(|| Number {
            id: id.to_owned(),
            account: account.to_owned(),
            display: display.chars().filter(char::is_ascii_digit).collect(),
            verified_name: verified_name.to_owned(),
            registered: true,
            pin: None,
            wrong_pins: 0,
            messages: HashMap::new(),
        });
    }

    /// Adds somebody, or changes what is known of whoever has one of the ids.
    pub(super) fn put_person(&mut self, person: Person) -> usize {
        let known = [&person.wa_id, &person.user_id].into_iter().flatten().find_map(|alias| self.find(alias));
        if let Some(place) = known {
            self.people[place] = person;
            return place;
        }
        if self.people.len() >= MAX_KEPT {
            self.people.clear();
            self.chats.clear();
            self.numbers.values_mut().for_each(|number| number.messages.clear());
        }
        self.people.push(person);
        self.people.len() - 1
    }

    /// Who has a number, in any form, or an id.
    pub(super) fn find(&self, alias: &str) -> Option<usize> {
        self.people.iter().position(|person| person.is(alias))
    }

    /// Who has an alias; somebody new where nobody has it yet.
    pub(super) fn somebody(&mut self, alias: &str) -> usize {
        if let Some(place) = self.find(alias) {
            return place;
        }
        let person = match super::person::dialled(alias) {
            Some(digits) => Person::new(&digits, &format!("Person {}", &digits[digits.len() - 4..])),
            None => Person::with_username(alias, "somebody", "Somebody"),
        };
        self.put_person(person)
    }

    pub(super) fn number(&self, id: &str) -> Result<&Number, GraphError> {
        self.numbers.get(id).ok_or_else(|| GraphError::missing(id))
    }

    pub(super) fn chat(&mut self, number: &str, person: usize) -> &mut Chat {
        self.chats.entry((number.to_owned(), person)).or_default()
    }

    /// Whether anything but templates reaches a person now.
    pub(super) fn window_is_open(&self, number: &str, person: usize, now: i64) -> bool {
        let Some(chat) = self.chats.get(&(number.to_owned(), person)) else { return false };
        chat.last_inbound.is_some_and(|at| now - at < WINDOW) || self.came_from_ad(number, person, now)
    }

    /// Whether the person came from an ad a short while ago.
    pub(super) fn came_from_ad(&self, number: &str, person: usize, now: i64) -> bool {
        let chat = self.chats.get(&(number.to_owned(), person));
        chat.and_then(|chat| chat.from_ad).is_some_and(|at| now - at < AD_WINDOW)
    }

    /// Keeps a message, so that others can refer to it.
    pub(super) fn keep(&mut self, number: &str, id: &str, kept: Kept) {
        let Some(number) = self.numbers.get_mut(number) else { return };
        if number.messages.len() >= MAX_KEPT {
            number.messages.clear();
        }
        number.messages.insert(id.to_owned(), kept);
    }

    pub(super) fn note_sent(&mut self, sent: Sent) {
        if self.sent.len() >= MAX_KEPT {
            self.sent.remove(0);
        }
        self.sent.push(sent);
    }

    pub(super) fn note_fate(&mut self, fate: &Fate) {
        if self.fates.len() >= MAX_KEPT {
            self.fates.clear();
        }
        self.fates.insert(fate.message_id.clone(), fate.clone());
    }

    /// What becomes of a message that was sent.
    pub(super) fn fate(&self, message: &str) -> Option<Fate> {
        self.fates.get(message).cloned()
    }
}

impl Number {
    /// The number without what was said.
    pub(super) fn clone_head(&self) -> Self {
        Self {
            id: self.id.clone(),
            account: self.account.clone(),
            display: self.display.clone(),
            verified_name: self.verified_name.clone(),
            registered: self.registered,
            pin: self.pin.clone(),
            wrong_pins: self.wrong_pins,
            messages: HashMap::new(),
        }
    }

    /// What every value of a webhook says of the number.
    pub(super) fn value(&self) -> Value {
        json!({
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": self.display, "phone_number_id": self.id},
        })
    }

    /// The number as people read it, such as `+1 555-078-3881`.
    pub(super) fn pretty(&self) -> String {
        let digits = &self.display;
        match digits.len() {
            11 => format!("+{} {}-{}-{}", &digits[..1], &digits[1..4], &digits[4..7], &digits[7..]),
            _ => format!("+{digits}"),
        }
    }
}
