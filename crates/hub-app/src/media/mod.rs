//! Files of messages: copied by the hub, kept in its data folder, served by signed links.

mod blobs;
pub mod fetch_attachment;
pub mod links;
pub mod open;
mod outgoing;

pub use fetch_attachment::fetch_attachment;
pub use links::MediaLink;
pub use open::{MediaAccess, OpenMedia, open};
pub(crate) use outgoing::{keep_outgoing, outgoing_files};
