//! What goes wrong: cut lines, ended sessions, floods, silence.

use super::{ALICE, API_ID, ME, Program, next_message, peer, refusal, signed_in, text, until, within, world};
use grammers_client::InvocationError;
use grammers_session::updates::UpdatesLike;
use grammers_tl_types as tl;
use hub_simulators::telegram_user::{Fault, Place};
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test]
async fn a_cut_line_is_joined_again_by_the_next_call() {
    let telegram = world().await;
    let mut program = signed_in(&telegram);
    assert!(within(program.client.is_authorized()).await.unwrap());
    telegram.cut(Some(ME));
    let mut updates = program.updates.take().unwrap();
    assert!(matches!(within(updates.recv()).await, Some(UpdatesLike::ConnectionClosed)));
    assert!(within(program.client.is_authorized()).await.unwrap());
    assert_eq!((telegram.connected(), telegram.listening(ME)), (2, 1));
}

#[tokio::test]
async fn what_happens_during_a_cut_is_caught_up() {
    let telegram = world().await;
    let mut program = signed_in(&telegram);
    let mut stream = program.stream().await;
    telegram.says(ME, Place::Person(ALICE), ALICE, "before").unwrap();
    assert_eq!(next_message(&mut stream).await.text(), "before");
    telegram.cut(None);
    telegram.says(ME, Place::Person(ALICE), ALICE, "during").unwrap();
    assert_eq!(next_message(&mut stream).await.text(), "during");
    telegram.says(ME, Place::Person(ALICE), ALICE, "after").unwrap();
    assert_eq!(next_message(&mut stream).await.text(), "after");
}

#[tokio::test]
async fn an_ended_session_is_told_by_every_call() {
    let telegram = world().await;
    let alice = Place::Person(ALICE);
    telegram.says(ME, alice, ALICE, "hello").unwrap();
    let program = signed_in(&telegram);
    let at = peer(&program, alice).await;
    telegram.revoke(ME);
    assert!(!within(program.client.is_authorized()).await.unwrap());
    assert_eq!(refusal(program.call(&text(at, "hi", 1)).await), "401 AUTH_KEY_UNREGISTERED");
    assert_eq!(telegram.messages(ME, alice).len(), 1);

    let other = signed_in(&telegram);
    assert!(within(other.client.is_authorized()).await.unwrap());
    telegram.revoke_with(ME, 401, "USER_DEACTIVATED_BAN");
    assert_eq!(refusal(other.call(&text(at, "hi", 2)).await), "401 USER_DEACTIVATED_BAN");
}

#[tokio::test]
async fn a_key_that_the_server_lost_is_an_error_below_the_protocol() {
    let telegram = world().await;
    let device = telegram.signed_in_device(ME).unwrap();
    let program = Program::on(&device);
    assert!(within(program.client.is_authorized()).await.unwrap());
    let session = program.stop().await;
    telegram.forget_keys(&device);
    let program = Program::with(session.reopened());
    let outcome = within(program.client.is_authorized()).await;
    assert!(outcome.unwrap_err().to_string().contains("404"));
    assert_eq!(telegram.who(&device), None);
}

#[tokio::test]
async fn invented_people_write_by_themselves() {
    let telegram = world().await;
    let mut program = signed_in(&telegram);
    let mut stream = program.stream().await;
    telegram.trickle(ME, Duration::from_millis(5));
    let mut names = std::collections::BTreeSet::new();
    while names.len() < 3 {
        names.insert(next_message(&mut stream).await.peer().unwrap().name().unwrap().to_owned());
    }
    assert_eq!(Vec::from_iter(names), ["Edda", "Farid", "Greta"]);
}

#[tokio::test]
async fn a_ping_is_answered_and_its_silence_ends_the_line() {
    let telegram = world().await;
    let device = telegram.signed_in_device(ME).unwrap();
    let mut program = Program::on(&device);
    let ping = |disconnect_delay| tl::functions::PingDelayDisconnect { ping_id: 5, disconnect_delay };
    let tl::enums::Pong::Pong(pong) = program.call(&ping(75)).await.unwrap();
    assert_eq!(pong.ping_id, 5);
    assert!(within(program.client.is_authorized()).await.unwrap());
    program.call(&ping(0)).await.unwrap();
    let mut updates = program.updates.take().unwrap();
    assert!(matches!(within(updates.recv()).await, Some(UpdatesLike::ConnectionClosed)));
    assert_eq!(telegram.introduced(&device), Some((API_ID, "A test".to_owned())));
}

#[tokio::test]
async fn two_programs_with_one_session_lose_it() {
    let telegram = world().await;
    let device = telegram.signed_in_device(ME).unwrap();
    let first = Program::on(&device);
    assert!(within(first.client.is_authorized()).await.unwrap());
    let second = Program::on(&device);
    assert_eq!(refusal(second.call(&tl::functions::updates::GetState {}).await), "406 AUTH_KEY_DUPLICATED");
    assert_eq!(refusal(first.call(&tl::functions::updates::GetState {}).await), "406 AUTH_KEY_DUPLICATED");

    telegram.one_connection_per_key(false);
    let device = telegram.signed_in_device(ME).unwrap();
    let (first, second) = (Program::on(&device), Program::on(&device));
    assert!(within(first.client.is_authorized()).await.unwrap());
    assert!(within(second.client.is_authorized()).await.unwrap());
    assert!(within(first.client.is_authorized()).await.unwrap());
}

#[tokio::test]
async fn one_program_after_the_other_keeps_the_session() {
    let telegram = world().await;
    let device = telegram.signed_in_device(ME).unwrap();
    for _ in 0..5 {
        let program = Program::on(&device);
        assert!(within(program.client.is_authorized()).await.unwrap());
        program.stop().await;
    }
}

#[tokio::test]
async fn floods_are_told_with_their_time_and_for_one_account_only() {
    let telegram = world().await;
    let other = ME + 50;
    telegram.create_account(hub_simulators::telegram_user::NewAccount::new(other, "4915550000050", "Other"));
    let (mine, theirs) = (signed_in(&telegram), Program::on(&telegram.signed_in_device(other).unwrap()));
    telegram.fault_for(ME, "updates.getState", Fault::FloodWait { seconds: 17 });
    let state = tl::functions::updates::GetState {};
    theirs.call(&state).await.unwrap();
    assert_eq!(refusal(mine.call(&state).await), "420 FLOOD_WAIT 17");
    mine.call(&state).await.unwrap();

    telegram.always("*", Fault::refused(500, "INTERNAL"));
    assert_eq!(refusal(mine.call(&state).await), "500 INTERNAL");
    assert_eq!(refusal(mine.call(&state).await), "500 INTERNAL");
    telegram.clear_faults();
    mine.call(&state).await.unwrap();
}

#[tokio::test]
async fn a_slow_answer_holds_up_nobody_else() {
    let telegram = world().await;
    let program = signed_in(&telegram);
    let state = tl::functions::updates::GetState {};
    program.call(&state).await.unwrap();
    let wait = Duration::from_millis(300);
    telegram.fault("updates.getState", Fault::Slow(wait));
    let begin = Instant::now();
    let (slow, quick) = tokio::join!(
        async {
            program.call(&state).await.unwrap();
            begin.elapsed()
        },
        async {
            within(program.client.get_me()).await.unwrap();
            begin.elapsed()
        }
    );
    assert!(slow >= wait && quick < slow, "{slow:?} {quick:?}");
}

#[tokio::test]
async fn silence_is_silence_but_the_thing_was_done() {
    let telegram = world().await;
    let alice = Place::Person(ALICE);
    telegram.says(ME, alice, ALICE, "hello").unwrap();
    let program = signed_in(&telegram);
    let at = peer(&program, alice).await;
    for (number, fault) in [(1, Fault::Silent), (2, Fault::Lost)] {
        telegram.fault("messages.sendMessage", fault);
        let call = text(at, "hi", number);
        let before = telegram.calls_of("messages.sendMessage").len();
        tokio::select! {
            outcome = program.client.invoke(&call) => panic!("it was answered: {outcome:?}"),
            () = until(|| telegram.calls_of("messages.sendMessage").len() > before) => {}
        }
        assert_eq!(telegram.messages(ME, alice).len(), 2);
    }
}

#[tokio::test]
async fn a_line_that_breaks_is_an_error_of_the_line() {
    let telegram = world().await;
    let program = signed_in(&telegram);
    let state = tl::functions::updates::GetState {};
    program.call(&state).await.unwrap();
    telegram.fault("updates.getState", Fault::CutBefore);
    let outcome = program.call(&state).await;
    assert!(matches!(outcome, Err(InvocationError::Io(_))), "{outcome:?}");
    program.call(&state).await.unwrap();
}

#[tokio::test]
async fn many_calls_at_once_are_all_answered() {
    let telegram = world().await;
    let alice = Place::Person(ALICE);
    telegram.says(ME, alice, ALICE, "hello").unwrap();
    let program = signed_in(&telegram);
    let at = peer(&program, alice).await;
    let calls = (1..=60).map(|number| {
        let call = text(at, &format!("number {number}"), number);
        let client = program.client.clone();
        async move { within(client.invoke(&call)).await.unwrap() }
    });
    futures_util::future::join_all(calls).await;
    assert_eq!(telegram.messages(ME, alice).len(), 61);
}
