//! Budgets: never more calls than the card allows in any stretch of time, and none held up longer than needed.

use hub_domain::text::LengthUnit;
use hub_domain::{AccountId, DeliveryStatus, PlatformId};
use hub_platform_kit::card::{Card, ConnectMethod, Intake, Pull, Quota, Renewal, TextRules, Voice, Window};
use hub_platform_kit::guards::{Call, Operation};
use hub_platform_kit::throttle::{Spending, Throttle};
use hub_platform_kit::{ErrorKind, PlatformError};
use proptest::prelude::*;
use std::time::Duration;
use tokio::time::{Instant, advance};
use uuid::Uuid;

const QUARTER: Duration = Duration::from_mins(15);
const DAY: Duration = Duration::from_hours(24);

fn card(quota: Quota) -> Card {
    Card {
        id: PlatformId::from_static("any"),
        published_name: "telegram",
        account_kind: None,
        display_name: "Any",
        connect: &[ConnectMethod { id: "at_once", label: "At once", redirects: false, full_access: false, lacks: &[] }],
        callback_path: "/",
        intake: Intake { webhook: false, pull: Pull::No, live: false, keeps: Duration::ZERO, queues: false },
        text: TextRules { max: 1, max_caption: 0, unit: LengthUnit::Chars, split_longer: false },
        attachments: &[],
        max_attachments: 0,
        album: 0,
        sends: &[],
        unique_message_ids: true,
        replies: false,
        reactions: false,
        typing: false,
        profiles: false,
        templates: false,
        reply_window: None,
        furthest_status: DeliveryStatus::Sent,
        taken_is_delivered: true,
        mark_read: false,
        acknowledges: &[],
        quota,
        resend_is_safe: false,
        own_sessions: false,
        voice: Voice::Account,
        stranger: None,
        renewal: Renewal::Never,
        reads_clear_tokens: false,
    }
}

fn call(operation: Operation, account: u128, conversation: &str) -> Call {
    let conversation = operation.is_send().then(|| conversation.to_owned());
    Call { operation, account: Some(AccountId(Uuid::from_u128(account))), conversation }
}

fn wait(refusal: &PlatformError) -> Duration {
    match refusal.kind {
        ErrorKind::RateLimited { retry_after: Some(wait) } => wait,
        other => panic!("{other:?}"),
    }
}

fn paused<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(work)
}

/// The most calls any stretch of `per` holds.
fn densest(times: &[Instant], per: Duration) -> usize {
    let within = |first: &Instant| times.iter().filter(|time| **time >= *first && **time - *first < per).count();
    times.iter().map(within).max().unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// However calls come, no stretch of a window's length holds more than the card allows; and whoever waits as long as told
    /// is let through.
    #[test]
    fn no_stretch_holds_more_than_allowed(
        allowed in 1_u32..20, per_ms in 1_u64..5_000, pauses in prop::collection::vec(0_u64..1_500, 1..300),
    ) {
        let window = Window { calls: allowed, per: Duration::from_millis(per_ms) };
        let windows: &'static [Window] = Box::leak(Box::new([window]));
        let card = card(Quota { per_account: windows, ..Quota::NONE });
        paused(async {
            let throttle = Throttle::default();
            let mut passed = Vec::new();
            for pause in pauses {
                advance(Duration::from_millis(pause) / 3).await;
                if let Err(refusal) = throttle.admit(&card, &call(Operation::Send, 1, "a")) {
                    advance(wait(&refusal)).await;
                    prop_assert!(throttle.admit(&card, &call(Operation::Send, 1, "a")).is_ok(), "waited as told");
                }
                passed.push(Instant::now());
            }
            prop_assert!(densest(&passed, window.per) <= allowed as usize);
            Ok(())
        })?;
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_window_may_leave_at_once_and_not_one_more() {
    let card = card(Quota { sends: &[Window { calls: 15, per: QUARTER }], ..Quota::NONE });
    let throttle = Throttle::default();
    for _ in 0..15 {
        throttle.admit(&card, &call(Operation::Send, 1, "a")).unwrap();
    }
    let refusal = throttle.admit(&card, &call(Operation::Send, 1, "b")).unwrap_err();
    assert!((QUARTER..=QUARTER + QUARTER / 15).contains(&wait(&refusal)), "{refusal:?}");
    throttle.admit(&card, &call(Operation::Pull, 1, "a")).expect("reading has a budget of its own");
    throttle.admit(&card, &call(Operation::Send, 2, "a")).expect("so has another account");
}

#[tokio::test(start_paused = true)]
async fn several_windows_hold_at_once_and_an_app_s_is_shared() {
    const SENDS: &[Window] = &[Window { calls: 2, per: QUARTER }, Window { calls: 3, per: DAY }];
    let card = card(Quota { sends: SENDS, app_sends: &[Window { calls: 4, per: DAY }], ..Quota::NONE });
    let throttle = Throttle::default();
    let send = |account| throttle.admit(&card, &call(Operation::Send, account, "a"));
    assert!(send(1).is_ok() && send(1).is_ok());
    assert!(wait(&send(1).unwrap_err()) <= QUARTER * 2, "the short window");
    advance(QUARTER * 2).await;
    send(1).unwrap();
    assert!(wait(&send(1).unwrap_err()) > QUARTER * 4, "the day's");
    send(2).unwrap();
    assert!(wait(&send(2).unwrap_err()) > QUARTER * 4, "the app's, spent by another account as well");
    let left: Vec<_> = throttle
        .budgets(&card, AccountId(Uuid::from_u128(2)))
        .iter()
        .map(|budget| (budget.spending, budget.window.per, budget.left))
        .collect();
    assert_eq!(left, [(Spending::Sends, QUARTER, 1), (Spending::Sends, DAY, 2), (Spending::AppSends, DAY, 0)]);
}

#[tokio::test(start_paused = true)]
async fn slow_down_holds_up_what_it_was_said_to() {
    let card = card(Quota::NONE);
    let throttle = Throttle::default();
    let rest = Duration::from_secs(30);
    throttle.learn(&card, &call(Operation::Pull, 1, "a"), rest, false);
    throttle.admit(&card, &call(Operation::Send, 1, "a")).expect("reading was meant, not sending");
    assert_eq!(wait(&throttle.admit(&card, &call(Operation::Pull, 1, "a")).unwrap_err()), rest);
    throttle.learn(&card, &call(Operation::Send, 1, "a"), rest, false);
    assert!(throttle.admit(&card, &call(Operation::Send, 1, "a")).is_err());
    throttle.admit(&card, &call(Operation::Send, 1, "b")).expect("another conversation");
    throttle.learn(&card, &call(Operation::Send, 1, "a"), rest, true);
    assert!(throttle.admit(&card, &call(Operation::Typing, 1, "b")).is_err(), "the whole account rests");
    advance(rest).await;
    throttle.admit(&card, &call(Operation::Send, 1, "a")).expect("the rest is over");
}

#[tokio::test(start_paused = true)]
async fn where_sending_is_counted_apart_its_slow_down_leaves_reading_alone() {
    let card = card(Quota { sends: &[Window { calls: 15, per: QUARTER }], ..Quota::NONE });
    let throttle = Throttle::default();
    throttle.learn(&card, &call(Operation::Send, 1, "a"), QUARTER, true);
    assert!(throttle.admit(&card, &call(Operation::Send, 1, "b")).is_err(), "to whomever");
    throttle.admit(&card, &call(Operation::Pull, 1, "a")).expect("reading goes on");
    let budgets = throttle.budgets(&card, AccountId(Uuid::from_u128(1)));
    assert_eq!(budgets.iter().map(|budget| (budget.left, budget.whole_in)).collect::<Vec<_>>(), [(0, QUARTER)]);
}

#[test]
fn in_an_outage_an_account_rests_longer_and_longer_and_nobody_else_does() {
    paused(async {
        let (card, throttle) = (card(Quota::NONE), Throttle::default());
        let send = |account, conversation| call(Operation::Send, account, conversation);
        let mut rests = Vec::new();
        for _ in 0..12 {
            throttle.trouble(&send(1, "a"));
            if let Err(refusal) = throttle.admit(&card, &send(1, "b")) {
                assert!(refusal.message.contains("in trouble"), "{refusal}");
                rests.push(wait(&refusal));
                advance(wait(&refusal)).await;
            }
            assert!(throttle.admit(&card, &send(1, "b")).is_ok(), "then it is tried again");
            assert!(throttle.admit(&card, &send(2, "a")).is_ok(), "another account is not held up");
            assert!(throttle.admit(&card, &call(Operation::Pull, 1, "")).is_ok(), "nor is reading");
        }
        let seconds: Vec<u64> = rests.iter().map(Duration::as_secs).collect();
        assert_eq!(seconds, [2, 4, 8, 16, 32, 60, 60, 60, 60, 60], "from the third on");
        throttle.answered(&send(1, "a"));
        throttle.trouble(&send(1, "a"));
        assert!(throttle.admit(&card, &send(1, "a")).is_ok(), "one failure is no outage");
    });
}
