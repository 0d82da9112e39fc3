//! Opens the doors and works until it is told to stop.

use super::say;
use crate::config::{Config, Role};
use crate::house;
use anyhow::Context;
use hub_app::App;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Runs this process's part until a signal comes.
pub(crate) async fn run(config: &Config, role: Role) -> anyhow::Result<()> {
    let stop = stop_on_signal()?;
    let app = house::build(config, &stop).await?;
    hub_app::accounts::adopt(&app).await?;
    if role == Role::Worker {
        say("The workshop is open.")?;
        return work(app, None, stop).await;
    }
    let listener = listen(config).await?;
    if role == Role::Serve {
        let door = door(config, &app, listener, &stop)?;
        door.await?;
        end(app).await;
        return Ok(());
    }
    open(config, app, listener, stop).await
}

/// Takes the port.
pub(crate) async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let (host, port) = config.listen();
    TcpListener::bind((host, port)).await.with_context(|| format!("port {port} on {host} cannot be used"))
}

/// Opens the door and the workshop.
pub(crate) async fn open(
    config: &Config,
    app: App,
    listener: TcpListener,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let door = door(config, &app, listener, &stop)?;
    work(app, Some(door), stop).await
}

fn door(config: &Config, app: &App, listener: TcpListener, stop: &CancellationToken) -> anyhow::Result<Door> {
    let port = listener.local_addr()?.port();
    say(&format!("messaging-hub is ready: http://localhost:{port}"))?;
    Ok(Box::pin(hub_http::serve(app.clone(), config.http()?, listener, stop.clone())))
}

type Door = std::pin::Pin<Box<dyn Future<Output = std::io::Result<()>> + Send>>;

async fn work(app: App, door: Option<Door>, stop: CancellationToken) -> anyhow::Result<()> {
    let worker = tokio::spawn(hub_worker::run(app.clone(), stop.clone()));
    let served = match door {
        Some(door) => door.await,
        None => Ok(()),
    };
    // A door that fell shut by itself ends the process; a half-alive hub is worse than none.
    if served.is_err() {
        stop.cancel();
    }
    worker.await?;
    end(app).await;
    Ok(served?)
}

async fn end(app: App) {
    app.shut_down().await;
    app.store().close().await;
    tracing::info!("stopped");
}

/// Ends with SIGINT or SIGTERM; a second one ends at once.
pub(crate) fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = CancellationToken::new();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let token = stop.clone();
    tokio::spawn(async move {
        for again in [false, true] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if again {
                #[expect(clippy::disallowed_methods, reason = "the person asked twice")]
                std::process::exit(130);
            }
            tracing::info!("stopping; a second signal ends at once");
            token.cancel();
        }
    });
    Ok(stop)
}
