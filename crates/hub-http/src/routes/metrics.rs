//! `/metrics`: numbers for Prometheus, for whoever shows the token of the settings.
//!
//! Written by hand: every number is read from the database or a counter that exists anyway, so a recorder with a registry of its
//! own would only be a second place for them.

use crate::extract::bearer;
use crate::failure::{Failure, Result};
use crate::front::Front;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use hub_app::auth::secrets;
use hub_app::measures::{Measures, measure};
use hub_domain::Counter;
use std::fmt::Write;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The text format of Prometheus.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(metrics))
}

/// Numbers for Prometheus. Absent unless `METRICS_TOKEN` is set; that token is the bearer token here.
#[utoipa::path(get, path = "/metrics", operation_id = "metrics", tag = "operations", security(("bearer" = [])),
    responses((status = 200, content_type = "text/plain", body = String, description = "In the text format"),
        (status = 401, description = "Another token, or none"), (status = 404, description = "No token is set")))]
async fn metrics(State(front): State<Front>, headers: HeaderMap) -> Result<impl IntoResponse> {
    let Some(token) = &front.settings.metrics_token else { return Err(super::not_found().await) };
    if !bearer(&headers).is_some_and(|shown| secrets::is_shown(shown, token)) {
        return Err(Failure::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "The metrics token is required"));
    }
    let measures = measure(&front.app).await?;
    let (sockets, users) = front.live.counts();
    let text = render(&measures, sockets, users);
    Ok(([(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, "no-store")], text))
}

/// One number with its labels.
type Sample = (Vec<(&'static str, String)>, String);

struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str, samples: impl IntoIterator<Item = Sample>) {
        // Writing to a text cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in samples {
            let labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            let _ = writeln!(self.0, "{name}{labels} {value}");
        }
    }

    fn gauge(&mut self, name: &str, help: &str, value: &impl ToString) {
        self.family(name, "gauge", help, [(Vec::new(), value.to_string())]);
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn render(measures: &Measures, sockets: usize, users: usize) -> String {
    let mut text = Text(String::new());
    let of = |platform: &str| ("platform", platform.to_owned());
    let entries = measures.books.iter().flat_map(|(platform, book)| {
        let entry = move |counter: Counter| {
            (vec![of(platform), ("counter", counter.as_str().to_owned())], book.count(counter).to_string())
        };
        Counter::ALL.into_iter().map(entry)
    });
    text.family(
        "hub_ledger_entries",
        "gauge",
        "What came in by item and went out by message, by what became of it.",
        entries,
    );
    let missing = measures.books.iter().flat_map(|(platform, book)| {
        let balance = book.balance();
        [("inbound", balance.inbound), ("outbound", balance.outbound)]
            .map(|(side, by)| (vec![of(platform), ("side", side.to_owned())], by.to_string()))
    });
    text.family("hub_ledger_missing", "gauge", "What a sum of the ledger lacks; anything but 0 is an alarm.", missing);
    let open = measures.books.iter().map(|(platform, book)| (vec![of(platform)], book.open.to_string()));
    text.family("hub_open_sends", "gauge", "Messages accepted for sending that have not left.", open);
    text.gauge("hub_parked_deliveries", "Deliveries that wait for an operator.", &measures.parked);
    let jobs = &measures.jobs;
    let states = [
        ("waiting", jobs.waiting),
        ("active", jobs.active),
        ("delayed", jobs.delayed),
        ("completed", jobs.completed),
        ("failed", jobs.failed),
    ];
    let states = states.map(|(state, count)| (vec![("state", state.to_owned())], count.to_string()));
    text.family("hub_jobs", "gauge", "Jobs by state, settled ones as long as they are kept.", states);
    let oldest = measures.oldest_job.as_secs_f64();
    text.gauge("hub_oldest_job_seconds", "How long the job that is due longest has been due.", &oldest);
    let calls = measures.deliveries.iter().map(|((platform, outcome), count)| {
        (vec![of(platform), ("outcome", (*outcome).to_owned())], count.to_string())
    });
    text.family("hub_deliveries_total", "counter", "Calls of platforms to this process, by how they ended.", calls);
    text.gauge("hub_sockets", "Signed-in sockets of this process.", &sockets);
    text.gauge("hub_socket_users", "Users behind them.", &users);
    if let Some(bytes) = measures.resident_bytes {
        text.gauge("process_resident_memory_bytes", "Resident memory of this process in bytes.", &bytes);
    }
    text.0
}
