//! The pretend Telegram for accounts of people, through the real client: its own session, its own network stack.

mod changes;
mod control;
mod dialogs;
mod files;
mod interruptions;
mod sending;
mod sign_in;

use grammers_client::client::UpdateStream;
use grammers_client::session::types::{ChannelState, DcOption, PeerId, PeerInfo, PeerRef, UpdateState, UpdatesState};
use grammers_client::session::{BoxFuture, Session, SessionData};
use grammers_client::{Client, InvocationError, SenderPool};
use grammers_mtsender::{ConnectionParams, NoRetries, SenderPoolHandle, UpdatesConfiguration};
use grammers_session::updates::UpdatesLike;
use grammers_tl_types as tl;
use hub_simulators::telegram_user::{
    Device, NewAccount, NewPerson, Place, TelegramUserHandle, TelegramUserOptions, start,
};
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;

/// Anything may take this long on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// The account of most tests.
pub(crate) const ME: i64 = 7_100_000_001;
/// Its number.
pub(crate) const PHONE: &str = "4915550000001";
/// A friend, whose id needs more than 32 bits.
pub(crate) const ALICE: i64 = 7_200_000_002;
/// Another one.
pub(crate) const BOB: i64 = 7_300_000_003;
/// An application.
pub(crate) const API_ID: i32 = 12_345;

/// A session that can be read back.
pub(crate) struct OwnSession(Mutex<SessionData>);

impl OwnSession {
    pub(crate) fn of(device: &Device) -> Self {
        let SocketAddr::V4(ipv4) = device.address else { panic!("the simulator listens on IPv4") };
        let data = SessionData {
            home_dc: device.home_dc,
            dc_options: device.keys.iter().map(|(id, key)| (*id, dc(*id, ipv4, key))).collect(),
            peer_infos: HashMap::new(),
            updates_state: UpdatesState::default(),
        };
        Self(Mutex::new(data))
    }

    /// The same person and place in the stream, as after a restart of the program.
    pub(crate) fn reopened(&self) -> Self {
        let data = self.0.lock().unwrap();
        Self(Mutex::new(SessionData {
            home_dc: data.home_dc,
            dc_options: data.dc_options.clone(),
            peer_infos: data.peer_infos.clone(),
            updates_state: data.updates_state.clone(),
        }))
    }

    pub(crate) fn forget_keys(&self) {
        for option in self.0.lock().unwrap().dc_options.values_mut() {
            option.auth_key = None;
        }
    }

    pub(crate) fn pts(&self) -> i32 {
        self.0.lock().unwrap().updates_state.pts
    }
}

fn dc(id: i32, ipv4: SocketAddrV4, key: &[u8; 256]) -> DcOption {
    let ipv6 = SocketAddrV6::new(Ipv6Addr::LOCALHOST, ipv4.port(), 0, 0);
    DcOption { id, ipv4, ipv6, auth_key: Some(*key) }
}

impl Session for OwnSession {
    type Error = Infallible;

    fn home_dc_id(&self) -> Result<i32, Infallible> {
        Ok(self.0.lock().unwrap().home_dc)
    }

    fn set_home_dc_id(&self, dc_id: i32) -> BoxFuture<'_, Result<(), Infallible>> {
        self.0.lock().unwrap().home_dc = dc_id;
        Box::pin(async { Ok(()) })
    }

    fn dc_option(&self, dc_id: i32) -> Result<Option<DcOption>, Infallible> {
        Ok(self.0.lock().unwrap().dc_options.get(&dc_id).cloned())
    }

    fn set_dc_option(&self, option: &DcOption) -> BoxFuture<'_, Result<(), Infallible>> {
        self.0.lock().unwrap().dc_options.insert(option.id, option.clone());
        Box::pin(async { Ok(()) })
    }

    fn peer(&self, peer: PeerId) -> BoxFuture<'_, Result<Option<PeerInfo>, Infallible>> {
        let info = self.0.lock().unwrap().peer_infos.get(&peer).cloned();
        Box::pin(async { Ok(info) })
    }

    fn cache_peer(&self, peer: PeerInfo) -> BoxFuture<'_, Result<(), Infallible>> {
        let mut data = self.0.lock().unwrap();
        data.peer_infos.entry(peer.id()).or_insert_with(|| peer.clone()).extend_info(&peer);
        Box::pin(async { Ok(()) })
    }

    fn updates_state(&self) -> BoxFuture<'_, Result<UpdatesState, Infallible>> {
        let state = self.0.lock().unwrap().updates_state.clone();
        Box::pin(async { Ok(state) })
    }

    fn set_update_state(&self, update: UpdateState) -> BoxFuture<'_, Result<(), Infallible>> {
        let state = &mut self.0.lock().unwrap().updates_state;
        match update {
            UpdateState::All(all) => *state = all,
            UpdateState::Primary { pts, date, seq } => (state.pts, state.date, state.seq) = (pts, date, seq),
            UpdateState::Secondary { qts } => state.qts = qts,
            UpdateState::Channel { id, pts } => {
                state.channels.retain(|channel| channel.id != id);
                state.channels.push(ChannelState { id, pts });
            }
        }
        Box::pin(async { Ok(()) })
    }
}

/// A running client. Its connections end with it.
pub(crate) struct Program {
    pub(crate) client: Client,
    pub(crate) session: Arc<OwnSession>,
    pub(crate) handle: SenderPoolHandle,
    pub(crate) updates: Option<mpsc::Receiver<UpdatesLike>>,
    runner: tokio::task::JoinHandle<()>,
}

impl Drop for Program {
    fn drop(&mut self) {
        self.runner.abort();
    }
}

impl Program {
    pub(crate) fn on(device: &Device) -> Self {
        Self::with(OwnSession::of(device))
    }

    pub(crate) fn with(session: OwnSession) -> Self {
        let session = Arc::new(session);
        let params = ConnectionParams {
            device_model: "A test".to_owned(),
            retry_policy: Box::new(NoRetries),
            ..ConnectionParams::default()
        };
        let SenderPool { runner, handle, updates } = SenderPool::with_configuration(session.clone(), API_ID, params);
        let thin = handle.thin.clone();
        let runner = tokio::spawn(runner.run());
        Self { client: Client::new(handle), session, handle: thin, updates: Some(updates), runner }
    }

    /// Ends it, and waits until it has ended.
    pub(crate) async fn stop(mut self) -> Arc<OwnSession> {
        self.client.disconnect();
        within(&mut self.runner).await.unwrap();
        self.session.clone()
    }

    pub(crate) async fn call<R: tl::RemoteCall>(&self, request: &R) -> Result<R::Return, InvocationError> {
        within(self.client.invoke(request)).await
    }

    /// Listens for what happens; the first time from now on, later from where the session stopped.
    pub(crate) async fn stream(&mut self) -> UpdateStream {
        if self.session.pts() == 0 {
            let me = within(self.client.get_me()).await.unwrap().id().bare_id_unchecked();
            let me = PeerInfo::User { id: me, auth: None, bot: Some(false), is_self: Some(true) };
            self.session.cache_peer(me).await.unwrap();
            let tl::enums::updates::State::State(state) =
                self.call(&tl::functions::updates::GetState {}).await.unwrap();
            let tl::types::updates::State { pts, qts, date, seq, .. } = state;
            self.session.set_update_state(UpdateState::Primary { pts, date, seq }).await.unwrap();
            self.session.set_update_state(UpdateState::Secondary { qts }).await.unwrap();
        }
        let updates = self.updates.take().unwrap();
        let configuration = UpdatesConfiguration { catch_up: true };
        self.client.stream_updates(updates, configuration).await.unwrap()
    }
}

/// Nothing takes longer than patience.
pub(crate) fn within<F: Future>(future: F) -> impl Future<Output = F::Output> {
    // The client's futures are large.
    let future = Box::pin(future);
    async move { tokio::time::timeout(PATIENCE, future).await.expect("it took too long") }
}

/// Lets others work until something is so.
pub(crate) async fn until(mut done: impl FnMut() -> bool) {
    while !done() {
        tokio::task::yield_now().await;
    }
}

/// A simulator with one account that knows two people.
pub(crate) async fn world() -> TelegramUserHandle {
    world_with(TelegramUserOptions::default()).await
}

pub(crate) async fn world_with(options: TelegramUserOptions) -> TelegramUserHandle {
    let telegram = start(options).await.unwrap();
    telegram.create_account(NewAccount::new(ME, PHONE, "Me"));
    telegram.meet(ME, NewPerson::named(ALICE, "Alice"));
    telegram.meet(ME, NewPerson::named(BOB, "Bob"));
    telegram
}

/// A client that is signed in.
pub(crate) fn signed_in(telegram: &TelegramUserHandle) -> Program {
    Program::on(&telegram.signed_in_device(ME).unwrap())
}

/// The name that a call was refused with.
pub(crate) fn refusal<T>(outcome: Result<T, InvocationError>) -> String {
    match outcome {
        Err(InvocationError::Rpc(error)) => match error.value {
            Some(value) => format!("{} {} {value}", error.code, error.name),
            None => format!("{} {}", error.code, error.name),
        },
        Err(other) => panic!("no refusal: {other}"),
        Ok(_) => panic!("it was not refused"),
    }
}

/// How a chat is named to the server: its list of chats tells the secret number.
pub(crate) async fn peer(program: &Program, place: Place) -> PeerRef {
    let mut dialogs = program.client.iter_dialogs();
    while let Some(dialog) = within(dialogs.next()).await.unwrap() {
        if dialog.peer_id().bot_api_dialog_id() == Some(place.id()) {
            return dialog.peer_ref();
        }
    }
    panic!("there is no such chat")
}

/// The next message that is news.
pub(crate) async fn next_message(stream: &mut UpdateStream) -> grammers_client::message::Message {
    loop {
        if let grammers_client::update::Update::NewMessage(message) = within(stream.next()).await.unwrap() {
            return (*message).clone();
        }
    }
}

/// The next update as it came.
pub(crate) async fn next_raw(stream: &mut UpdateStream) -> tl::enums::Update {
    within(stream.next_raw()).await.unwrap().0
}

/// A text to a person.
pub(crate) fn text(peer: PeerRef, text: &str, random_id: i64) -> tl::functions::messages::SendMessage {
    tl::functions::messages::SendMessage {
        no_webpage: true,
        silent: false,
        background: false,
        clear_draft: false,
        noforwards: false,
        update_stickersets_order: false,
        invert_media: false,
        allow_paid_floodskip: false,
        peer: peer.into(),
        reply_to: None,
        message: text.to_owned(),
        random_id,
        reply_markup: None,
        entities: None,
        schedule_date: None,
        schedule_repeat_period: None,
        send_as: None,
        quick_reply_shortcut: None,
        effect: None,
        allow_paid_stars: None,
        suggested_post: None,
        rich_message: None,
    }
}
