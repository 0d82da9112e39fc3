//! One connection: reads packets, has calls answered, sends what is to be sent.

use super::super::calls::{self, Outcome};
use super::super::handle::Shared;
use super::super::world::Joined;
use super::cipher::Key;
use super::envelope;
use super::outbox::{Outbox, Outgoing};
use super::wrappers::{Service, service, unwrap};
use grammers_mtproto::transport::{Error, Full, Transport};
use grammers_tl_types::{RawVec, Serializable, enums, types};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A packet at most.
const MAX_PACKET: i32 = 2 * 1_024 * 1_024;
/// Read from the socket at once.
const READ: usize = 64 * 1_024;
/// Messages that may wait for a client; one that reads slower loses its connection.
const MAX_WAITING: usize = 10_000;
/// Taken out of the queue at once.
const BATCH: usize = 64;
/// "No such key."
const UNKNOWN_KEY: i32 = 404;
/// How long an older connection with the same key may take to end before it counts as a second user of the session.
const GRACE: Duration = Duration::from_millis(200);
/// Pauses while waiting for that.
const LOOK: Duration = Duration::from_millis(5);

struct Connection {
    shared: Shared,
    outbox: Outbox,
    queue: mpsc::Sender<Outgoing>,
    /// Who it is, once the first packet came.
    joined: Option<Joined>,
    session: i64,
    hang_up: Option<Instant>,
    cut: CancellationToken,
}

/// Serves one connection until it ends.
pub(super) async fn run(stream: TcpStream, shared: Shared) {
    let (reader, writer) = stream.into_split();
    let (queue, waiting) = mpsc::channel(MAX_WAITING);
    let cut = CancellationToken::new();
    let outbox = Outbox::new(writer);
    let mut connection =
        Connection { shared, outbox, queue, joined: None, session: 0, hang_up: None, cut: cut.clone() };
    let stop = connection.shared.stop.clone();
    // Whoever does not read what is sent to them must not keep the end away.
    let outcome = tokio::select! {
        outcome = connection.converse(reader, waiting) => outcome,
        () = cut.cancelled() => Ok(()),
        () = stop.cancelled() => Ok(()),
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended");
    }
    if let Some(joined) = &connection.joined {
        connection.shared.world().leave(joined.connection);
    }
}

impl Connection {
    async fn converse(
        &mut self,
        mut reader: OwnedReadHalf,
        mut waiting: mpsc::Receiver<Outgoing>,
    ) -> std::io::Result<()> {
        let mut transport = Full::new();
        let mut buffer = Vec::new();
        let mut chunk = vec![0; READ];
        loop {
            let hang_up = self.hang_up;
            tokio::select! {
                read = reader.read(&mut chunk) => {
                    let length = read?;
                    if length == 0 {
                        return Ok(());
                    }
                    buffer.extend_from_slice(&chunk[..length]);
                    if !self.packets(&mut transport, &mut buffer).await? {
                        return Ok(());
                    }
                }
                Some(first) = waiting.recv() => {
                    let mut messages = vec![first];
                    while messages.len() < BATCH && let Ok(next) = waiting.try_recv() {
                        messages.push(next);
                    }
                    if let Some(joined) = &self.joined {
                        self.outbox.send(&joined.key, self.session, &messages).await?;
                    }
                }
                () = at(hang_up) => return Ok(()),
            }
        }
    }

    /// Handles every whole packet of the buffer; false = the connection is over.
    async fn packets(&mut self, transport: &mut Full, buffer: &mut Vec<u8>) -> std::io::Result<bool> {
        let mut from = 0;
        while from < buffer.len() {
            let claimed = buffer.get(from..from + 4).and_then(|bytes| bytes.try_into().ok()).map(i32::from_le_bytes);
            if claimed.is_some_and(|length| length > MAX_PACKET) {
                return Ok(false);
            }
            let offset = match transport.unpack(&mut buffer[from..]) {
                Ok(offset) => offset,
                Err(Error::MissingBytes) => break,
                Err(error) => return Err(std::io::Error::other(error)),
            };
            let mut packet = buffer[from..][offset.data_range].to_vec();
            from += offset.next_offset;
            if !self.packet(&mut packet).await? {
                return Ok(false);
            }
        }
        buffer.drain(..from);
        Ok(true)
    }

    async fn packet(&mut self, packet: &mut [u8]) -> std::io::Result<bool> {
        let Some(key) = self.key(packet) else {
            // No key at all means that the client wants to make one, which nobody but Telegram can answer.
            self.outbox.refuse(UNKNOWN_KEY).await?;
            return Ok(false);
        };
        let Some(plain) = key.open(packet) else {
            self.outbox.refuse(UNKNOWN_KEY).await?;
            return Ok(false);
        };
        let (Some(session), Some(messages)) = (envelope::session(plain), envelope::open(plain)) else {
            return Ok(false);
        };
        self.session = session;
        if self.joined.is_none() {
            self.joined = Some(self.join(key).await);
        }
        for message in messages {
            if !self.message(message).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn key(&self, packet: &[u8]) -> Option<Key> {
        if let Some(joined) = &self.joined {
            return Some(joined.key.clone());
        }
        self.shared.world().key(packet.get(..8)?.try_into().ok()?)
    }

    /// Enters the connection. An older one with the same key gets a moment to end: a client that comes back may be seen before
    /// the end of its last connection is.
    async fn join(&self, key: Key) -> Joined {
        let joined = self.shared.world().join(key, self.queue.clone(), self.cut.clone());
        let until = Instant::now() + GRACE;
        loop {
            {
                let mut world = self.shared.world();
                if !world.shares_its_key(joined.connection) {
                    world.in_use(joined.connection);
                    return joined;
                }
                if Instant::now() >= until {
                    world.in_use(joined.connection);
                    world.destroy_for_duplicate(joined.connection);
                    return joined;
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn message(&mut self, message: envelope::Incoming) -> std::io::Result<bool> {
        match service(&message.body) {
            Some(Service::Silent) => Ok(true),
            Some(Service::Ping { id, hang_up }) => {
                self.shared.world().pings += 1;
                if let Some(seconds) = hang_up.and_then(|seconds| u64::try_from(seconds).ok()) {
                    self.hang_up = Some(Instant::now() + Duration::from_secs(seconds));
                }
                let pong = enums::Pong::Pong(types::Pong { msg_id: message.id, ping_id: id });
                self.send(Outgoing::service(pong.to_bytes())).await
            }
            Some(Service::Salts) => {
                let salt = types::FutureSalt { valid_since: 0, valid_until: i32::MAX, salt: 0 };
                let now = i32::try_from(chrono::Utc::now().timestamp()).unwrap_or(i32::MAX);
                let salts = types::FutureSalts { req_msg_id: message.id, now, salts: RawVec(vec![salt]) };
                self.send(Outgoing::service(enums::FutureSalts::Salts(salts).to_bytes())).await
            }
            Some(Service::DropAnswer) => {
                let unknown = enums::RpcDropAnswer::RpcAnswerUnknown.to_bytes();
                self.send(Outgoing::answer(envelope::result(message.id, &unknown, usize::MAX))).await
            }
            None => self.call(message).await,
        }
    }

    async fn call(&mut self, message: envelope::Incoming) -> std::io::Result<bool> {
        let Some(joined) = &self.joined else { return Ok(false) };
        let Some(call) = unwrap(message.body) else { return Ok(false) };
        let gzip_over = {
            let mut world = self.shared.world();
            world.introduced(joined.connection, &call);
            world.options.gzip_over
        };
        let outcome = calls::answer(&self.shared, joined.connection, &call.body);
        let reply = |answer: Vec<u8>| Outgoing::answer(envelope::result(message.id, &answer, gzip_over));
        match outcome {
            Outcome::Answer(answer) => self.send(reply(answer)).await,
            Outcome::Late(wait, answer) => {
                let (queue, reply, stop) = (self.queue.clone(), reply(answer), self.shared.stop.clone());
                self.shared.tasks.spawn(async move {
                    tokio::select! {
                        () = tokio::time::sleep(wait) => { let _ = queue.send(reply).await; }
                        () = stop.cancelled() => {}
                        () = queue.closed() => {}
                    }
                });
                self.acknowledge(message.id).await
            }
            Outcome::Held(mut cleared, answer) => {
                let (queue, reply, stop) = (self.queue.clone(), reply(answer), self.shared.stop.clone());
                self.shared.tasks.spawn(async move {
                    tokio::select! {
                        _ = cleared.changed() => { let _ = queue.send(reply).await; }
                        () = stop.cancelled() => {}
                        () = queue.closed() => {}
                    }
                });
                self.acknowledge(message.id).await
            }
            Outcome::Never => self.acknowledge(message.id).await,
            Outcome::Cut => Ok(false),
        }
    }

    /// Tells that a call arrived, when its answer takes its time.
    async fn acknowledge(&mut self, id: i64) -> std::io::Result<bool> {
        let ack = enums::MsgsAck::Ack(types::MsgsAck { msg_ids: vec![id] });
        self.send(Outgoing::service(ack.to_bytes())).await
    }

    async fn send(&mut self, message: Outgoing) -> std::io::Result<bool> {
        if let Some(joined) = &self.joined {
            self.outbox.send(&joined.key, self.session, &[message]).await?;
        }
        Ok(true)
    }
}

async fn at(when: Option<Instant>) {
    match when {
        Some(when) => tokio::time::sleep_until(when).await,
        None => std::future::pending().await,
    }
}
