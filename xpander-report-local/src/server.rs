use std::future::pending;
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, mpsc};

use axum::Router;
use axum::http::{Method, Uri};
use xpander_report_http::server::{self, Listener, layered, method_not_allowed};

use crate::app::App;
use crate::http::limits::Limits;
use crate::http::problem::Problem;
use crate::{api, pages};

/// The body of the server's thread: serves until the platform stops.
pub(crate) fn run(
    listener: TcpListener,
    app: App,
    limits: Limits,
    ready: &mpsc::SyncSender<io::Result<()>>,
) {
    let stop = app.stop.clone();
    let listener = Listener::new(listener, limits);
    let threads = "xpander-local-reader";
    server::run(listener, router(app), stop, threads, ready, pending());
}

/// The whole server.
fn router(app: App) -> Router {
    let access = Arc::clone(&app.access);
    let routes = api::routes()
        .merge(pages::routes())
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(app);
    layered(routes, access)
}

async fn not_found(method: Method, uri: Uri) -> Problem {
    Problem::not_found(format!("There is nothing at {method} {}.", uri.path()))
}
