//! Takes connections.

use super::super::handle::Shared;
use super::connection;
use tokio::net::TcpListener;

pub(in super::super) fn serve(listener: TcpListener, shared: &Shared) {
    let shared = shared.clone();
    shared.tasks.clone().spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = shared.stop.cancelled() => return,
            };
            match accepted {
                Ok((stream, _)) => {
                    let _ = stream.set_nodelay(true);
                    shared.tasks.spawn(connection::run(stream, shared.clone()));
                }
                Err(error) => {
                    tracing::error!(%error, "the simulator takes no more connections");
                    return;
                }
            }
        }
    });
}
