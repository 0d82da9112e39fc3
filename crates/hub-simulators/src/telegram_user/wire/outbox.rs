//! What goes to a client: numbered, put together when several wait, encrypted, framed.

use super::cipher::Key;
use super::envelope;
use grammers_crypto::DequeBuffer;
use grammers_mtproto::transport::{Full, Transport};
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;

/// Messages of one container at most.
const MAX_TOGETHER: usize = 50;
/// Bytes of one container at most; longer messages go alone.
const MAX_CONTAINER: usize = 500_000;
/// Room that the framing needs before a packet.
const FRAME_HEAD: usize = 16;
/// Server messages that answer something have an id of this rest modulo four.
const ANSWER: i64 = 1;
/// Those that do not.
const NOTICE: i64 = 3;

/// Something to be sent.
#[derive(Clone, Debug)]
pub(in super::super) struct Outgoing {
    pub(in super::super) body: Vec<u8>,
    /// It answers something the client sent.
    pub(in super::super) answers: bool,
    /// The client must acknowledge it.
    pub(in super::super) content: bool,
}

impl Outgoing {
    /// An answer to a call.
    pub(super) fn answer(body: Vec<u8>) -> Self {
        Self { body, answers: true, content: true }
    }

    /// A word of the protocol itself.
    pub(super) fn service(body: Vec<u8>) -> Self {
        Self { body, answers: true, content: false }
    }

    /// Something the client did not ask for.
    pub(in super::super) fn push(body: Vec<u8>) -> Self {
        Self { body, answers: false, content: true }
    }
}

/// The sending half of a connection.
pub(super) struct Outbox {
    socket: OwnedWriteHalf,
    transport: Full,
    last_id: i64,
    contents: i32,
}

impl Outbox {
    pub(super) fn new(socket: OwnedWriteHalf) -> Self {
        Self { socket, transport: Full::new(), last_id: 0, contents: 0 }
    }

    /// Refuses the client below the protocol: a bare negative number.
    pub(super) async fn refuse(&mut self, status: i32) -> std::io::Result<()> {
        self.socket.write_all(&(-status).to_le_bytes()).await?;
        self.socket.flush().await
    }

    fn next_id(&mut self, rest: i64) -> i64 {
        let now = chrono::Utc::now();
        let nanos = i64::from(now.timestamp_subsec_nanos());
        let id = ((now.timestamp() << 32) | (nanos & !3)).max(self.last_id & !3);
        let id = if id + rest > self.last_id { id } else { id + 4 };
        self.last_id = id + rest;
        self.last_id
    }

    fn framed(&mut self, message: &Outgoing) -> Vec<u8> {
        let id = self.next_id(if message.answers { ANSWER } else { NOTICE });
        let sequence = self.contents * 2 + i32::from(message.content);
        self.contents += i32::from(message.content);
        envelope::framed(id, sequence, &message.body)
    }

    /// Sends messages in their order.
    pub(super) async fn send(&mut self, key: &Key, session: i64, messages: &[Outgoing]) -> std::io::Result<()> {
        let mut waiting: Vec<Vec<u8>> = Vec::new();
        let mut bytes = 0;
        for message in messages {
            let framed = self.framed(message);
            if !waiting.is_empty() && (waiting.len() >= MAX_TOGETHER || bytes + framed.len() > MAX_CONTAINER) {
                self.flush(key, session, &std::mem::take(&mut waiting)).await?;
                bytes = 0;
            }
            bytes += framed.len();
            waiting.push(framed);
        }
        self.flush(key, session, &waiting).await
    }

    async fn flush(&mut self, key: &Key, session: i64, messages: &[Vec<u8>]) -> std::io::Result<()> {
        let body = match messages {
            [] => return Ok(()),
            [one] => one.clone(),
            several => {
                let container = envelope::container(several);
                let id = self.next_id(ANSWER);
                envelope::framed(id, self.contents * 2, &container)
            }
        };
        let mut plain = vec![0; envelope::HEAD];
        plain[8..].copy_from_slice(&session.to_le_bytes());
        plain.extend_from_slice(&body);
        let sealed = key.seal(&plain);
        let mut packet = DequeBuffer::with_capacity(sealed.len() + FRAME_HEAD, FRAME_HEAD);
        packet.extend(sealed);
        self.transport.pack(&mut packet);
        self.socket.write_all(&packet[..]).await?;
        self.socket.flush().await
    }
}
