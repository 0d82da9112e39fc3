//! The WhatsApp Business Platform (Cloud API, any `vNN.N`) over HTTP: sending with the platform's checks, statuses, media in two
//! steps, templates, numbers and their registration, embedded sign-up, and webhooks of every kind. Business accounts, numbers and
//! people are made by whoever runs it, through [`WhatsAppHandle`] or over HTTP at `/_sim/`.

mod accounts;
mod calls;
mod check;
mod check_interactive;
mod control;
mod echoes;
mod fields;
mod handle;
mod inbound;
mod media;
mod notices;
mod person;
mod refuse;
mod send;
mod signup;
mod statuses;
mod template_calls;
mod templates;
mod trickle;
mod wamid;
mod world;

pub use echoes::{HistoryMessage, HistoryThread};
pub use handle::{WhatsAppHandle, start};
pub use inbound::Inbound;
pub use media::Attachment;
pub use person::Person;
pub use statuses::{Status, StatusScript};
pub use world::Sent;

use crate::meta::MetaOptions;

/// The object that apps subscribe to.
pub const OBJECT: &str = "whatsapp_business_account";

/// How the simulator runs.
#[derive(Clone, Debug)]
pub struct WhatsAppOptions {
    /// The shared half: port, repeats of deliveries, time limits.
    pub meta: MetaOptions,
    /// Webhooks with a file name its address at once, as they do since November 2025.
    pub media_addresses: bool,
    /// A closed window is refused in the answer; otherwise the send is accepted and fails later.
    pub refuse_outside_window: bool,
}

impl Default for WhatsAppOptions {
    fn default() -> Self {
        Self { meta: MetaOptions::default(), media_addresses: true, refuse_outside_window: false }
    }
}
