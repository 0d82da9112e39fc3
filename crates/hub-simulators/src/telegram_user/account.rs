//! An account: who it is, what it sees, and what it must say to sign in.

use super::chats::{Chat, Place, Stream};
use super::files::File;
use super::methods::PasswordTry;
use super::people::{NewPerson, Person};
use grammers_tl_types::enums;
use std::collections::{BTreeMap, HashMap};

/// Answers to sends remembered at most.
const MAX_SENT: usize = 20_000;
/// Odd, so that multiples of it do not repeat; the usual constant of Fibonacci hashing.
const SCATTER: u64 = 0x9e37_79b9_7f4a_7c15;

/// How a sign-in code comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CodeKind {
    /// In another program that is signed in.
    #[default]
    App,
    /// By SMS.
    Sms,
    /// A call speaks it.
    Call,
    /// The number that calls.
    FlashCall,
    /// The last digits of the number that calls.
    MissedCall,
    /// By e-mail.
    Email,
    /// An e-mail address must be set up first.
    SetUpEmail,
    /// At the auction house for numbers.
    Fragment,
    /// Only for programs on telephones.
    Firebase,
    /// A word by SMS.
    SmsWord,
    /// A phrase by SMS.
    SmsPhrase,
    /// None: a kept token lets the person in at once.
    AlreadyIn,
    /// None: the country costs money.
    PaymentRequired,
}

impl CodeKind {
    /// By name, as the control API takes it.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "app" => Self::App,
            "sms" => Self::Sms,
            "call" => Self::Call,
            "flash_call" => Self::FlashCall,
            "missed_call" => Self::MissedCall,
            "email" => Self::Email,
            "set_up_email" => Self::SetUpEmail,
            "fragment" => Self::Fragment,
            "firebase" => Self::Firebase,
            "sms_word" => Self::SmsWord,
            "sms_phrase" => Self::SmsPhrase,
            "already_in" => Self::AlreadyIn,
            "payment_required" => Self::PaymentRequired,
            _ => return None,
        })
    }
}

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Whose it is.
    pub person: NewPerson,
    /// Telephone number in digits.
    pub phone: String,
    /// The cloud password.
    pub password: Option<String>,
    /// Its hint.
    pub hint: Option<String>,
    /// The data centre it lives in.
    pub dc: i32,
    /// The code that every sign-in takes.
    pub code: String,
    /// How the code comes first.
    pub code_kind: CodeKind,
    /// How it comes when it is asked for again, and after how many seconds that may be.
    pub again: Option<(CodeKind, i32)>,
}

impl NewAccount {
    /// Somebody in data centre 2 without a password.
    pub fn new(id: i64, phone: &str, first_name: &str) -> Self {
        let mut person = NewPerson::named(id, first_name);
        person.phone = Some(phone.to_owned());
        Self {
            person,
            phone: phone.to_owned(),
            password: None,
            hint: None,
            dc: 2,
            code: "22222".to_owned(),
            code_kind: CodeKind::App,
            again: Some((CodeKind::Sms, 60)),
        }
    }

    /// The same with a cloud password and its hint.
    #[must_use]
    pub fn with_password(mut self, password: &str, hint: &str) -> Self {
        self.password = Some(password.to_owned());
        self.hint = Some(hint.to_owned());
        self
    }
}

/// Who reacted with what.
pub(super) type Reactions = BTreeMap<i64, Vec<enums::Reaction>>;

/// An account.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) id: i64,
    pub(super) settings: NewAccount,
    pub(super) people: BTreeMap<i64, Person>,
    pub(super) chats: BTreeMap<Place, Chat>,
    pub(super) files: BTreeMap<i64, File>,
    pub(super) reactions: BTreeMap<(Place, i32), Reactions>,
    pub(super) stream: Stream,
    pub(super) next_message: i32,
    pub(super) first_message: i32,
    /// The answer to every send, by its random id.
    pub(super) sent: HashMap<i64, enums::Updates>,
    /// Parts of files by the client's id for them.
    pub(super) uploads: HashMap<i64, BTreeMap<i32, Vec<u8>>>,
    /// Grows when references to files expire.
    pub(super) references: u32,
    /// The password's proof that is under way.
    pub(super) password_try: Option<PasswordTry>,
    /// Pushes that get lost before others come through.
    pub(super) lost: usize,
    clock: u64,
    secrets: u64,
}

impl Account {
    pub(super) fn new(settings: NewAccount, first_message: i32) -> Self {
        let id = settings.person.id;
        let mut account = Self {
            id,
            settings: settings.clone(),
            people: BTreeMap::new(),
            chats: BTreeMap::new(),
            files: BTreeMap::new(),
            reactions: BTreeMap::new(),
            stream: Stream::default(),
            next_message: first_message,
            first_message,
            sent: HashMap::new(),
            uploads: HashMap::new(),
            references: 1,
            password_try: None,
            lost: 0,
            clock: 0,
            secrets: id.unsigned_abs() << 20,
        };
        account.meet(settings.person);
        if let Some(me) = account.people.get_mut(&id) {
            me.is_self = true;
        }
        account
    }

    /// A number that nobody guesses by counting.
    pub(super) fn secret(&mut self) -> i64 {
        self.secrets += 1;
        i64::try_from(self.secrets.wrapping_mul(SCATTER) >> 1).unwrap_or(i64::MAX)
    }

    /// The moment's number.
    pub(super) fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    /// The account gets to know somebody; who is known stays as they are.
    pub(super) fn meet(&mut self, person: NewPerson) {
        let access_hash = self.secret();
        self.people.entry(person.id).or_insert_with(|| Person::new(person, access_hash));
    }

    /// A chat; private ones are made on first use.
    pub(super) fn chat(&mut self, place: Place) -> Option<&mut Chat> {
        if let Place::Person(id) = place
            && self.people.contains_key(&id)
            && !self.chats.contains_key(&place)
        {
            self.open(place, "");
        }
        self.chats.get_mut(&place)
    }

    /// Makes a chat; one that exists stays as it is.
    pub(super) fn open(&mut self, place: Place, title: &str) {
        let (access_hash, touched) = (self.secret(), self.tick());
        let first_message = self.first_message;
        self.chats.entry(place).or_insert_with(|| {
            let mut chat = Chat::new(place, title, access_hash, now(), first_message);
            chat.touched = touched;
            chat
        });
    }

    /// What messages carry beside a file's id; what was given out before expires when it changes.
    pub(super) fn reference(&self) -> Vec<u8> {
        format!("reference {}", self.references).into_bytes()
    }

    /// Remembers the answer to a send.
    pub(super) fn remember(&mut self, random_id: i64, answer: &enums::Updates) {
        if self.sent.len() >= MAX_SENT {
            self.sent.clear();
        }
        self.sent.insert(random_id, answer.clone());
    }
}

/// Seconds since 1970.
pub(super) fn now() -> i32 {
    i32::try_from(chrono::Utc::now().timestamp()).unwrap_or(i32::MAX)
}
