//! What the suite must know of a platform to test it: how its simulator is worked, never what the platform can do. That is
//! read from the card.

use chrono::{DateTime, Utc};
use serde_json::Value;
use std::time::Duration;

/// One platform with its simulator, as far as the suite works them. Accounts and people are named by their ids at the
/// platform; what a platform does not have is answered with `None` or `false`.
#[expect(async_fn_in_trait, reason = "the suite's checks run where they are awaited")]
pub trait Subject: Sized {
    /// Id of the card.
    const CARD: &'static str;
    /// The way of linking, one of the card's, by which the suite gets an account to work with.
    const METHOD: &'static str;
    /// Status with which the hub says that it took a delivery.
    const TAKEN: u16 = 200;
    /// True where the platform takes one send once, however often it is repeated: what nobody knows is sent again.
    const DROPS_REPEATS: bool = false;
    /// The platform's word for a person's no.
    const REFUSAL: &'static str = "access_denied";

    /// Starts the simulator with two accounts that can be linked.
    async fn start() -> Self;
    /// What an operator does at the platform once the hub is up, such as naming its address there.
    async fn set_up(&self, _hub: &str) {}
    /// The hub's environment that leads to it.
    fn settings(&self) -> Vec<(&'static str, String)>;
    /// Lets the platform allow more than it does, for a run that lasts; gives the settings with which the hub makes use of it.
    fn make_room(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
    /// Everything, as of now, that may be shown nowhere: secrets of the operator, tokens of accounts.
    fn secrets(&self) -> Vec<String>;
    /// An account that can be linked: 0 or 1.
    fn account(&self, number: usize) -> String;
    /// A person, any number.
    fn person(&self, number: usize) -> String;

    /// The answers that link an account by a way that asks; `None` = this way leads to a page.
    fn form(&self, method: &str, account: &str) -> Option<Form>;
    /// What is typed into the forms that follow the first one.
    fn further(&self, _method: &str, _account: &str) -> Vec<Value> {
        Vec::new()
    }
    /// The platform cuts the line that the hub holds for an account; false = it holds none.
    fn cut_line(&self, _account: &str) -> bool {
        false
    }
    /// A person at the page the hub led to: where the platform sends their browser. `None` = nowhere.
    async fn consent(&self, method: &str, page: &str, decision: Decision<'_>) -> Option<String>;
    /// The account among the choices that a way of linking offers.
    fn choice(&self, _method: &str, account: &str) -> String {
        account.to_owned()
    }
    /// True once the platform calls the hub about the account.
    fn is_called(&self, account: &str) -> bool;
    /// True once everything that can be taken back at the platform is taken back.
    fn is_free(&self, account: &str) -> bool;
    /// How often the account's grant was renewed at the platform; `None` = it is never renewed.
    fn renewals(&self, account: &str) -> Option<usize>;
    /// Time passes at the platform, for tokens that must have some age.
    fn pass(&self, _time: Duration) {}

    /// A person says something, and the platform calls the hub.
    fn say(&self, account: &str, person: &str, words: &str) -> String;
    /// How many messages of a person the account has not read there, where the platform's API tells that.
    fn unread(&self, _account: &str, _person: &str) -> Option<usize> {
        None
    }
    /// A person does something about a message.
    fn act(&self, account: &str, person: &str, act: &Act<'_>) -> bool;
    /// A person sends a file.
    fn attach(&self, account: &str, person: &str, file: &File, fate: Fate) -> bool;
    /// The account says something elsewhere, and the platform tells.
    fn elsewhere(&self, account: &str, person: &str, words: &str) -> bool;

    /// Where the platform delivers what concerns an account; `None` = the platform's one address.
    fn address(&self, _account: &str) -> Option<String> {
        None
    }
    /// The header that proves these bytes.
    fn proof(&self, body: &[u8]) -> (&'static str, String);
    /// The delivery of these events with one part of its proof after the other spoiled, for platforms whose proof stands in the
    /// bytes and not in a header: the hub takes them like any other, and nothing comes of them. Each with what is wrong.
    fn forgeries(&self, _account: &str, _events: &[Value]) -> Vec<(&'static str, Value)> {
        Vec::new()
    }
    /// A message as one event of a delivery.
    fn event(&self, account: &str, said: &Said<'_>) -> Value;
    /// An event that is authentic and cannot be read.
    fn unreadable(&self, account: &str, said: &Said<'_>) -> Value;
    /// Deliveries of these events: one, where the platform batches.
    fn deliveries(&self, account: &str, events: Vec<Value>) -> Vec<Value>;
    /// Deliveries of kinds that nobody knows.
    fn strange(&self, account: &str) -> Vec<Value>;
    /// The platform's check of the hub's address; `None` = it makes none.
    fn challenge(&self) -> Option<Challenge>;

    /// What the account did at the platform, in order.
    fn got(&self, account: &str) -> Vec<Got>;
    /// The next send goes wrong.
    fn fault(&self, account: &str, fault: Fault) -> bool;
    /// The account's access token ends before its time, and what renews it works; false = it has no end.
    fn end_token(&self, _account: &str) -> bool {
        false
    }
    /// The platform stops telling of the account, without a word, or begins again; false = it cannot.
    async fn fall_silent(&self, _account: &str, _silent: bool) -> bool {
        false
    }
    /// Somebody else has the platform call `url` about the account: what becomes of what is said from then on. `None` = nobody can.
    async fn take_over(&self, _account: &str, _url: &str) -> Option<Meanwhile> {
        None
    }
    /// They let go of it again, where nobody can take it back from them; false = one can.
    async fn let_go(&self, _account: &str) -> bool {
        false
    }
    /// The line that the hub holds for an account is dead, and no other can be had, or it is mended; false = it holds none.
    fn cut_off(&self, _account: &str, _cut: bool) -> bool {
        false
    }
    /// The account's permission is taken back at the platform: at once, or as the next send shows.
    fn revoke(&self, account: &str) -> bool {
        self.fault(account, Fault::Reauth)
    }
    /// What was delivered last comes once more; false = only what is delivered by hand.
    fn tell_again(&self) -> bool {
        false
    }
    /// Deliveries are held back, or what was held goes in the wrong order; false = only what is delivered by hand.
    fn hold_back(&self, _held: bool) -> bool {
        false
    }
    /// The platform tells how far a message got: `delivered` or `read`.
    fn report(&self, account: &str, person: &str, message: &str, status: &str) -> bool;
    /// A prepared message as the hub's API takes it, with words that it says.
    fn template(&self) -> Option<Value>;
}

/// What becomes of what is said while the platform calls somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meanwhile {
    /// The hub gets it in the end.
    Kept,
    /// Nobody can have it back.
    Gone,
}

/// What is typed into the form of a way of linking.
#[derive(Clone, Debug)]
pub struct Form {
    /// Links.
    pub good: Value,
    /// Does not.
    pub bad: Value,
}

/// What a person does on a platform's page.
#[derive(Clone, Copy, Debug)]
pub enum Decision<'a> {
    /// Grants these accounts; platforms whose page knows only one take the first.
    Accept(&'a [String]),
    /// Says no.
    Refuse,
}

/// What a person does about a message.
#[derive(Clone, Copy, Debug)]
pub enum Act<'a> {
    /// Puts an emoji there.
    React(&'a str, &'a str),
    /// Takes it away.
    Unreact(&'a str),
    /// Changes own words.
    Edit(&'a str, &'a str),
    /// Takes a message back.
    Delete(&'a str),
    /// Answers a message with words.
    Reply(&'a str, &'a str),
}

/// A file of a person.
#[derive(Clone, Debug)]
pub struct File {
    /// The hub's word for its kind.
    pub kind: &'static str,
    /// Media type.
    pub mime: &'static str,
    /// Name.
    pub name: &'static str,
    /// Content.
    pub bytes: Vec<u8>,
}

/// What becomes of a file at the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It can be fetched.
    Whole,
    /// The platform does not hand it out any more.
    Gone,
    /// It is larger than the hub takes.
    TooLarge,
    /// What can be fetched is not what was sent.
    Tampered,
}

/// A message of a delivery made by hand.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// Makes its ids; greater than any the simulator gives.
    pub number: i64,
    /// Who.
    pub person: &'a str,
    /// What.
    pub words: &'a str,
    /// When.
    pub at: DateTime<Utc>,
}

/// The platform's check of the hub's address.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// Query with the right token.
    pub right: String,
    /// What must be answered.
    pub answer: String,
    /// Queries that must be refused.
    pub wrong: Vec<String>,
}

/// What an account did at the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Got {
    /// What.
    pub what: What,
    /// To whom.
    pub person: String,
    /// Words, or the caption of a file.
    pub words: Option<String>,
    /// The message's id, or that of the message it was about.
    pub message: Option<String>,
    /// The message it answers.
    pub reply_to: Option<String>,
    /// The tag it came under.
    pub tag: Option<String>,
}

/// Sorts of what an account does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Words.
    Text,
    /// A file: the hub's word for its kind, and its size in bytes where the simulator tells.
    File(String, Option<usize>),
    /// A place.
    Location,
    /// Address-book entries.
    Contacts,
    /// A prepared message.
    Template,
    /// An emoji put there (`Some`) or taken away.
    Reaction(Option<String>),
    /// Showed that somebody is typing.
    Typing,
    /// Showed that messages were read.
    Read,
    /// Something else.
    Other,
}

impl What {
    /// True for everything that is a message.
    pub fn is_message(&self) -> bool {
        matches!(self, Self::Text | Self::File(..) | Self::Location | Self::Contacts | Self::Template)
    }
}

/// How a send goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The account's permission is dead.
    Reauth,
    /// A final no, such as a person who blocked the account.
    Refused,
    /// The person is not there any more.
    Missing,
    /// Slow down, for this long.
    SlowDown(Duration),
    /// The platform says that it is in trouble.
    Trouble,
    /// A gateway's page instead of an answer.
    Gateway,
    /// Success, with words nobody understands.
    Garbage,
    /// No answer for this long.
    Hang(Duration),
    /// The line breaks before anything was done.
    CutBefore,
    /// The line breaks after everything was done.
    CutAfter,
}
