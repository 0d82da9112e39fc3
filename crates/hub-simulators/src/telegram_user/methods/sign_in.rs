//! Signing in with a telephone number and a code, and out again.

use super::super::account::CodeKind;
use super::super::calls::{Caller, Refusal};
use super::super::people::Person;
use super::super::world::World;
use grammers_tl_types::{enums, functions as f, types};

/// Digits of a telephone number.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// Sign-ins under way at most.
const MAX_ATTEMPTS: usize = 10_000;
/// Bytes of the secret that takes a sign-in to another data centre.
const EXPORTED: usize = 32;

/// A sign-in under way.
#[derive(Clone, Debug)]
pub(in super::super) struct Attempt {
    pub(in super::super) phone: String,
    /// Whose number it is; `None` = nobody's.
    account: Option<i64>,
    kind: CodeKind,
    pub(in super::super) expired: bool,
}

/// The digits of a number, when it can be one.
fn digits(phone: &str) -> Result<String, Refusal> {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let strange = phone.chars().any(|sign| !sign.is_ascii_digit() && !"+ -()".contains(sign));
    if strange || !DIGITS.contains(&digits.len()) {
        return Err(Refusal::new(406, "PHONE_NUMBER_INVALID"));
    }
    Ok(digits)
}

fn owner(world: &World, phone: &str) -> Option<i64> {
    world.accounts.values().find(|account| account.settings.phone == phone).map(|account| account.id)
}

pub(super) fn send_code(caller: &Caller<'_>, call: f::auth::SendCode) -> Result<enums::auth::SentCode, Refusal> {
    let mut world = caller.world();
    let other_app = world.options.api_id.is_some_and(|id| id != call.api_id)
        || (!world.options.api_hash.is_empty() && world.options.api_hash != call.api_hash);
    if other_app {
        return Err(Refusal::bad("API_ID_INVALID"));
    }
    let phone = digits(&call.phone_number)?;
    let account = owner(&world, &phone);
    let settings = account.and_then(|id| world.accounts.get(&id)).map(|account| account.settings.clone());
    if let Some(settings) = settings.as_ref().filter(|settings| settings.dc != caller.dc) {
        return Err(Refusal::new(303, format!("PHONE_MIGRATE_{}", settings.dc)));
    }
    let kind = settings.as_ref().map_or(CodeKind::Sms, |settings| settings.code_kind);
    if let (CodeKind::AlreadyIn, Some(account)) = (kind, account) {
        let authorization = let_in(&mut world, caller, account)?;
        return Ok(types::auth::SentCodeSuccess { authorization }.into());
    }
    let again = settings.as_ref().and_then(|settings| settings.again);
    let length = settings.as_ref().map_or(5, |settings| settings.code.len());
    let hash = format!("hash{:012x}", world.number());
    if world.attempts.len() >= MAX_ATTEMPTS {
        world.attempts.clear();
    }
    world.attempts.insert(hash.clone(), Attempt { phone, account, kind, expired: false });
    Ok(sent(kind, length, hash, again))
}

fn sent(kind: CodeKind, length: usize, hash: String, again: Option<(CodeKind, i32)>) -> enums::auth::SentCode {
    let length = i32::try_from(length).unwrap_or_default();
    let r#type: enums::auth::SentCodeType = match kind {
        CodeKind::App | CodeKind::AlreadyIn => types::auth::SentCodeTypeApp { length }.into(),
        CodeKind::Sms => types::auth::SentCodeTypeSms { length }.into(),
        CodeKind::Call => types::auth::SentCodeTypeCall { length }.into(),
        CodeKind::FlashCall => types::auth::SentCodeTypeFlashCall { pattern: "+4989*****".to_owned() }.into(),
        CodeKind::MissedCall => types::auth::SentCodeTypeMissedCall { prefix: "+4989".to_owned(), length }.into(),
        CodeKind::Email => types::auth::SentCodeTypeEmailCode {
            apple_signin_allowed: false,
            google_signin_allowed: false,
            email_pattern: "a***@example.com".to_owned(),
            length,
            reset_available_period: None,
            reset_pending_date: None,
        }
        .into(),
        CodeKind::SetUpEmail => {
            let (apple_signin_allowed, google_signin_allowed) = (false, false);
            types::auth::SentCodeTypeSetUpEmailRequired { apple_signin_allowed, google_signin_allowed }.into()
        }
        CodeKind::Fragment => {
            types::auth::SentCodeTypeFragmentSms { url: "https://fragment.com/number/0".to_owned(), length }.into()
        }
        CodeKind::Firebase => types::auth::SentCodeTypeFirebaseSms {
            nonce: None,
            play_integrity_project_id: None,
            play_integrity_nonce: None,
            receipt: None,
            push_timeout: None,
            length,
        }
        .into(),
        CodeKind::SmsWord => types::auth::SentCodeTypeSmsWord { beginning: Some("b".to_owned()) }.into(),
        CodeKind::SmsPhrase => types::auth::SentCodeTypeSmsPhrase { beginning: Some("blue".to_owned()) }.into(),
        CodeKind::PaymentRequired => {
            return types::auth::SentCodePaymentRequired {
                store_product: "premium".to_owned(),
                phone_code_hash: hash,
                support_email_address: "support@example.com".to_owned(),
                support_email_subject: "Sign-in".to_owned(),
                premium_days: 30,
                currency: "EUR".to_owned(),
                amount: 499,
            }
            .into();
        }
    };
    let next_type = again.and_then(|(kind, _)| match kind {
        CodeKind::Sms => Some(enums::auth::CodeType::Sms),
        CodeKind::Call => Some(enums::auth::CodeType::Call),
        CodeKind::FlashCall => Some(enums::auth::CodeType::FlashCall),
        CodeKind::MissedCall => Some(enums::auth::CodeType::MissedCall),
        CodeKind::Fragment => Some(enums::auth::CodeType::FragmentSms),
        _ => None,
    });
    let timeout = again.map(|(_, seconds)| seconds);
    types::auth::SentCode { r#type, phone_code_hash: hash, next_type, timeout }.into()
}

/// The sign-in that a call goes on with.
fn attempt(world: &World, phone: &str, hash: &str) -> Result<Attempt, Refusal> {
    if hash.is_empty() {
        return Err(Refusal::bad("PHONE_CODE_HASH_EMPTY"));
    }
    let phone = digits(phone)?;
    let known = world.attempts.get(hash).filter(|attempt| attempt.phone == phone && !attempt.expired);
    known.cloned().ok_or_else(|| Refusal::bad("PHONE_CODE_EXPIRED"))
}

pub(super) fn resend_code(caller: &Caller<'_>, call: f::auth::ResendCode) -> Result<enums::auth::SentCode, Refusal> {
    let mut world = caller.world();
    let attempt = attempt(&world, &call.phone_number, &call.phone_code_hash)?;
    let settings = attempt.account.and_then(|id| world.accounts.get(&id)).map(|account| account.settings.clone());
    let again = settings.as_ref().and_then(|settings| settings.again);
    let Some((kind, _)) = again.filter(|(kind, _)| *kind != attempt.kind) else {
        return Err(Refusal::new(406, "SEND_CODE_UNAVAILABLE"));
    };
    world.attempts.remove(&call.phone_code_hash);
    let hash = format!("hash{:012x}", world.number());
    world.attempts.insert(hash.clone(), Attempt { kind, ..attempt });
    let length = settings.map_or(5, |settings| settings.code.len());
    Ok(sent(kind, length, hash, None))
}

pub(super) fn cancel_code(caller: &Caller<'_>, call: f::auth::CancelCode) -> Result<bool, Refusal> {
    let mut world = caller.world();
    attempt(&world, &call.phone_number, &call.phone_code_hash)?;
    world.attempts.remove(&call.phone_code_hash);
    Ok(true)
}

pub(super) fn sign_in(caller: &Caller<'_>, call: f::auth::SignIn) -> Result<enums::auth::Authorization, Refusal> {
    let mut world = caller.world();
    let attempt = attempt(&world, &call.phone_number, &call.phone_code_hash)?;
    let code = match (call.phone_code, call.email_verification) {
        (Some(code), _) => code,
        (None, Some(enums::EmailVerification::Code(verification))) => verification.code,
        (None, _) => String::new(),
    };
    if code.is_empty() {
        return Err(Refusal::bad("PHONE_CODE_EMPTY"));
    }
    let settings = attempt.account.and_then(|id| world.accounts.get(&id)).map(|account| account.settings.clone());
    let Some((account, settings)) = attempt.account.zip(settings) else {
        return Ok(types::auth::AuthorizationSignUpRequired { terms_of_service: None }.into());
    };
    if code != settings.code {
        return Err(Refusal::bad("PHONE_CODE_INVALID"));
    }
    if settings.password.is_some() {
        if let Some(key) = world.key_of(caller.connection) {
            key.half = Some(account);
        }
        return Err(Refusal::new(401, "SESSION_PASSWORD_NEEDED"));
    }
    world.attempts.remove(&call.phone_code_hash);
    let_in(&mut world, caller, account)
}

/// Signs the caller's key in.
pub(super) fn let_in(
    world: &mut World,
    caller: &Caller<'_>,
    account: i64,
) -> Result<enums::auth::Authorization, Refusal> {
    let user = world.accounts.get(&account).and_then(|owner| owner.people.get(&account)).map(Person::user);
    let user = user.ok_or_else(|| Refusal::new(500, "AUTH_RESTART"))?;
    if let Some(key) = world.key_of(caller.connection) {
        key.account = Some(account);
        key.half = None;
    }
    Ok(types::auth::Authorization {
        setup_password_required: false,
        otherwise_relogin_days: None,
        tmp_sessions: None,
        future_auth_token: None,
        user,
    }
    .into())
}

pub(super) fn log_out(caller: &Caller<'_>, _: f::auth::LogOut) -> Result<enums::auth::LoggedOut, Refusal> {
    caller.world().sign_out(caller.device);
    Ok(types::auth::LoggedOut { future_auth_token: None }.into())
}

pub(super) fn export_authorization(
    caller: &Caller<'_>,
    call: f::auth::ExportAuthorization,
) -> Result<enums::auth::ExportedAuthorization, Refusal> {
    let account = caller.account()?;
    if call.dc_id == caller.dc || !super::super::world::DCS.contains(&call.dc_id) {
        return Err(Refusal::bad("DC_ID_INVALID"));
    }
    let mut bytes = vec![0; EXPORTED];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Refusal::new(500, "INTERNAL"))?;
    let mut world = caller.world();
    let id = i64::try_from(world.number()).unwrap_or_default();
    world.exported.insert(id, (account, bytes.clone()));
    Ok(types::auth::ExportedAuthorization { id, bytes }.into())
}

pub(super) fn import_authorization(
    caller: &Caller<'_>,
    call: f::auth::ImportAuthorization,
) -> Result<enums::auth::Authorization, Refusal> {
    let mut world = caller.world();
    let Some((account, _)) = world.exported.remove(&call.id).filter(|(_, bytes)| *bytes == call.bytes) else {
        return Err(Refusal::bad("AUTH_BYTES_INVALID"));
    };
    let_in(&mut world, caller, account)
}
