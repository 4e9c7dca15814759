//! A collector that stores nothing. It accepts spans as JSON over HTTP, like OpenTelemetry's own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

/// A span as it arrived.
#[derive(Debug, Clone)]
pub struct Span {
    /// Its name.
    pub name: String,
    /// Its attributes.
    pub attributes: Map<String, Value>,
}

type Take = Arc<dyn Fn(Span) + Send + Sync>;

/// Listens on this port of 127.0.0.1, 0 for a free one, and gives each span to `take`. Returns the address.
///
/// # Errors
/// The port is taken.
pub async fn start(
    port: u16,
    take: impl Fn(Span) + Send + Sync + 'static,
) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    let router = Router::new()
        .route("/v1/traces", post(traces))
        .with_state(Arc::new(take) as Take);
    tokio::spawn(axum::serve(listener, router).into_future());
    Ok(address)
}

async fn traces(State(take): State<Take>, Json(request): Json<Value>) -> Json<Value> {
    let inner = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    let scopes = inner(&request, "resourceSpans").into_iter();
    let scopes = scopes.flat_map(|resource| inner(&resource, "scopeSpans"));
    for span in scopes.flat_map(|scope| inner(&scope, "spans")) {
        let attributes = inner(&span, "attributes")
            .into_iter()
            .filter_map(|attribute| {
                let value = attribute["value"].as_object()?.values().next()?.clone();
                Some((attribute["key"].as_str()?.to_owned(), value))
            });
        take(Span {
            name: span["name"].as_str().unwrap_or_default().to_owned(),
            attributes: attributes.collect(),
        });
    }
    Json(json!({}))
}
