//! The proof of a cloud password (SRP): the password itself is never sent.

use grammers_crypto::two_factor_auth::{calculate_2fa, check_p_and_g};
use grammers_tl_types as tl;
use hub_platform_kit::{ErrorKind, PlatformError, Result};

/// Bytes of our secret exponent.
const EXPONENT_BYTES: usize = 256;

/// Proves the password with the parameters of one try; another try needs fresh ones. Takes up to a second of computing, so it runs
/// beside the others, where a panic of the library over odd parameters ends this try only.
pub(super) async fn proof(
    asked: tl::types::account::Password,
    password: String,
) -> Result<tl::enums::InputCheckPasswordSrp> {
    tokio::task::spawn_blocking(move || compute(asked, &password)).await.unwrap_or_else(|_| Err(odd()))
}

fn compute(asked: tl::types::account::Password, password: &str) -> Result<tl::enums::InputCheckPasswordSrp> {
    let (Some(algorithm), Some(theirs), Some(srp_id)) = (asked.current_algo, asked.srp_b, asked.srp_id) else {
        return Err(odd());
    };
    let tl::enums::PasswordKdfAlgo::Sha256Sha256Pbkdf2Hmacsha512iter100000Sha256ModPow(parameters) = algorithm else {
        return Err(odd());
    };
    if !check_p_and_g(&parameters.p, &parameters.g) {
        return Err(odd());
    }
    let mut exponent = vec![0; EXPONENT_BYTES];
    let no_randomness = |_| PlatformError::new(ErrorKind::Transient { maybe_applied: false }, "no randomness");
    aws_lc_rs::rand::fill(&mut exponent).map_err(no_randomness)?;
    let (salt1, salt2, p) = (&parameters.salt1, &parameters.salt2, &parameters.p);
    let (m1, ours) = calculate_2fa(salt1, salt2, p, &parameters.g, theirs, exponent, password);
    Ok(tl::types::InputCheckPasswordSrp { srp_id, a: ours.to_vec(), m1: m1.to_vec() }.into())
}

fn odd() -> PlatformError {
    PlatformError::new(ErrorKind::UnexpectedReply, "Telegram asks for the password in a way this hub does not know")
}
