use std::io;
use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use axum::Router;
use axum::http::{Method, Uri};
use axum::middleware::{from_fn_with_state, map_request};
use axum::serve::ListenerExt;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use crate::app::App;
use crate::http::problem::Problem;
use crate::http::{guard, path};
use crate::{api, pages};

/// How long answers in progress, and then SQLite, may take to finish when the platform stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// The body of the server's thread: serves until the platform stops.
pub(crate) fn run(listener: TcpListener, app: App, ready: &mpsc::SyncSender<io::Result<()>>) {
    let started = start(listener);
    let (runtime, listener) = match started {
        Ok(started) => started,
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    let _ = ready.send(Ok(()));
    let stop = app.stop.clone();
    runtime.block_on(serve(listener, router(app), stop));
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
}

fn start(listener: TcpListener) -> io::Result<(Runtime, tokio::net::TcpListener)> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .thread_name("xpander-local-reader")
        .max_blocking_threads(4)
        .build()?;
    let entered = runtime.enter();
    let listener = tokio::net::TcpListener::from_std(listener)?;
    drop(entered);
    Ok((runtime, listener))
}

async fn serve(listener: tokio::net::TcpListener, router: Router, stop: watch::Receiver<()>) {
    let stopped =
        |mut stop: watch::Receiver<()>| async move { while stop.changed().await.is_ok() {} };
    let listener = listener.tap_io(|connection| {
        // Without it the kernel may delay the end of a small answer. A failure costs only time.
        let _ = connection.set_nodelay(true);
    });
    let serving = axum::serve(listener, router).with_graceful_shutdown(stopped(stop.clone()));
    let overdue = async {
        stopped(stop).await;
        tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
    };
    tokio::select! {
        _ = serving => {}
        () = overdue => {}
    }
}

/// The whole server. A path is rewritten before it is routed, so the routes are the fallback of an outer
/// router that has the layers.
pub(crate) fn router(app: App) -> Router {
    let access = Arc::clone(&app.access);
    let routes = api::routes()
        .merge(pages::routes())
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(app);
    Router::new()
        .fallback_service(routes)
        .layer(map_request(path::rewrite))
        .layer(from_fn_with_state(access, guard::guard))
}

async fn not_found(method: Method, uri: Uri) -> Problem {
    Problem::not_found(format!("There is nothing at {method} {}.", uri.path()))
}

async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    Problem::method_not_allowed(format!("{} does not take {method}.", uri.path()))
}
