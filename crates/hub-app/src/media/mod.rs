//! Files of messages: copied by the hub, kept in its data folder, served by signed links.

pub mod avatar;
pub(crate) mod blobs;
pub mod fetch_attachment;
pub mod links;
pub mod open;
mod outgoing;

pub use avatar::open_avatar;
pub(crate) use avatar::with_avatar;
pub use fetch_attachment::fetch_attachment;
pub(crate) use fetch_attachment::media_type;
pub use links::MediaLink;
pub use open::{MediaAccess, MediaBytes, OpenMedia, open};
pub(crate) use outgoing::{keep_outgoing, outgoing_files};
