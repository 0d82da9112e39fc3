//! The conformance suite, run for every platform against its simulator.

mod channels;
pub(crate) mod facebook;
pub(crate) mod instagram;
pub(crate) mod linkedin;
mod linkedin_honestly;
mod linkedin_recorded;
mod meta;
mod recorded_answers;
pub(crate) mod teams;
mod teams_life;
mod teams_recorded;
pub(crate) mod telegram;
#[cfg(feature = "demo")]
mod telegram_user;
#[cfg(feature = "demo")]
mod telegram_user_life;
pub(crate) mod twitter;
pub(crate) mod whatsapp;

use hub_testkit::prove::{Actor, PEOPLE, Played};

/// Every platform, for the fault run.
pub(crate) async fn played() -> Vec<Box<dyn Actor>> {
    vec![
        Box::new(Played::<telegram::Telegram>::start(PEOPLE).await),
        Box::new(Played::<facebook::Facebook>::start(PEOPLE).await),
        Box::new(Played::<instagram::Instagram<false>>::start(PEOPLE).await),
        Box::new(Played::<whatsapp::WhatsApp>::start(PEOPLE).await),
        Box::new(Played::<twitter::Twitter>::start(PEOPLE).await),
        // It proves deliveries by what the hub made for a subscription, and what cannot be proven is read back.
        Box::new(Played::<teams::Teams>::start_keeping(PEOPLE).await),
        Box::new(Played::<linkedin::LinkedIn>::start(PEOPLE).await),
        #[cfg(feature = "demo")]
        Box::new(Played::<telegram_user::TelegramUser>::start_keeping(PEOPLE).await),
    ]
}
