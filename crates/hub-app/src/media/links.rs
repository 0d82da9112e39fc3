//! Signed links: an `<img>` carries no access token, so the link itself proves the right, for one file, one user and a
//! short time.

use crate::App;
use hub_domain::{AttachmentId, UserId};

/// How long a link works, in seconds. Ends are rounded up to this step, so that a page reloaded soon gets the same link
/// and its cache works; a link therefore lives between one and two steps.
const LIFETIME_SECONDS: i64 = 300;
const PURPOSE: &str = "media-link";

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
pub(crate) fn sign(app: &App, attachment: AttachmentId, user: UserId) -> String {
    let expires = (app.now().timestamp() / LIFETIME_SECONDS + 2) * LIFETIME_SECONDS;
    let signature = signature(app, attachment, user, expires);
    format!("/api/media/{attachment}?exp={expires}&user={user}&sig={signature}")
}

/// True when the link is ours and has not ended.
pub(super) fn verify(app: &App, attachment: AttachmentId, link: &MediaLink) -> bool {
    let expected = signature(app, attachment, link.user, link.expires);
    let equal = aws_lc_rs::constant_time::verify_slices_are_equal(
        expected.as_bytes(),
        link.signature.to_ascii_lowercase().as_bytes(),
    );
    equal.is_ok() && link.expires > app.now().timestamp()
}

fn signature(app: &App, attachment: AttachmentId, user: UserId, expires: i64) -> String {
    let parts: [&[u8]; 3] = [attachment.0.as_bytes(), user.0.as_bytes(), &expires.to_be_bytes()];
    hex::encode(app.sealer().mac(PURPOSE, &parts))
}
