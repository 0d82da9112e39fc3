//! The conformance suite: one for all platforms, through the real doors. A hub process talks to a platform's simulator over
//! HTTP, a user looks on through the API. What is tested is chosen by the card that `GET /api/platforms` shows: claiming is
//! promising. A platform joins with a [`Subject`] and one line, `hub_testkit::conformance!(Its)`.

pub mod all;
pub mod browser;
pub mod card;
pub mod connect;
pub mod connect_states;
pub mod history;
pub mod live;
pub mod media;
pub mod outbound;
pub mod outbound_faults;
pub mod outbound_files;
pub mod stage;
pub mod subject;
pub mod webhook;
pub mod webhook_proof;

pub use stage::Stage;
pub use subject::Subject;

/// All checks of a subject, on both engines: `sqlite::webhook_keeps_order` and so on.
#[macro_export]
macro_rules! conformance {
    ($subject:ty) => {
        mod sqlite {
            use super::*;
            $crate::conformance_on!($subject, $crate::Engine::Sqlite);
        }
        mod postgres {
            use super::*;
            $crate::conformance_on!($subject, $crate::Engine::Postgres);
        }
    };
}

/// All checks of a subject on one engine.
#[macro_export]
macro_rules! conformance_on {
    ($subject:ty, $engine:expr) => {
        $crate::conformance_checks! { $subject, $engine;
            card_keeps_its_word = card::keeps_its_word,
            connect_links_and_links_again = connect::links_and_links_again,
            connect_asks_which_account = connect::asks_which_account,
            connect_takes_no_for_an_answer = connect_states::takes_no_for_an_answer,
            connect_refuses_states_that_are_not_its_own = connect_states::refuses_states_that_are_not_its_own,
            connect_gives_everything_back = connect::gives_everything_back,
            connect_renews_in_time = connect::renews_in_time,
            connect_asks_anew_on_evidence_only = connect::asks_anew_on_evidence_only,
            webhook_proves_its_origin = webhook_proof::proves_its_origin,
            webhook_takes_one_delivery_once = webhook_proof::takes_one_delivery_once,
            webhook_survives_everything = webhook::survives_everything,
            webhook_keeps_order = webhook::keeps_order,
            webhook_follows_what_people_do = webhook::follows_what_people_do,
            outbound_says_what_it_may = outbound::says_what_it_may,
            outbound_keeps_to_lengths = outbound::keeps_to_lengths,
            outbound_keeps_the_window = outbound::keeps_the_window,
            outbound_meets_its_echoes = outbound::meets_its_echoes,
            outbound_moves_statuses_forward = outbound::moves_statuses_forward,
            outbound_sends_the_files_it_claims = outbound_files::sends_the_files_it_claims,
            outbound_outlives_faults = outbound_faults::outlives_faults,
            outbound_keeps_order_behind_a_fault = outbound_faults::keeps_order_behind_a_fault,
            outbound_gives_up_on_silence = outbound_faults::gives_up_on_silence,
            history_comes_once_and_quietly = history::comes_once_and_quietly,
            history_goes_on_after_a_kill = history::goes_on_after_a_kill,
            live_survives_cuts = live::survives_cuts,
            media_is_copied_and_kept_apart = media::is_copied_and_kept_apart,
            media_that_cannot_be_had_says_so = media::that_cannot_be_had_says_so,
            all_secrets_stay_secret = all::secrets_stay_secret,
            all_quotas_are_kept = all::quotas_are_kept,
        }
    };
}

/// Makes tests of checks.
#[macro_export]
macro_rules! conformance_checks {
    ($subject:ty, $engine:expr; $($name:ident = $facet:ident::$check:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if !$crate::database::engines().contains(&$engine) {
                    return;
                }
                let binary = std::path::Path::new(env!("CARGO_BIN_EXE_hub"));
                Box::pin($crate::conformance::$facet::$check::<$subject>(binary, $engine)).await;
            }
        )*
    };
}
