//! Signed links: an `<img>` carries no access token, so the link itself proves the right, for one file, one user and a
//! short time.

use crate::App;
use hub_domain::{AttachmentId, ConversationId, UserId};
use uuid::Uuid;

/// How long a link works, in seconds. Ends are rounded up to this step, so that a page reloaded soon gets the same link
/// and its cache works; a link therefore lives between one and two steps.
const LIFETIME_SECONDS: i64 = 300;

/// What a link is for; one of one kind proves nothing about another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A file of a message.
    File(AttachmentId),
    /// The picture of a conversation's other person.
    Avatar(ConversationId),
}

impl Target {
    fn purpose(self) -> &'static str {
        match self {
            Self::File(_) => "media-link",
            Self::Avatar(_) => "avatar-link",
        }
    }
    fn id(self) -> Uuid {
        match self {
            Self::File(id) => id.0,
            Self::Avatar(id) => id.0,
        }
    }
    fn path(self) -> String {
        match self {
            Self::File(id) => format!("/api/media/{id}"),
            Self::Avatar(id) => format!("/api/media/avatars/{id}"),
        }
    }
}

/// The parts of a link besides the file's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaLink {
    /// When it ends, in seconds since 1970.
    pub expires: i64,
    /// For whom it was made.
    pub user: UserId,
    /// The proof, hex.
    pub signature: String,
}

/// The link of a file for one user, relative to the hub.
pub(crate) fn sign(app: &App, target: Target, user: UserId) -> String {
    let expires = (app.now().timestamp() / LIFETIME_SECONDS + 2) * LIFETIME_SECONDS;
    let signature = signature(app, target, user, expires);
    format!("{}?exp={expires}&user={user}&sig={signature}", target.path())
}

/// True when the link is ours and has not ended.
pub(super) fn verify(app: &App, target: Target, link: &MediaLink) -> bool {
    let expected = signature(app, target, link.user, link.expires);
    let equal = aws_lc_rs::constant_time::verify_slices_are_equal(
        expected.as_bytes(),
        link.signature.to_ascii_lowercase().as_bytes(),
    );
    equal.is_ok() && link.expires > app.now().timestamp()
}

fn signature(app: &App, target: Target, user: UserId, expires: i64) -> String {
    let (id, user) = (target.id(), user.0);
    let parts: [&[u8]; 3] = [id.as_bytes(), user.as_bytes(), &expires.to_be_bytes()];
    hex::encode(app.sealer().mac(target.purpose(), &parts))
}
