//! The cloud password, proved by SRP: it never travels.

use super::super::account::Account;
use super::super::calls::{Caller, Refusal};
use super::sign_in::let_in;
use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::pbkdf2;
use grammers_tl_types::{enums, functions as f, types};
use num_bigint::BigUint;
use std::num::NonZeroU32;

/// Group 14 of RFC 3526, a safe prime of 2048 bits.
const PRIME: &str = "\
    ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd\
    ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed\
    ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f\
    83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b\
    e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510\
    15728e5a8aacaa68ffffffffffffffff";
/// Its generator.
const GENERATOR: u8 = 2;
/// Bytes of every number.
const WIDTH: usize = 256;
/// How often the password is stretched.
const STRETCHED: u32 = 100_000;
/// Bytes of salt.
const SALT: usize = 16;

/// A try that is under way: the salts, the server's secret number, and what it tells of it.
#[derive(Clone, Debug)]
pub(in super::super) struct Try {
    id: i64,
    verifier: Verifier,
    secret: BigUint,
    shown: Vec<u8>,
}

/// What the server keeps of a password.
#[derive(Clone, Debug)]
struct Verifier {
    salt1: Vec<u8>,
    salt2: Vec<u8>,
    v: BigUint,
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

fn padded(number: &[u8]) -> Vec<u8> {
    let mut out = vec![0; WIDTH.saturating_sub(number.len())];
    out.extend_from_slice(number);
    out
}

fn prime() -> Vec<u8> {
    hex::decode(PRIME).unwrap_or_default()
}

fn random(length: usize) -> Result<Vec<u8>, Refusal> {
    let mut bytes = vec![0; length];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Refusal::new(500, "INTERNAL"))?;
    Ok(bytes)
}

/// The password stretched to a number.
fn stretched(password: &str, salt1: &[u8], salt2: &[u8]) -> BigUint {
    let salted = |data: &[u8], salt: &[u8]| hash(&[salt, data, salt]);
    let first = salted(&salted(password.as_bytes(), salt1), salt2);
    let mut long = [0; 64];
    let times = NonZeroU32::new(STRETCHED).unwrap_or(NonZeroU32::MIN);
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, times, salt1, &first, &mut long);
    BigUint::from_bytes_be(&salted(&long, salt2))
}

impl Try {
    fn new(id: i64, password: &str) -> Result<Self, Refusal> {
        let (salt1, salt2) = (random(SALT)?, random(SALT)?);
        let p = BigUint::from_bytes_be(&prime());
        let g = BigUint::from(GENERATOR);
        let v = g.modpow(&stretched(password, &salt1, &salt2), &p);
        let secret = BigUint::from_bytes_be(&random(WIDTH)?);
        let k = BigUint::from_bytes_be(&hash(&[&prime(), &padded(&[GENERATOR])]));
        let shown = padded(&((k * &v + g.modpow(&secret, &p)) % &p).to_bytes_be());
        Ok(Self { id, verifier: Verifier { salt1, salt2, v }, secret, shown })
    }

    /// Whether somebody who chose `a` knew the password.
    fn proved(&self, a: &[u8], proof: &[u8]) -> bool {
        let p = BigUint::from_bytes_be(&prime());
        let a = padded(a);
        let number = BigUint::from_bytes_be(&a);
        if a.len() != WIDTH || &number % &p == BigUint::ZERO {
            return false;
        }
        let u = BigUint::from_bytes_be(&hash(&[&a, &self.shown]));
        let shared = (number * self.verifier.v.modpow(&u, &p)).modpow(&self.secret, &p);
        let key = hash(&[&padded(&shared.to_bytes_be())]);
        let (of_p, of_g) = (hash(&[&prime()]), hash(&[&padded(&[GENERATOR])]));
        let mixed: Vec<u8> = of_p.iter().zip(of_g).map(|(left, right)| left ^ right).collect();
        let (salt1, salt2) = (hash(&[&self.verifier.salt1]), hash(&[&self.verifier.salt2]));
        proof == hash(&[&mixed, &salt1, &salt2, &a, &self.shown, &key])
    }

    fn algorithm(&self) -> enums::PasswordKdfAlgo {
        types::PasswordKdfAlgoSha256Sha256Pbkdf2Hmacsha512iter100000Sha256ModPow {
            salt1: self.verifier.salt1.clone(),
            salt2: self.verifier.salt2.clone(),
            g: i32::from(GENERATOR),
            p: prime(),
        }
        .into()
    }
}

/// The account that a password is asked for.
fn wanted(caller: &Caller<'_>) -> Result<i64, Refusal> {
    let half = caller.world().key_of(caller.connection).and_then(|key| key.half.or(key.account));
    half.ok_or_else(|| Refusal::new(401, "AUTH_KEY_UNREGISTERED"))
}

pub(super) fn get_password(
    caller: &Caller<'_>,
    _: f::account::GetPassword,
) -> Result<enums::account::Password, Refusal> {
    let id = wanted(caller)?;
    let (number, settings) = {
        let mut world = caller.world();
        let number = i64::try_from(world.number()).unwrap_or_default();
        (number, world.accounts.get(&id).map(|account| account.settings.clone()))
    };
    let settings = settings.ok_or_else(|| Refusal::new(500, "AUTH_RESTART"))?;
    // The stretching takes a while; the world does not wait for it.
    let begun = settings.password.as_deref().map(|password| Try::new(number, password)).transpose()?;
    if let Some(account) = caller.world().accounts.get_mut(&id) {
        account.password_try.clone_from(&begun);
    }
    let salt = random(SALT)?;
    let new_algo = types::PasswordKdfAlgoSha256Sha256Pbkdf2Hmacsha512iter100000Sha256ModPow {
        salt1: salt.clone(),
        salt2: salt.clone(),
        g: i32::from(GENERATOR),
        p: prime(),
    };
    Ok(types::account::Password {
        has_recovery: false,
        has_secure_values: false,
        has_password: begun.is_some(),
        current_algo: begun.as_ref().map(Try::algorithm),
        srp_b: begun.as_ref().map(|begun| begun.shown.clone()),
        srp_id: begun.as_ref().map(|begun| begun.id),
        hint: settings.hint,
        email_unconfirmed_pattern: None,
        new_algo: new_algo.into(),
        new_secure_algo: types::SecurePasswordKdfAlgoSha512 { salt }.into(),
        secure_random: random(WIDTH)?,
        pending_reset_date: None,
        login_email_pattern: None,
    }
    .into())
}

/// Takes the try that a proof is for. A try is good for one proof.
fn take_try(account: &mut Account, id: i64) -> Result<Try, Refusal> {
    account.password_try.take().filter(|begun| begun.id == id).ok_or_else(|| Refusal::bad("SRP_ID_INVALID"))
}

pub(super) fn check_password(
    caller: &Caller<'_>,
    call: f::auth::CheckPassword,
) -> Result<enums::auth::Authorization, Refusal> {
    let id = wanted(caller)?;
    let enums::InputCheckPasswordSrp::Srp(proof) = call.password else {
        return Err(Refusal::bad("PASSWORD_HASH_INVALID"));
    };
    let begun = match caller.world().accounts.get_mut(&id) {
        Some(account) => take_try(account, proof.srp_id)?,
        None => return Err(Refusal::new(500, "AUTH_RESTART")),
    };
    if !begun.proved(&proof.a, &proof.m1) {
        return Err(Refusal::bad("PASSWORD_HASH_INVALID"));
    }
    let_in(&mut caller.world(), caller, id)
}

#[cfg(test)]
mod tests {
    use super::{GENERATOR, Try, prime};
    use grammers_crypto::two_factor_auth::{calculate_2fa, check_p_and_g};

    #[test]
    fn the_clients_library_takes_the_prime() {
        assert!(check_p_and_g(&prime(), &i32::from(GENERATOR)));
    }

    #[test]
    fn a_proof_by_the_clients_library_holds_only_for_the_password() {
        let begun = Try::new(1, "correct horse").unwrap();
        let proof = |password: &str| {
            let (salt1, salt2) = (&begun.verifier.salt1, &begun.verifier.salt2);
            let own = vec![7; 256];
            calculate_2fa(salt1, salt2, &prime(), &i32::from(GENERATOR), begun.shown.clone(), own, password)
        };
        let (m1, a) = proof("correct horse");
        assert!(begun.proved(&a, &m1));
        let (m1, a) = proof("battery staple");
        assert!(!begun.proved(&a, &m1));
    }
}
