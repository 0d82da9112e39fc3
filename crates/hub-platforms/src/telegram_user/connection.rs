//! One connection of one account: the library's pool in a task of its own, and calls through it.

use super::errors;
use super::session::OwnSession;
use grammers_mtsender::{ConnectionParams, InvocationError, NoRetries, SenderPool, SenderPoolHandle};
use grammers_session::storages::ErasedSession;
use grammers_session::updates::UpdatesLike;
use grammers_tl_types as tl;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

/// Longest wait for an answer.
const CALL_LIMIT: Duration = Duration::from_secs(20);
/// Updates that may wait for us; what does not fit is fetched again later.
const WAITING_UPDATES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1_999);
/// How the hub calls itself in a person's list of devices; constant, so that they know it again.
const DEVICE: &str = "Messaging Hub";
/// How often an ending connection is looked at.
const CLOSING: Duration = Duration::from_millis(5);
/// Other data centres a call may be sent to before it is given up.
const MAX_MOVES: usize = 3;

/// What the library's outcome of a call is.
pub(super) type Called<T> = Result<T, InvocationError>;

/// A connection. Ends when dropped.
pub(super) struct Connection {
    /// The sign-in.
    pub(super) session: Arc<OwnSession>,
    /// The pool.
    pub(super) handle: SenderPoolHandle,
    /// The sign-in as the library wants it.
    pub(super) erased: Arc<ErasedSession>,
    runner: JoinHandle<()>,
    /// Data centres that know who we are.
    introduced: Mutex<Vec<i32>>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.handle.quit();
    }
}

impl Connection {
    /// A connection that is made with the first call, and where updates come in.
    pub(super) fn new(session: OwnSession, api_id: i32) -> (Self, mpsc::Receiver<UpdatesLike>) {
        let session = Arc::new(session);
        let params = ConnectionParams {
            device_model: DEVICE.to_owned(),
            system_version: std::env::consts::OS.to_owned(),
            app_version: env!("CARGO_PKG_VERSION").to_owned(),
            system_lang_code: "en".to_owned(),
            lang_code: "en".to_owned(),
            retry_policy: Box::new(NoRetries),
            updates_channel_capacity: WAITING_UPDATES,
            ..ConnectionParams::default()
        };
        let SenderPool { runner, handle, updates } = SenderPool::with_configuration(session.clone(), api_id, params);
        // A panic in the library ends this task, and with it this connection only.
        let task = tokio::spawn(runner.run());
        let introduced = Mutex::new(Vec::new());
        let connection = Self { session, handle: handle.thin, erased: handle.session, runner: task, introduced };
        (connection, updates)
    }

    /// False when the pool has ended: every call would only be dropped.
    pub(super) fn lives(&self) -> bool {
        !self.runner.is_finished()
    }

    /// Ends it, and waits until the other side must have seen that.
    pub(super) async fn close(&self) {
        self.handle.quit();
        let ended = async {
            while self.lives() {
                tokio::time::sleep(CLOSING).await;
            }
        };
        // A connection that cannot end is cut when the process ends; nothing can be done about it here.
        let _: Result<(), _> = tokio::time::timeout(CALL_LIMIT, ended).await;
    }

    /// Asks the account's own data centre.
    pub(super) async fn call<R: tl::RemoteCall>(&self, request: &R) -> Called<R::Return> {
        self.call_at(self.session.home(), request).await
    }

    /// Asks one data centre.
    pub(super) async fn call_at<R: tl::RemoteCall>(&self, centre: i32, request: &R) -> Called<R::Return> {
        let call = Box::pin(self.handle.invoke_in_dc(centre, request));
        match tokio::time::timeout(CALL_LIMIT, call).await {
            Ok(outcome) => outcome,
            Err(_) => Err(InvocationError::Dropped("no answer in time")),
        }
    }

    /// Asks while nobody is signed in: when the number lives elsewhere, everything moves there.
    pub(super) async fn call_moving<R: tl::RemoteCall>(&self, request: &R) -> Called<R::Return> {
        let mut moves = 0;
        loop {
            let error = match self.call(request).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match errors::elsewhere(&error) {
                Some(centre) if moves < MAX_MOVES && self.session.knows(centre) => {
                    self.handle.disconnect_from_dc(self.session.home());
                    self.session.move_home(centre);
                    moves += 1;
                }
                _ => return Err(error),
            }
        }
    }

    /// Asks another data centre, which must learn first who asks.
    pub(super) async fn call_elsewhere<R: tl::RemoteCall>(&self, centre: i32, request: &R) -> Called<R::Return> {
        if centre != self.session.home() {
            self.introduce(centre).await?;
        }
        self.call_at(centre, request).await
    }

    async fn introduce(&self, centre: i32) -> Called<()> {
        if !self.session.knows(centre) {
            return Err(InvocationError::InvalidDc);
        }
        let mut introduced = self.introduced.lock().await;
        if introduced.contains(&centre) {
            return Ok(());
        }
        let export = tl::functions::auth::ExportAuthorization { dc_id: centre };
        let tl::enums::auth::ExportedAuthorization::Authorization(proof) = self.call(&export).await?;
        let import = tl::functions::auth::ImportAuthorization { id: proof.id, bytes: proof.bytes };
        self.call_at(centre, &import).await?;
        introduced.push(centre);
        Ok(())
    }
}
