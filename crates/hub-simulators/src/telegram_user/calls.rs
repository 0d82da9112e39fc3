//! A call: who makes it, what goes wrong with it, and what is remembered of it.

use super::faults::Fault;
use super::handle::Shared;
use super::methods;
use super::world::World;
use grammers_tl_types::{Deserializable, RemoteCall, Serializable, enums, name_for_id, types};
use std::sync::MutexGuard;
use std::time::Duration;
use tokio::sync::watch;

/// Longer calls are remembered without their content.
const MAX_KEPT_BODY: usize = 8 * 1_024;
/// Calls that a key may make before somebody signed in with it.
const OPEN: [&str; 10] = [
    "auth.sendCode",
    "auth.resendCode",
    "auth.cancelCode",
    "auth.signIn",
    "auth.checkPassword",
    "auth.importAuthorization",
    "auth.exportLoginToken",
    "auth.importLoginToken",
    "account.getPassword",
    "help.getConfig",
];

/// A refusal: a code and a name, which is what clients go by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: i32,
    pub(super) name: String,
}

impl Refusal {
    pub(super) fn new(code: i32, name: impl Into<String>) -> Self {
        Self { code, name: name.into() }
    }

    /// Refuses with 400.
    pub(super) fn bad(name: &str) -> Self {
        Self::new(400, name)
    }

    fn body(&self) -> Vec<u8> {
        enums::RpcError::Error(types::RpcError { error_code: self.code, error_message: self.name.clone() }).to_bytes()
    }
}

/// What becomes of a call.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Its answer.
    Answer(Vec<u8>),
    /// Its answer, later.
    Late(Duration, Vec<u8>),
    /// This, once faults are cleared.
    Held(watch::Receiver<()>, Vec<u8>),
    /// No answer.
    Never,
    /// The connection ends.
    Cut,
}

/// Something a client asked for.
#[derive(Clone, Debug)]
pub struct Call {
    /// Such as `messages.sendMessage`.
    pub method: String,
    /// Who was signed in.
    pub account: Option<i64>,
    /// Which device it was.
    pub device: u64,
    /// Which data centre was asked.
    pub dc: i32,
    /// The name of the refusal; `None` = done.
    pub refused: Option<String>,
    body: Vec<u8>,
}

impl Call {
    /// What was asked; `None` when it is another method or was too long to keep.
    pub fn read<R: RemoteCall + Deserializable>(&self) -> Option<R> {
        R::from_bytes(self.body.get(4..)?).ok()
    }
}

/// Who calls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller<'a> {
    pub(super) shared: &'a Shared,
    pub(super) connection: u64,
    pub(super) device: u64,
    pub(super) dc: i32,
    signed_in: Option<i64>,
}

impl Caller<'_> {
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world()
    }

    /// The account that calls.
    pub(super) fn account(&self) -> Result<i64, Refusal> {
        self.signed_in.ok_or_else(|| Refusal::new(401, "AUTH_KEY_UNREGISTERED"))
    }
}

/// Answers one call.
pub(super) fn answer(shared: &Shared, connection: u64, body: &[u8]) -> Outcome {
    let Some(id) = super::methods::constructor(body) else { return Outcome::Cut };
    let method = name_for_id(id);
    let (caller, standing, fault, cleared) = {
        let mut world = shared.world();
        let Some(key) = world.key_of(connection) else { return Outcome::Cut };
        let caller = Caller { shared, connection, device: key.device, dc: key.dc, signed_in: key.account };
        let standing = if let Some(refusal) = &key.refusal {
            Err(refusal.clone())
        } else if OPEN.contains(&method) || key.account.is_some() {
            Ok(())
        } else if key.half.is_some() {
            Err(Refusal::new(401, "SESSION_PASSWORD_NEEDED"))
        } else {
            Err(Refusal::new(401, "AUTH_KEY_UNREGISTERED"))
        };
        let fault = if standing.is_ok() { world.faults.take(caller.signed_in, method) } else { None };
        (caller, standing, fault, world.faults.watch())
    };
    let outcome = standing.and_then(|()| match &fault {
        Some(Fault::Refused { code, name }) => Err(Refusal::new(*code, name.as_str())),
        Some(Fault::FloodWait { seconds }) => Err(Refusal::new(420, format!("FLOOD_WAIT_{seconds}"))),
        Some(Fault::CutBefore | Fault::Lost) => Err(Refusal::new(0, "LOST")),
        Some(Fault::Slow(_) | Fault::Held | Fault::Silent | Fault::CutAfter) | None => {
            methods::dispatch(&caller, id, &body[4..])
        }
    });
    let body = if body.len() <= MAX_KEPT_BODY { body.to_vec() } else { Vec::new() };
    shared.world().note(Call {
        method: method.to_owned(),
        account: caller.signed_in,
        device: caller.device,
        dc: caller.dc,
        refused: outcome.as_ref().err().map(|refusal| refusal.name.clone()),
        body,
    });
    let answer = outcome.unwrap_or_else(|refusal| refusal.body());
    match fault {
        Some(Fault::Slow(wait)) => Outcome::Late(wait, answer),
        Some(Fault::Held) => Outcome::Held(cleared, answer),
        Some(Fault::Silent | Fault::Lost) => Outcome::Never,
        Some(Fault::CutBefore | Fault::CutAfter) => Outcome::Cut,
        Some(Fault::Refused { .. } | Fault::FloodWait { .. }) | None => Outcome::Answer(answer),
    }
}

/// Reads a call, has it done, and writes the answer.
pub(super) fn run<R>(body: &[u8], act: impl FnOnce(R) -> Result<R::Return, Refusal>) -> Result<Vec<u8>, Refusal>
where
    R: RemoteCall + Deserializable,
    R::Return: Serializable,
{
    let request = R::from_bytes(body).map_err(|_| Refusal::bad("INPUT_REQUEST_INVALID"))?;
    Ok(act(request)?.to_bytes())
}
