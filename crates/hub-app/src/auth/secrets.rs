//! The rules for an installation's secrets, checked once at the start.

use crate::AppSettings;
use hub_platform_kit::Secret;
use secrecy::ExposeSecret;

/// True when somebody shows the secret. Takes the same time whatever is wrong with it.
pub fn is_shown(shown: &str, secret: &Secret) -> bool {
    let digest = |text: &str| aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    let (shown, secret) = (digest(shown), digest(secret.expose_secret()));
    aws_lc_rs::constant_time::verify_slices_are_equal(shown.as_ref(), secret.as_ref()).is_ok()
}

/// Shortest signing secret in production, in bytes.
pub const MIN_SECRET_BYTES: usize = 32;

/// Values printed in the originals' sources and samples: everybody knows them.
const KNOWN: [&str; 5] = [
    "your-secret-key-change-in-production",
    "your-refresh-secret-key-change-in-production",
    "default-key-change-in-production!!",
    "your-32-character-encryption-key",
    "change-me",
];

/// Refuses secrets that protect nothing. Equal signing secrets are refused everywhere, because nothing else tells an access
/// token from a refresh token; the other rules hold in production.
pub fn check(settings: &AppSettings) -> Result<(), String> {
    let access = settings.jwt_secret.expose_secret();
    let refresh = settings.jwt_refresh_secret.expose_secret();
    if access.is_empty() || refresh.is_empty() {
        return Err("JWT_SECRET and JWT_REFRESH_SECRET must not be empty".to_owned());
    }
    if access == refresh {
        return Err("JWT_SECRET and JWT_REFRESH_SECRET must differ".to_owned());
    }
    if !settings.production {
        return Ok(());
    }
    for (name, value) in [("JWT_SECRET", access), ("JWT_REFRESH_SECRET", refresh)] {
        if value.len() < MIN_SECRET_BYTES {
            return Err(format!("{name} must have at least {MIN_SECRET_BYTES} bytes in production"));
        }
        if KNOWN.contains(&value) {
            return Err(format!("{name} is a known sample value; production needs a secret of its own"));
        }
        if settings.encryption_keys.iter().any(|key| key.expose_secret() == value) {
            return Err(format!("{name} and ENCRYPTION_KEY must differ"));
        }
    }
    // Older keys of the ring only read; a database of the originals may need a sample key for that.
    match settings.encryption_keys.first().map(ExposeSecret::expose_secret) {
        Some(newest) if KNOWN.contains(&newest) => {
            Err("ENCRYPTION_KEY is a known sample value; production needs a secret of its own".to_owned())
        }
        _ => Ok(()),
    }
}
