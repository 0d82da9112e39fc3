//! Signing in with a picture that another program of the account scans.

use super::super::account::now;
use super::super::calls::{Caller, Refusal};
use super::super::world::World;
use super::sign_in::let_in;
use grammers_tl_types::{enums, functions as f, types};

/// Seconds that a token holds.
const HOLDS: i32 = 30;
/// Bytes of a token.
const LENGTH: usize = 32;
/// Tokens that wait at most.
const MAX_WAITING: usize = 10_000;

/// A token that waits for somebody to scan it.
#[derive(Clone, Debug)]
pub(in super::super) struct Waiting {
    pub(in super::super) device: u64,
    /// Who scanned it.
    pub(in super::super) account: Option<i64>,
}

pub(super) fn export_login_token(
    caller: &Caller<'_>,
    _: f::auth::ExportLoginToken,
) -> Result<enums::auth::LoginToken, Refusal> {
    let mut world = caller.world();
    let scanned = world.login_tokens.iter().find_map(|(token, waiting)| {
        Some((token.clone(), waiting.account?)).filter(|_| waiting.device == caller.device)
    });
    if let Some((token, account)) = scanned {
        return enter(&mut world, caller, token, account);
    }
    let mut token = vec![0; LENGTH];
    aws_lc_rs::rand::fill(&mut token).map_err(|_| Refusal::new(500, "INTERNAL"))?;
    world.login_tokens.retain(|_, waiting| waiting.device != caller.device);
    if world.login_tokens.len() >= MAX_WAITING {
        world.login_tokens.clear();
    }
    world.login_tokens.insert(token.clone(), Waiting { device: caller.device, account: None });
    Ok(types::auth::LoginToken { expires: now() + HOLDS, token }.into())
}

pub(super) fn import_login_token(
    caller: &Caller<'_>,
    call: f::auth::ImportLoginToken,
) -> Result<enums::auth::LoginToken, Refusal> {
    let mut world = caller.world();
    let account = world.login_tokens.get(&call.token).and_then(|waiting| waiting.account);
    let account = account.ok_or_else(|| Refusal::bad("AUTH_TOKEN_INVALID"))?;
    enter(&mut world, caller, call.token, account)
}

/// Lets in whoever was scanned, in the data centre where they live.
fn enter(
    world: &mut World,
    caller: &Caller<'_>,
    token: Vec<u8>,
    account: i64,
) -> Result<enums::auth::LoginToken, Refusal> {
    let settings = world.accounts.get(&account).map(|account| account.settings.clone());
    let settings = settings.ok_or_else(|| Refusal::new(500, "AUTH_RESTART"))?;
    if settings.dc != caller.dc {
        return Ok(types::auth::LoginTokenMigrateTo { dc_id: settings.dc, token }.into());
    }
    world.login_tokens.remove(&token);
    if settings.password.is_some() {
        if let Some(key) = world.key_of(caller.connection) {
            key.half = Some(account);
        }
        return Err(Refusal::new(401, "SESSION_PASSWORD_NEEDED"));
    }
    let authorization = let_in(world, caller, account)?;
    Ok(types::auth::LoginTokenSuccess { authorization }.into())
}
