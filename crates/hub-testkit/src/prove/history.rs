//! What happened, as the platforms, the clients and the hub tell it, and what is wrong with it. Pure: the same history always
//! has the same findings.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A line of talk: one account and one person.
pub type Talk = (String, String);

/// Everything that was seen of one run.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// What people said and the hub acknowledged, in the order in which it was said.
    pub said: Vec<Said>,
    /// What users asked the hub to send, in the order in which it was asked.
    pub asked: Vec<Asked>,
    /// What the platforms took from the hub, in order.
    pub taken: Vec<Taken>,
    /// Every message as the API shows it in the end, oldest first.
    pub shown: Vec<Shown>,
    /// New messages that open clients heard of.
    pub pushed: Vec<Pushed>,
    /// The accounts.
    pub accounts: Vec<AccountSeen>,
    /// What nobody told the hub.
    pub lost: Vec<Lost>,
    /// Tokens that ended before their time.
    pub renewed: Vec<Renewed>,
    /// What the hub's own ledger says does not add up; empty when it does, or when there is none.
    pub ledger: Vec<String>,
}

/// A person said something; the words are unique in the run.
#[derive(Clone, Debug)]
pub struct Said {
    /// Where.
    pub talk: Talk,
    /// What.
    pub words: String,
    /// Clients must hear of it as of something new.
    pub pushed: bool,
}

/// A user asked for something to be sent; the words are unique in the run.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Where.
    pub talk: Talk,
    /// What.
    pub words: String,
    /// How often a person decided to send it again though it might have arrived.
    pub forced: usize,
    /// It was sent again after it had failed, so its place among the others is not its own.
    pub retried: bool,
}

/// A platform took something.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Where.
    pub talk: Talk,
    /// What.
    pub words: String,
}

/// A message as the API shows it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What.
    pub words: String,
    /// Status of one that was sent from the hub.
    pub status: Option<String>,
    /// It is shown as missed and read back.
    pub recovered: bool,
}

/// A client heard of a new message.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// Which connection: one that comes back goes on where it was, and is the same.
    pub client: usize,
    /// Place in the user's log.
    pub offset: i64,
    /// What.
    pub words: String,
}

/// What was seen of an account.
#[derive(Clone, Debug)]
pub struct AccountSeen {
    /// Which.
    pub name: String,
    /// It was shown as in need of a new sign-in.
    pub asked_for_sign_in: bool,
    /// Its platform gave an answer about its credentials.
    pub credentials_refused: bool,
}

/// A platform did not tell the hub what was said.
#[derive(Clone, Debug)]
pub struct Lost {
    /// The account.
    pub name: String,
    /// Why not.
    pub loss: Loss,
    /// The account was well again in the end.
    pub well_again: bool,
    /// What was said meanwhile.
    pub words: Vec<String>,
    /// The platform lets it be read: then it must be shown as recovered.
    pub read_back: bool,
}

/// Why the hub is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The platform fell silent, without a word.
    Silence {
        /// The hub found out.
        noticed: bool,
    },
    /// The platform called somebody else.
    Takeover {
        /// The hub said so.
        noticed: bool,
        /// It took the account back before its owner wanted it back.
        fought: bool,
    },
}

/// An account's token ended before its time, while several sends needed it.
#[derive(Clone, Debug)]
pub struct Renewed {
    /// The account.
    pub name: String,
    /// How often the platform was asked for a new one.
    pub times: usize,
    /// The account was shown as in need of a new sign-in.
    pub asked_for_sign_in: bool,
    /// Sends that did not get through.
    pub unsent: usize,
}

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// It was acknowledged and is not there.
    Lost(String),
    /// It is there more than once.
    Doubled(String),
    /// Nobody said it.
    Invented(String),
    /// It stands before what was said before it.
    OutOfOrder(String),
    /// The platform got it more than once, and nobody had decided so.
    BlindResend(String),
    /// It is shown as sent, and the platform never got it.
    NeverSent(String),
    /// It is shown as failed, and the platform has it.
    SentAfterAll(String),
    /// Its fate is still open when everything has come to rest.
    Stuck(String),
    /// A client was told twice, or something else at the same place.
    PushedTwice(String),
    /// No client was told.
    NotPushed(String),
    /// Its platform refused an account's credentials, and nobody was told.
    MissedReconnect(String),
    /// An account asks for a new sign-in though its platform never refused it.
    FalseReconnect(String),
    /// A dead line was not noticed.
    Unnoticed(String),
    /// An account somebody else took was fought over.
    Fought(String),
    /// An account did not become well again.
    StillIll(String),
    /// It was missed and read back, and is not shown as such.
    NotRecovered(String),
    /// A token that ended was not renewed exactly once.
    Renewals(String),
    /// A token that ended kept something from being sent.
    Unsent(String),
    /// The hub's own books do not balance.
    Ledger(String),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, which) = match self {
            Self::Lost(which) => ("lost", which),
            Self::Doubled(which) => ("doubled", which),
            Self::Invented(which) => ("invented", which),
            Self::OutOfOrder(which) => ("out of order", which),
            Self::BlindResend(which) => ("blind resend", which),
            Self::NeverSent(which) => ("shown as sent, never sent", which),
            Self::SentAfterAll(which) => ("shown as failed, but sent", which),
            Self::Stuck(which) => ("stuck", which),
            Self::PushedTwice(which) => ("pushed twice", which),
            Self::NotPushed(which) => ("not pushed", which),
            Self::MissedReconnect(which) => ("dead sign-in that nobody is told of", which),
            Self::FalseReconnect(which) => ("false call for a new sign-in", which),
            Self::Unnoticed(which) => ("dead line that nobody noticed", which),
            Self::Fought(which) => ("fought over", which),
            Self::StillIll(which) => ("not well again", which),
            Self::NotRecovered(which) => ("missed, not shown as recovered", which),
            Self::Renewals(which) => ("not renewed exactly once", which),
            Self::Unsent(which) => ("not sent because a token ended", which),
            Self::Ledger(which) => ("ledger", which),
        };
        write!(f, "{what}: {which}")
    }
}

/// Everything that is wrong with a history, each once.
pub fn check(history: &History) -> Vec<Finding> {
    let mut found = BTreeSet::new();
    presence(history, &mut found);
    order(history, &mut found);
    fates(history, &mut found);
    pushes(history, &mut found);
    for account in &history.accounts {
        if account.asked_for_sign_in && !account.credentials_refused {
            found.insert(Finding::FalseReconnect(account.name.clone()));
        }
        if account.credentials_refused && !account.asked_for_sign_in {
            found.insert(Finding::MissedReconnect(account.name.clone()));
        }
    }
    losses(history, &mut found);
    found.extend(history.ledger.iter().cloned().map(Finding::Ledger));
    found.into_iter().collect()
}

/// How often each of these words stands there.
fn counted<'a>(words: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for words in words {
        *counts.entry(words).or_default() += 1;
    }
    counts
}

fn presence(history: &History, found: &mut BTreeSet<Finding>) {
    let shown = counted(history.shown.iter().map(|shown| shown.words.as_str()));
    let said = history.said.iter().map(|said| said.words.as_str());
    let known: BTreeSet<&str> = said.chain(history.asked.iter().map(|asked| asked.words.as_str())).collect();
    for words in &known {
        match shown.get(words) {
            None => drop(found.insert(Finding::Lost((*words).to_owned()))),
            Some(1) => {}
            Some(_) => drop(found.insert(Finding::Doubled((*words).to_owned()))),
        }
    }
    for words in shown.keys().filter(|words| !known.contains(*words)) {
        found.insert(Finding::Invented((*words).to_owned()));
    }
}

/// The words of each talk must come in the order in which they were said; what is missing is missing elsewhere.
fn order(history: &History, found: &mut BTreeSet<Finding>) {
    let mut spoken: BTreeMap<&Talk, Vec<&str>> = BTreeMap::new();
    for said in &history.said {
        spoken.entry(&said.talk).or_default().push(&said.words);
    }
    let shown: Vec<&str> = history.shown.iter().map(|shown| shown.words.as_str()).collect();
    for words in spoken.values() {
        in_order(words, &shown, found);
    }
    let mut asked: BTreeMap<&Talk, Vec<&str>> = BTreeMap::new();
    for one in history.asked.iter().filter(|asked| !asked.retried && asked.forced == 0) {
        asked.entry(&one.talk).or_default().push(&one.words);
    }
    let taken: Vec<&str> = history.taken.iter().map(|taken| taken.words.as_str()).collect();
    for words in asked.values() {
        in_order(words, &taken, found);
    }
}

fn in_order(expected: &[&str], seen: &[&str], found: &mut BTreeSet<Finding>) {
    let mut last = None;
    for words in expected {
        let Some(place) = seen.iter().position(|seen| seen == words) else { continue };
        if last.is_some_and(|last| place < last) {
            found.insert(Finding::OutOfOrder((*words).to_owned()));
        }
        last = last.max(Some(place));
    }
}

/// What is shown of a message must be what the platform knows of it.
fn fates(history: &History, found: &mut BTreeSet<Finding>) {
    let taken = counted(history.taken.iter().map(|taken| taken.words.as_str()));
    for asked in &history.asked {
        let got = taken.get(asked.words.as_str()).copied().unwrap_or_default();
        if got > 1 + asked.forced {
            found.insert(Finding::BlindResend(asked.words.clone()));
        }
        let shown = history.shown.iter().find(|shown| shown.words == asked.words);
        match shown.and_then(|shown| shown.status.as_deref()) {
            Some("sent" | "delivered" | "read") if got == 0 => {
                found.insert(Finding::NeverSent(asked.words.clone()));
            }
            Some("failed") if got > 0 => drop(found.insert(Finding::SentAfterAll(asked.words.clone()))),
            Some("queued" | "sending") => drop(found.insert(Finding::Stuck(asked.words.clone()))),
            _ => {}
        }
    }
}

fn losses(history: &History, found: &mut BTreeSet<Finding>) {
    for lost in &history.lost {
        let (Loss::Silence { noticed } | Loss::Takeover { noticed, .. }) = lost.loss;
        if !noticed {
            found.insert(Finding::Unnoticed(lost.name.clone()));
        }
        if matches!(lost.loss, Loss::Takeover { fought: true, .. }) {
            found.insert(Finding::Fought(lost.name.clone()));
        }
        if !lost.well_again {
            found.insert(Finding::StillIll(lost.name.clone()));
        }
        let shown = |words: &String| history.shown.iter().find(|shown| shown.words == *words);
        for words in lost.words.iter().filter(|words| lost.read_back && shown(words).is_some_and(|it| !it.recovered)) {
            found.insert(Finding::NotRecovered(words.clone()));
        }
    }
    for renewed in &history.renewed {
        if renewed.times != 1 {
            found.insert(Finding::Renewals(format!("{}, {} times", renewed.name, renewed.times)));
        }
        if renewed.asked_for_sign_in {
            found.insert(Finding::FalseReconnect(renewed.name.clone()));
        }
        if renewed.unsent > 0 {
            found.insert(Finding::Unsent(format!("{}, {} messages", renewed.name, renewed.unsent)));
        }
    }
}

fn pushes(history: &History, found: &mut BTreeSet<Finding>) {
    let mut at: BTreeMap<(usize, i64), &str> = BTreeMap::new();
    let mut told: BTreeSet<(usize, &str)> = BTreeSet::new();
    for pushed in &history.pushed {
        let place = at.insert((pushed.client, pushed.offset), &pushed.words);
        if place.is_some() || !told.insert((pushed.client, &pushed.words)) {
            found.insert(Finding::PushedTwice(pushed.words.clone()));
        }
    }
    if history.pushed.is_empty() {
        return; // nobody listened
    }
    let heard: BTreeSet<&str> = told.iter().map(|(_, words)| *words).collect();
    for said in history.said.iter().filter(|said| said.pushed && !heard.contains(said.words.as_str())) {
        found.insert(Finding::NotPushed(said.words.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn talk() -> Talk {
        ("account".to_owned(), "person".to_owned())
    }

    /// A run in which nothing went wrong.
    fn good() -> History {
        let mut history = History::default();
        for words in ["one", "two", "three"] {
            history.said.push(Said { talk: talk(), words: words.to_owned(), pushed: true });
            history.shown.push(Shown { words: words.to_owned(), status: None, recovered: words == "two" });
            let offset = i64::try_from(history.pushed.len()).unwrap();
            history.pushed.push(Pushed { client: 0, offset, words: words.to_owned() });
        }
        for (words, status) in [("a", "sent"), ("b", "unconfirmed"), ("c", "failed"), ("d", "read")] {
            history.asked.push(Asked { talk: talk(), words: words.to_owned(), forced: 0, retried: false });
            history.shown.push(Shown { words: words.to_owned(), status: Some(status.to_owned()), recovered: false });
            if matches!(status, "sent" | "read") {
                history.taken.push(Taken { talk: talk(), words: words.to_owned() });
            }
        }
        let account = AccountSeen { name: "account".to_owned(), asked_for_sign_in: false, credentials_refused: false };
        history.accounts.push(account);
        for loss in [Loss::Silence { noticed: true }, Loss::Takeover { noticed: true, fought: false }] {
            let (name, words) = ("account".to_owned(), vec!["two".to_owned()]);
            history.lost.push(Lost { name, loss, well_again: true, words, read_back: true });
        }
        history.renewed.push(Renewed { name: "account".to_owned(), times: 1, asked_for_sign_in: false, unsent: 0 });
        history
    }

    /// What the checker says about a good run with one fault planted in it.
    fn planted(fault: impl FnOnce(&mut History)) -> Vec<Finding> {
        let mut history = good();
        fault(&mut history);
        check(&history)
    }

    fn taken(words: &str) -> Taken {
        Taken { talk: talk(), words: words.to_owned() }
    }

    #[test]
    fn a_good_run_has_no_findings() {
        assert_eq!(check(&good()), []);
        // Nobody knows, and it arrived all the same; a person decided to send it again; it was retried and came later.
        assert_eq!(planted(|h| h.taken.push(taken("b"))).len(), 1, "b came after d");
        assert_eq!(planted(|h| h.taken.insert(1, taken("b"))), []);
        let forced = |h: &mut History| {
            h.asked[1].forced = 1;
            h.taken.extend([taken("b"), taken("b")]);
        };
        assert_eq!(planted(forced), []);
        let retried = |h: &mut History| {
            h.asked[2].retried = true;
            h.shown[5].status = Some("sent".to_owned());
            h.taken.push(taken("c"));
        };
        assert_eq!(planted(retried), []);
        let refused = |h: &mut History| {
            h.accounts[0].asked_for_sign_in = true;
            h.accounts[0].credentials_refused = true;
        };
        assert_eq!(planted(refused), []);
        let kept_nowhere = |h: &mut History| {
            h.shown[1].recovered = false;
            h.lost.iter_mut().for_each(|lost| lost.read_back = false);
        };
        assert_eq!(planted(kept_nowhere), []);
        assert_eq!(planted(|h| h.pushed.clear()), [], "nobody listened");
    }

    #[test]
    fn every_kind_of_fault_is_found() {
        let of = |words: &str| words.to_owned();
        assert_eq!(planted(|h| drop(h.shown.remove(1))), [Finding::Lost(of("two"))]);
        assert_eq!(planted(|h| drop(h.shown.remove(3))), [Finding::Lost(of("a"))]);
        assert_eq!(planted(|h| h.shown.push(h.shown[0].clone())), [Finding::Doubled(of("one"))]);
        let invented =
            |h: &mut History| h.shown.push(Shown { words: "ghost".to_owned(), status: None, recovered: false });
        assert_eq!(planted(invented), [Finding::Invented(of("ghost"))]);
        assert_eq!(planted(|h| h.shown.swap(0, 1)), [Finding::OutOfOrder(of("two"))]);
        assert_eq!(planted(|h| h.taken.swap(0, 1)), [Finding::OutOfOrder(of("d"))]);
        assert_eq!(planted(|h| h.taken.push(taken("d"))), [Finding::BlindResend(of("d"))]);
        assert_eq!(planted(|h| drop(h.taken.remove(0))), [Finding::NeverSent(of("a"))]);
        assert_eq!(planted(|h| h.taken.insert(1, taken("c"))), [Finding::SentAfterAll(of("c"))]);
        let stuck = |h: &mut History| h.shown[4].status = Some("sending".to_owned());
        assert_eq!(planted(stuck), [Finding::Stuck(of("b"))]);
        assert_eq!(planted(|h| h.pushed.push(h.pushed[0].clone())), [Finding::PushedTwice(of("one"))]);
        let again = |h: &mut History| h.pushed.push(Pushed { offset: 9, ..h.pushed[0].clone() });
        assert_eq!(planted(again), [Finding::PushedTwice(of("one"))]);
        assert_eq!(planted(|h| drop(h.pushed.remove(2))), [Finding::NotPushed(of("three"))]);
        assert_eq!(planted(|h| h.accounts[0].asked_for_sign_in = true), [Finding::FalseReconnect(of("account"))]);
        assert_eq!(planted(|h| h.accounts[0].credentials_refused = true), [Finding::MissedReconnect(of("account"))]);
        assert_eq!(planted(|h| h.lost[0].loss = Loss::Silence { noticed: false }), [Finding::Unnoticed(of("account"))]);
        let loss = |noticed, fought| move |h: &mut History| h.lost[1].loss = Loss::Takeover { noticed, fought };
        assert_eq!(planted(loss(false, false)), [Finding::Unnoticed(of("account"))]);
        assert_eq!(planted(loss(true, true)), [Finding::Fought(of("account"))]);
        assert_eq!(planted(|h| h.lost[1].well_again = false), [Finding::StillIll(of("account"))]);
        assert_eq!(planted(|h| h.shown[1].recovered = false), [Finding::NotRecovered(of("two"))]);
        assert_eq!(planted(|h| h.renewed[0].times = 2), [Finding::Renewals(of("account, 2 times"))]);
        assert_eq!(planted(|h| h.renewed[0].times = 0), [Finding::Renewals(of("account, 0 times"))]);
        assert_eq!(planted(|h| h.renewed[0].asked_for_sign_in = true), [Finding::FalseReconnect(of("account"))]);
        assert_eq!(planted(|h| h.renewed[0].unsent = 1), [Finding::Unsent(of("account, 1 messages"))]);
        assert_eq!(planted(|h| h.ledger.push("5 in, 4 out".to_owned())), [Finding::Ledger(of("5 in, 4 out"))]);
    }
}
