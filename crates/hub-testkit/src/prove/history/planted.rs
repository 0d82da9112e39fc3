//! The checker itself: a good run has no findings, and every fault planted in one is found.

use super::*;

/// Every kind of loss, each noticed.
const LOSSES: [Loss; 4] = [
    Loss::Silence { noticed: true },
    Loss::Takeover { noticed: true, fought: false },
    Loss::Line { noticed: true },
    Loss::Revoked { noticed: true },
];

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
    for loss in LOSSES {
        let (name, words) = ("account".to_owned(), vec!["two".to_owned()]);
        let (well_again, told, explained, read_back, hole) = (true, true, true, true, None);
        history.lost.push(Lost { name, loss, well_again, told, explained, words, read_back, hole });
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
    assert_eq!(planted(|h| h.lost[1].hole = Some(true)), [], "what is gone is shown as gone");
}

#[test]
fn every_kind_of_fault_is_found() {
    let of = |words: &str| words.to_owned();
    assert_eq!(planted(|h| drop(h.shown.remove(1))), [Finding::Lost(of("two"))]);
    assert_eq!(planted(|h| drop(h.shown.remove(3))), [Finding::Lost(of("a"))]);
    assert_eq!(planted(|h| h.shown.push(h.shown[0].clone())), [Finding::Doubled(of("one"))]);
    let invented = |h: &mut History| h.shown.push(Shown { words: "ghost".to_owned(), status: None, recovered: false });
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
    let unnoticed = [
        Loss::Silence { noticed: false },
        Loss::Takeover { noticed: false, fought: false },
        Loss::Line { noticed: false },
        Loss::Revoked { noticed: false },
    ];
    for (number, loss) in unnoticed.into_iter().enumerate() {
        assert_eq!(planted(|h| h.lost[number].loss = loss), [Finding::Unnoticed(of("account"))], "{loss:?}");
        assert_eq!(planted(|h| h.lost[number].well_again = false), [Finding::StillIll(of("account"))], "{loss:?}");
        assert_eq!(planted(|h| h.lost[number].told = false), [Finding::Untold(of("account"))], "{loss:?}");
        assert_eq!(planted(|h| h.lost[number].explained = false), [Finding::Unexplained(of("account"))], "{loss:?}");
        assert_eq!(planted(|h| h.lost[number].hole = Some(false)), [Finding::NoHole(of("account"))], "{loss:?}");
    }
    let never_read = |h: &mut History| h.shown.retain(|shown| shown.words != "two");
    assert_eq!(planted(never_read), [Finding::Lost(of("two"))], "said in silence, and never heard");
    let fought = |h: &mut History| h.lost[1].loss = Loss::Takeover { noticed: true, fought: true };
    assert_eq!(planted(fought), [Finding::Fought(of("account"))]);
    assert_eq!(planted(|h| h.shown[1].recovered = false), [Finding::NotRecovered(of("two"))]);
    assert_eq!(planted(|h| h.renewed[0].times = 2), [Finding::Renewals(of("account, 2 times"))]);
    assert_eq!(planted(|h| h.renewed[0].times = 0), [Finding::Renewals(of("account, 0 times"))]);
    assert_eq!(planted(|h| h.renewed[0].asked_for_sign_in = true), [Finding::FalseReconnect(of("account"))]);
    assert_eq!(planted(|h| h.renewed[0].unsent = 1), [Finding::Unsent(of("account, 1 messages"))]);
    assert_eq!(planted(|h| h.ledger.push("5 in, 4 out".to_owned())), [Finding::Ledger(of("5 in, 4 out"))]);
}
