//! Microsoft Teams chats over Microsoft Graph and the Microsoft identity platform: sign-in with PKCE, chats and messages,
//! subscriptions whose notices are encrypted and come with signed tokens. Apps, people and chats are made by whoever runs it, through
//! [`TeamsHandle`] or over HTTP at `/_sim/`. Graph is at `/v1.0/`, the sign-in at `/{tenant}/oauth2/v2.0/`.

mod access;
mod call;
mod chats;
mod control;
mod control_acts;
mod deeds;
mod endpoint;
mod faults;
mod handle;
mod handle_acts;
mod handle_notices;
mod limits;
mod login;
mod moments;
mod notices;
mod people;
mod photos;
mod problem;
mod profiles;
mod server;
mod settings;
mod trickle;
mod world;

pub use call::LoggedRequest;
pub use chats::model::{Chat, ChatKind, Draft, Member, Message, Reaction, Sender};
pub use deeds::{Deed, Done};
pub use endpoint::Endpoint;
pub use faults::{Fault, RetryAfter};
pub use handle::{TeamsHandle, start};
pub use login::page::Consent;
pub use login::tokens::Trouble;
pub use notices::deliver::Delivery;
pub use notices::forge::Forgery;
pub use notices::item::Deletes;
pub use notices::subscription::Subscription;
pub use settings::TeamsOptions;
pub use world::{App, Photo, User};
