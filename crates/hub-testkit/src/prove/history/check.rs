//! Finds what is wrong.

use super::{Finding, History, Loss, Talk};
use std::collections::{BTreeMap, BTreeSet};

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
        let (Loss::Silence { noticed }
        | Loss::Takeover { noticed, .. }
        | Loss::Line { noticed }
        | Loss::Revoked { noticed }) = lost.loss;
        if !noticed {
            found.insert(Finding::Unnoticed(lost.name.clone()));
        }
        if matches!(lost.loss, Loss::Takeover { fought: true, .. }) {
            found.insert(Finding::Fought(lost.name.clone()));
        }
        if !lost.well_again {
            found.insert(Finding::StillIll(lost.name.clone()));
        }
        if !lost.told {
            found.insert(Finding::Untold(lost.name.clone()));
        }
        if !lost.explained {
            found.insert(Finding::Unexplained(lost.name.clone()));
        }
        if lost.hole == Some(false) {
            found.insert(Finding::NoHole(lost.name.clone()));
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
