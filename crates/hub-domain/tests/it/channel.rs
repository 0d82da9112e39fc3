//! Evidence and what it makes of a channel.

use hub_domain::channel::{Action, ChannelState, Evidence, EvidenceKind, Standing, may_change, next};
use hub_domain::time::from_unix_seconds;
use hub_domain::{AccountHealth, Timestamp};
use proptest::prelude::*;

const KINDS: [EvidenceKind; 22] = [
    EvidenceKind::Linked,
    EvidenceKind::Worked,
    EvidenceKind::Accepted,
    EvidenceKind::Subscribed,
    EvidenceKind::Standing,
    EvidenceKind::Arrived,
    EvidenceKind::ReadingBack,
    EvidenceKind::CheckingSilence,
    EvidenceKind::ReadBack,
    EvidenceKind::SilenceConfirmed,
    EvidenceKind::SlowDown,
    EvidenceKind::Unreachable,
    EvidenceKind::Silent,
    EvidenceKind::SubscriptionGone,
    EvidenceKind::PushDead,
    EvidenceKind::NotDelivered,
    EvidenceKind::Misconfigured,
    EvidenceKind::NotSubscribed,
    EvidenceKind::PermissionsLack,
    EvidenceKind::TakenOver,
    EvidenceKind::CredentialsRefused,
    EvidenceKind::Disconnected,
];

/// Signs of trouble. One is missing: where nobody is called any more, nobody has taken it either.
const TROUBLE: [EvidenceKind; 10] = [
    EvidenceKind::SlowDown,
    EvidenceKind::Unreachable,
    EvidenceKind::Silent,
    EvidenceKind::PushDead,
    EvidenceKind::NotDelivered,
    EvidenceKind::Misconfigured,
    EvidenceKind::NotSubscribed,
    EvidenceKind::PermissionsLack,
    EvidenceKind::TakenOver,
    EvidenceKind::CredentialsRefused,
];

fn at(second: i64) -> Timestamp {
    from_unix_seconds(1_767_225_600 + second).expect("a time")
}

fn seen(kind: EvidenceKind, second: i64) -> Evidence {
    Evidence::new(kind, "a sentence", at(second))
}

/// Where a sequence leads, each piece written down one second after the other.
fn after(sequence: &[Evidence]) -> Standing {
    let mut standing = Standing::default();
    for (second, evidence) in (0_i64..).zip(sequence) {
        if let Some(changed) = next(&standing, evidence, at(second)) {
            standing = changed;
        }
    }
    standing
}

fn in_order(kinds: &[EvidenceKind]) -> Standing {
    after(&kinds.iter().zip(0..).map(|(kind, second)| seen(*kind, second)).collect::<Vec<_>>())
}

fn any_kind() -> impl Strategy<Value = EvidenceKind> {
    prop::sample::select(KINDS.to_vec())
}

#[test]
fn trouble_is_named_and_a_success_ends_what_it_disproves() {
    use ChannelState::{CatchingUp, Misconfigured, NeedsReauth, Off, Ok, Permissions, Suspect, TakenOver, Transient};
    use EvidenceKind as E;
    let cases: [(&[E], ChannelState); 29] = [
        (&[E::Unreachable], Transient),
        (&[E::Unreachable, E::Worked], Ok),
        (&[E::SlowDown, E::Unreachable, E::SlowDown], Transient),
        (&[E::SlowDown, E::Worked], Ok),
        (&[E::CredentialsRefused, E::Worked], NeedsReauth),
        (&[E::CredentialsRefused, E::Arrived], NeedsReauth),
        (&[E::CredentialsRefused, E::Accepted], Ok),
        (&[E::CredentialsRefused, E::Linked], Ok),
        (&[E::TakenOver, E::Worked, E::Arrived], TakenOver),
        (&[E::TakenOver, E::Standing], Ok),
        (&[E::TakenOver, E::SubscriptionGone], Suspect),
        (&[E::SubscriptionGone, E::TakenOver], TakenOver),
        (&[E::TakenOver, E::Subscribed], Ok),
        (&[E::PermissionsLack, E::Worked], Permissions),
        (&[E::PermissionsLack, E::Standing], Ok),
        (&[E::Misconfigured, E::Worked], Misconfigured),
        (&[E::NotSubscribed, E::Accepted], Misconfigured),
        (&[E::NotSubscribed, E::Arrived], Ok),
        (&[E::NotSubscribed, E::Subscribed], Ok),
        (&[E::Misconfigured, E::Arrived], Misconfigured),
        (&[E::Misconfigured, E::NotSubscribed, E::Accepted], Misconfigured),
        (&[E::Silent, E::Standing], Suspect),
        (&[E::Silent, E::Arrived], Ok),
        (&[E::SubscriptionGone, E::Subscribed], Ok),
        (&[E::Silent, E::ReadingBack], CatchingUp),
        (&[E::Silent, E::ReadingBack, E::SilenceConfirmed], Ok),
        (&[E::Silent, E::ReadingBack, E::PushDead], Suspect),
        (&[E::ReadingBack, E::Unreachable, E::Worked], Ok),
        (&[E::Disconnected, E::Worked, E::Subscribed, E::CredentialsRefused], Off),
    ];
    for (kinds, state) in cases {
        assert_eq!(in_order(kinds).state, state, "{kinds:?}");
    }
}

#[test]
fn wrong_settings_are_believed_for_a_while() {
    let wrong = after(&[seen(EvidenceKind::Misconfigured, 0)]);
    assert_eq!(next(&wrong, &seen(EvidenceKind::Worked, 599), at(599)), None, "another kind of call");
    let well = next(&wrong, &seen(EvidenceKind::Worked, 600), at(600)).expect("news");
    assert_eq!((well.state, well.since), (ChannelState::Ok, at(600)));
    // Whether the platform calls, other calls do not tell.
    let uncalled = next(&wrong, &seen(EvidenceKind::NotSubscribed, 1), at(1)).expect("the graver reason");
    assert_eq!((uncalled.state, uncalled.since), (ChannelState::Misconfigured, at(0)));
    assert_eq!(next(&uncalled, &seen(EvidenceKind::Worked, 600), at(600)), None);
}

#[test]
fn a_success_that_began_before_the_refusal_came_does_not_end_it() {
    let refused = next(&Standing::default(), &seen(EvidenceKind::CredentialsRefused, 0), at(10)).expect("news");
    let subscribed = |at_s| next(&refused, &seen(EvidenceKind::Subscribed, at_s), at(11));
    assert_eq!(subscribed(5), None, "asked while the refused call was under way");
    assert_eq!(subscribed(10).expect("news").state, ChannelState::Ok);
    // That a subscription stands some platforms tell the app, whoever its people are.
    assert_eq!(next(&refused, &seen(EvidenceKind::Standing, 10), at(11)), None);
    // What the platform gave anew is not what it refused.
    let renewed = next(&refused, &seen(EvidenceKind::Accepted, 5), at(11)).expect("news");
    assert_eq!(renewed.state, ChannelState::Ok);
}

#[test]
fn what_can_be_done_is_said_and_never_a_new_sign_in_for_what_passes() {
    for state in ChannelState::ALL {
        assert_eq!(ChannelState::from_stored(Some(state.as_str())), state);
        let asks = matches!(state, ChannelState::NeedsReauth | ChannelState::Off);
        assert_eq!(state.action() == Action::Reconnect, asks, "{state:?}");
        assert_eq!(AccountHealth::from(state) == AccountHealth::NeedsReauth, state == ChannelState::NeedsReauth);
    }
    assert_eq!(ChannelState::from_stored(Some("of a later version")), ChannelState::Ok);
}

proptest! {
    /// However long an outage lasts and whatever else is seen: without an answer about credentials nobody is asked to sign in.
    #[test]
    fn only_an_answer_about_credentials_asks_for_a_sign_in(kinds in prop::collection::vec(any_kind(), 0..60)) {
        let without: Vec<_> = kinds.iter().copied().filter(|kind| *kind != EvidenceKind::CredentialsRefused).collect();
        prop_assert_ne!(in_order(&without).state, ChannelState::NeedsReauth);
    }

    /// Trouble of one kind or many: the gravest is shown, in whatever order it was seen and written down.
    #[test]
    fn the_order_of_trouble_does_not_matter(
        troubles in prop::collection::vec((prop::sample::select(TROUBLE.to_vec()), 1_i64..100), 1..12).prop_shuffle(),
    ) {
        let written: Vec<_> = troubles.iter().map(|(kind, second)| seen(*kind, *second)).collect();
        let mut sorted = written.clone();
        sorted.sort_by_key(|evidence| evidence.seen_at);
        prop_assert_eq!(after(&written).state, after(&sorted).state);
    }

    /// A late answer cannot undo what is newer: a success and a failure end the same way, whichever is written down first.
    #[test]
    fn of_two_contradicting_answers_the_later_question_counts(
        trouble in prop::sample::select(vec![EvidenceKind::SlowDown, EvidenceKind::Unreachable]),
        (bad, good) in (0_i64..50, 0_i64..50).prop_filter("not at once", |(a, b)| a != b),
    ) {
        // Trouble before both, so that the success is news as well.
        let begin = [seen(trouble, -1)];
        let one = [&begin[..], &[seen(trouble, bad), seen(EvidenceKind::Worked, good)]].concat();
        let other = [&begin[..], &[seen(EvidenceKind::Worked, good), seen(trouble, bad)]].concat();
        let expected = if good > bad { ChannelState::Ok } else { ChannelState::Transient };
        if trouble == EvidenceKind::Unreachable && good > bad {
            prop_assert_eq!(after(&one).state, expected);
        }
        if good > bad {
            prop_assert_eq!(after(&other).state, ChannelState::Ok, "seen before it was well again");
        } else {
            prop_assert_ne!(after(&other).state, ChannelState::Ok);
        }
    }

    /// After whatever happened, a new linking is well and one disconnecting is the end of it.
    #[test]
    fn linking_heals_everything(kinds in prop::collection::vec(any_kind(), 0..40)) {
        let linked = [&kinds[..], &[EvidenceKind::Linked]].concat();
        prop_assert_eq!(in_order(&linked).state, ChannelState::Ok);
        let ended = [&kinds[..], &[EvidenceKind::Disconnected]].concat();
        prop_assert_eq!(in_order(&ended).state, ChannelState::Off);
    }

    /// The check that costs nothing never hides a change, and the same evidence twice is no news.
    #[test]
    fn what_may_not_change_does_not(kinds in prop::collection::vec(any_kind(), 1..40)) {
        let mut standing = Standing::default();
        for (kind, second) in kinds.iter().zip(0_i64..) {
            let evidence = seen(*kind, second);
            if let Some(changed) = next(&standing, &evidence, at(second)) {
                prop_assert!(may_change(standing.state, *kind), "{:?} by {kind:?}", standing.state);
                let explained = matches!(changed.state, ChannelState::Suspect | ChannelState::Misconfigured)
                    && changed.since == standing.since
                    && changed.evidence.kind != standing.evidence.kind;
                prop_assert!(changed.state != standing.state || explained, "{standing:?} by {kind:?}");
                standing = changed;
            }
            prop_assert_eq!(next(&standing, &evidence, at(second)), None);
        }
    }
}
