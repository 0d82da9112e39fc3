//! Calls come wrapped in others that say which layer the client speaks and who it is. Generic types do not decode by themselves.

use super::envelope::constructor;
use grammers_tl_types::{Cursor, Deserializable, Identifiable, enums, functions, types};

/// `invokeWithLayer`
const WITH_LAYER: u32 = 0xda9b_0d0d;
/// `initConnection`
const INIT: u32 = 0xc1cd_5ea9;
/// `invokeWithoutUpdates`
const WITHOUT_UPDATES: u32 = 0xbf94_59b7;
/// `invokeAfterMsg`
const AFTER: u32 = 0xcb9f_372d;
/// Wrappers around one call at most.
const MAX_DEPTH: usize = 6;

/// A call without its wrappers.
#[derive(Debug, Default)]
pub(in super::super) struct Unwrapped {
    pub(in super::super) body: Vec<u8>,
    /// The application, when the call says so.
    pub(in super::super) api_id: Option<i32>,
    /// What the client calls itself.
    pub(in super::super) device: Option<String>,
    /// The client wants no updates on this connection.
    pub(in super::super) without_updates: bool,
}

/// Takes the wrappers off; `None` when they cannot be read.
pub(super) fn unwrap(body: Vec<u8>) -> Option<Unwrapped> {
    let mut call = Unwrapped { body, ..Unwrapped::default() };
    for _ in 0..MAX_DEPTH {
        let length = match constructor(&call.body)? {
            WITH_LAYER => 8,
            AFTER => 12,
            WITHOUT_UPDATES => {
                call.without_updates = true;
                4
            }
            INIT => {
                let (api_id, device, length) = init(&call.body).ok()?;
                call.api_id = Some(api_id);
                call.device = Some(device);
                length
            }
            _ => return Some(call),
        };
        call.body.drain(..length.min(call.body.len()));
    }
    None
}

fn init(body: &[u8]) -> Result<(i32, String, usize), grammers_tl_types::deserialize::Error> {
    let mut cursor = Cursor::from_slice(body);
    u32::deserialize(&mut cursor)?;
    let flags = u32::deserialize(&mut cursor)?;
    let api_id = i32::deserialize(&mut cursor)?;
    let device = String::deserialize(&mut cursor)?;
    // System, version, two languages and a language pack.
    for _ in 0..5 {
        String::deserialize(&mut cursor)?;
    }
    if flags & 1 != 0 {
        enums::InputClientProxy::deserialize(&mut cursor)?;
    }
    if flags & 2 != 0 {
        enums::Jsonvalue::deserialize(&mut cursor)?;
    }
    Ok((api_id, device, cursor.pos()))
}

/// What belongs to the protocol and not to the API.
#[derive(Debug)]
pub(super) enum Service {
    /// Needs no answer.
    Silent,
    /// A ping; with the seconds after which to hang up unless another comes.
    Ping { id: i64, hang_up: Option<i32> },
    /// Asks for salts.
    Salts,
    /// Wants an answer no longer.
    DropAnswer,
}

/// Reads a word of the protocol; `None` when it is a call.
pub(super) fn service(body: &[u8]) -> Option<Service> {
    let id = constructor(body)?;
    let rest = &mut Cursor::from_slice(&body[4..]);
    if id == functions::PingDelayDisconnect::CONSTRUCTOR_ID {
        let ping = functions::PingDelayDisconnect::deserialize(rest).ok()?;
        return Some(Service::Ping { id: ping.ping_id, hang_up: Some(ping.disconnect_delay) });
    }
    if id == functions::Ping::CONSTRUCTOR_ID {
        let ping = functions::Ping::deserialize(rest).ok()?;
        return Some(Service::Ping { id: ping.ping_id, hang_up: None });
    }
    if id == functions::GetFutureSalts::CONSTRUCTOR_ID {
        return Some(Service::Salts);
    }
    if id == functions::RpcDropAnswer::CONSTRUCTOR_ID {
        return Some(Service::DropAnswer);
    }
    let silent = [
        types::MsgsAck::CONSTRUCTOR_ID,
        types::MsgsStateReq::CONSTRUCTOR_ID,
        types::MsgsStateInfo::CONSTRUCTOR_ID,
        types::MsgResendReq::CONSTRUCTOR_ID,
        types::HttpWait::CONSTRUCTOR_ID,
    ];
    silent.contains(&id).then_some(Service::Silent)
}
