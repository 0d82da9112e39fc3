//! Messages of the protocol: one, several in a container, or compressed.

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use grammers_tl_types::{Cursor, Deserializable, Serializable};
use std::io::{Read, Write};

/// `msg_container`
const CONTAINER: u32 = 0x73f1_f8dc;
/// `gzip_packed`
const GZIP: u32 = 0x3072_cfa1;
/// `rpc_result`
const RESULT: u32 = 0xf35c_6d01;
/// Messages of one container at most.
const MAX_MESSAGES: usize = 1_020;
/// A decompressed body at most.
const MAX_UNPACKED: u64 = 16 * 1_024 * 1_024;
/// Salt and session before the message.
pub(super) const HEAD: usize = 16;
/// Id, sequence number and length of a message.
const MESSAGE_HEAD: usize = 16;

/// One message from the client.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) id: i64,
    pub(super) body: Vec<u8>,
}

fn number(bytes: &[u8], at: usize) -> Option<i32> {
    Some(i32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<i64> {
    Some(i64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// The constructor that a body begins with.
pub(super) fn constructor(body: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(body.get(..4)?.try_into().ok()?))
}

/// The session of a decrypted packet.
pub(super) fn session(plain: &[u8]) -> Option<i64> {
    long(plain, 8)
}

/// Every message of a decrypted packet.
pub(super) fn open(plain: &[u8]) -> Option<Vec<Incoming>> {
    let (message, _) = message(plain.get(HEAD..)?)?;
    if constructor(&message.body)? != CONTAINER {
        return Some(vec![unpack(message)?]);
    }
    let count = usize::try_from(number(&message.body, 4)?).ok()?;
    if count > MAX_MESSAGES {
        return None;
    }
    let mut rest = message.body.get(8..)?;
    let mut messages = Vec::with_capacity(count);
    for _ in 0..count {
        let (inner, length) = self::message(rest)?;
        messages.push(unpack(inner)?);
        rest = rest.get(length..)?;
    }
    Some(messages)
}

/// One message, and how many bytes it took.
fn message(bytes: &[u8]) -> Option<(Incoming, usize)> {
    let length = usize::try_from(number(bytes, 12)?).ok()?;
    let body = bytes.get(MESSAGE_HEAD..MESSAGE_HEAD.checked_add(length)?)?.to_vec();
    Some((Incoming { id: long(bytes, 0)?, body }, MESSAGE_HEAD + length))
}

fn unpack(message: Incoming) -> Option<Incoming> {
    if constructor(&message.body)? != GZIP {
        return Some(message);
    }
    let packed = Vec::<u8>::deserialize(&mut Cursor::from_slice(&message.body[4..])).ok()?;
    let mut body = Vec::new();
    GzDecoder::new(&packed[..]).take(MAX_UNPACKED).read_to_end(&mut body).ok()?;
    Some(Incoming { id: message.id, body })
}

/// The answer to a call, compressed when it is long.
pub(super) fn result(call: i64, answer: &[u8], gzip_over: usize) -> Vec<u8> {
    let mut body = RESULT.to_le_bytes().to_vec();
    body.extend_from_slice(&call.to_le_bytes());
    if answer.len() > gzip_over
        && let Some(packed) = pack(answer)
    {
        GZIP.serialize(&mut body);
        packed.serialize(&mut body);
    } else {
        body.extend_from_slice(answer);
    }
    body
}

fn pack(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// Puts several messages, each with its head, under one.
pub(super) fn container(messages: &[Vec<u8>]) -> Vec<u8> {
    let mut body = CONTAINER.to_le_bytes().to_vec();
    body.extend_from_slice(&i32::try_from(messages.len()).unwrap_or_default().to_le_bytes());
    for message in messages {
        body.extend_from_slice(message);
    }
    body
}

/// A message with its head.
pub(super) fn framed(id: i64, sequence: i32, body: &[u8]) -> Vec<u8> {
    let mut framed = Vec::with_capacity(MESSAGE_HEAD + body.len());
    framed.extend_from_slice(&id.to_le_bytes());
    framed.extend_from_slice(&sequence.to_le_bytes());
    framed.extend_from_slice(&i32::try_from(body.len()).unwrap_or_default().to_le_bytes());
    framed.extend_from_slice(body);
    framed
}
