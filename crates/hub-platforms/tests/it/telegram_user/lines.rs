//! Lines: who holds them, and how they end.

use super::{ALICE, ME, PATIENCE, Reader, WITH_ALICE, until, words, world};
use hub_platform_kit::ErrorKind;
use hub_simulators::telegram_user::Fault;
use std::time::Duration;

#[tokio::test]
async fn a_sign_in_that_was_ended_needs_a_new_one() {
    let telegram = world().await;
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    telegram.revoke(ME);
    telegram.cut(Some(ME));
    let error = reader.page(PATIENCE).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::ReauthRequired);
    assert_eq!(reader.page(PATIENCE).await.unwrap_err().kind, ErrorKind::ReauthRequired);
}

#[tokio::test]
async fn a_stranger_to_telegram_needs_a_sign_in() {
    let telegram = world().await;
    let mut reader = Reader::on(&telegram);
    for token in ["", "123456:bot", "{}"] {
        reader.grant = super::grant_with(token);
        assert_eq!(reader.page(Duration::ZERO).await.unwrap_err().kind, ErrorKind::ReauthRequired, "{token}");
    }
    assert_eq!(telegram.connected(), 0);
}

#[tokio::test]
async fn a_flood_while_reading_keeps_the_line_and_says_how_long() {
    let telegram = world().await;
    telegram.says(ME, WITH_ALICE, ALICE, "hello");
    let mut reader = Reader::on(&telegram);
    reader.take(Duration::ZERO).await;
    telegram.fault("messages.getHistory", Fault::FloodWait { seconds: 1 });
    let connected = telegram.connected();
    let error = reader.page(Duration::ZERO).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::RateLimited { retry_after: Some(Duration::from_secs(1)) });
    assert_eq!(telegram.connected(), connected, "the line stays");
}

#[tokio::test]
async fn one_account_has_one_line_and_an_idle_one_says_nothing() {
    let telegram = world().await;
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    until(|| telegram.listening(ME) == 1).await;
    // The line asks once what it missed while it was opened.
    until(|| telegram.calls_of("updates.getDifference").len() == 1).await;
    let (connected, calls) = (telegram.connected(), telegram.calls().len());
    for _ in 0..20 {
        assert!(reader.page(Duration::ZERO).await.unwrap().events.is_empty());
    }
    assert_eq!((telegram.connected(), telegram.calls().len()), (connected, calls));
}

#[tokio::test]
async fn a_hub_that_stands_elsewhere_is_told_from_there() {
    let telegram = world().await;
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    let before = reader.cursor.clone();
    telegram.says(ME, WITH_ALICE, ALICE, "first");
    assert_eq!(words(&reader.message().await), "first");
    telegram.says(ME, WITH_ALICE, ALICE, "second");
    assert_eq!(words(&reader.message().await), "second");
    // A copy of the database from before is put back.
    reader.cursor = before;
    assert_eq!(words(&reader.message().await), "first");
}

#[tokio::test]
async fn two_processes_with_one_sign_in_lose_it_and_both_hear_of_it() {
    let telegram = world().await;
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    let other = super::process(&telegram.device(2).unwrap());
    let error = other.pull(&reader.grant, reader.cursor.as_deref(), Duration::ZERO).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::ReauthRequired);
    // The first one hears of it when it has something to say.
    telegram.cut(None);
    let error = reader.page(PATIENCE).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::ReauthRequired);
}

#[tokio::test]
async fn a_line_that_is_given_back_is_closed_when_that_is_said_and_another_process_goes_on() {
    let telegram = world().await;
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    until(|| telegram.listening(ME) == 1).await;
    reader.handle.release(reader.grant.account_id).await;
    until(|| telegram.listening(ME) == 0).await;
    telegram.says(ME, WITH_ALICE, ALICE, "between two processes");
    let mut reader = reader.restarted(&telegram).await;
    assert_eq!(words(&reader.message().await), "between two processes");
    assert_eq!(telegram.most_at_once(), 1);
}

/// A minute and more, because that is how often a line shows that it lives.
#[tokio::test]
async fn an_idle_line_sends_pings_only() {
    let telegram = world().await;
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    until(|| telegram.listening(ME) == 1).await;
    // The line asks once what it missed while it was opened.
    until(|| telegram.calls_of("updates.getDifference").len() == 1).await;
    let calls = || telegram.calls().into_iter().map(|call| call.method).collect::<Vec<_>>();
    let (connected, called, pings) = (telegram.connected(), calls(), telegram.pings());
    let started = std::time::Instant::now();
    while telegram.pings() == pings {
        assert!(started.elapsed() < PATIENCE * 4, "a line shows that it lives");
        assert!(reader.page(Duration::from_secs(10)).await.unwrap().events.is_empty());
    }
    assert_eq!((telegram.connected(), calls()), (connected, called), "nothing else");
}
