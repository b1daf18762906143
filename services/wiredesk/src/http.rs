//! `/metrics`, `/healthz` and `/readyz`, on a thread of their own.

use std::{net::SocketAddr, sync::Arc, thread};

use anyhow::Context as _;
use axum::{Router, extract::State, http::StatusCode, routing::get};
use pipeline::{Health, Stop};
use prometheus_client::registry::Registry;

struct Shared {
    registry: Registry,
    health: Health,
    stop: Stop,
}

/// Binds the address now, so that a taken one is an error of the start, and serves until the process ends.
pub(crate) fn serve(listen: SocketAddr, registry: Registry, health: Health, stop: Stop) -> anyhow::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind(listen)
        .with_context(|| format!("http.listen {listen} is not free; set another, or an empty one for none"))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let shared = Arc::new(Shared { registry, health, stop });
    let app = Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(shared);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    thread::Builder::new().name("http".to_owned()).spawn(move || {
        runtime.block_on(async move {
            let served = match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => axum::serve(listener, app).await,
                Err(error) => Err(error),
            };
            if let Err(error) = served {
                tracing::error!("the metrics are no longer served: {error}");
            }
        });
    })?;
    Ok(address)
}

async fn metrics(State(shared): State<Arc<Shared>>) -> (StatusCode, [(&'static str, &'static str); 1], String) {
    let mut text = String::new();
    let kind = [("content-type", "application/openmetrics-text; version=1.0.0; charset=utf-8")];
    match prometheus_client::encoding::text::encode(&mut text, &shared.registry) {
        Ok(()) => (StatusCode::OK, kind, text),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, kind, error.to_string()),
    }
}

/// 200 while the process does its work, 503 with what it waits for otherwise.
async fn ready(State(shared): State<Arc<Shared>>) -> (StatusCode, String) {
    if shared.stop.is_set() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n".to_owned());
    }
    let waits = shared.health.waits();
    if waits.is_empty() {
        return (StatusCode::OK, "ready\n".to_owned());
    }
    let lines: Vec<_> = waits.into_iter().map(|(who, what)| format!("{who} waits: {what}\n")).collect();
    (StatusCode::SERVICE_UNAVAILABLE, lines.concat())
}
