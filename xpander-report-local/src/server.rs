use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Uri};
use axum::middleware::{from_fn_with_state, map_request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tower_service::Service;

use crate::app::App;
use crate::http::connections::{Connection, Connections};
use crate::http::limits::Limits;
use crate::http::problem::Problem;
use crate::http::write_timeout::WriteTimeout;
use crate::http::{guard, path};
use crate::{api, pages};

/// How long answers in progress, and then SQLite, may take to finish when the platform stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// How long to wait for a file to be closed when no connection can be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The longest head of a request, with its path.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The body of the server's thread: serves until the platform stops.
pub(crate) fn run(
    listener: std::net::TcpListener,
    app: App,
    limits: Limits,
    ready: &mpsc::SyncSender<io::Result<()>>,
) {
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
    runtime.block_on(serve(listener, router(app), stop, limits));
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
}

fn start(listener: std::net::TcpListener) -> io::Result<(Runtime, TcpListener)> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .thread_name("xpander-local-reader")
        .max_blocking_threads(4)
        .build()?;
    let entered = runtime.enter();
    let listener = TcpListener::from_std(listener)?;
    drop(entered);
    Ok((runtime, listener))
}

async fn serve(listener: TcpListener, router: Router, stop: watch::Receiver<()>, limits: Limits) {
    let connections = Arc::new(Connections::new(limits.connections));
    // The channel closes when every connection has dropped its receiver.
    let (all_ended, is_open) = watch::channel(());
    let accepting = async {
        loop {
            let stream = accept(&listener, &connections).await;
            let connection = connections.admit().await;
            let router = router.clone();
            let (stop, is_open) = (stop.clone(), is_open.clone());
            tokio::spawn(async move {
                serve_connection(stream, connection, router, stop, limits.client_timeout).await;
                drop(is_open);
            });
        }
    };
    tokio::select! {
        () = accepting => {}
        () = stopped(stop.clone()) => {}
    }
    drop((listener, is_open));
    // After the timeout the runtime drops what is still open.
    let _ = timeout(SHUTDOWN_TIMEOUT, all_ended.closed()).await;
}

async fn accept(listener: &TcpListener, connections: &Connections) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if is_of_client(&error) => {}
            // The process has as many open files as it may have.
            Err(_) => {
                connections.close_oldest_idle();
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Whether the client has given up the connection.
fn is_of_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

async fn serve_connection(
    stream: TcpStream,
    connection: Connection,
    router: Router,
    stop: watch::Receiver<()>,
    client_timeout: Duration,
) {
    // Without it the kernel may delay the end of a small answer. A failure costs only time.
    let _ = stream.set_nodelay(true);
    let connection = Arc::new(connection);
    let service = service_fn(|request: Request<Incoming>| {
        let in_progress = connection.request();
        let answer = router.clone().call(request.map(Body::new));
        async move {
            let answer = answer.await?;
            Ok::<_, Infallible>(answer.map(|body| in_progress.answer(body)))
        }
    });
    let mut serving = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(client_timeout)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(
                TokioIo::new(WriteTimeout::new(stream, client_timeout)),
                service
            )
    );
    // A failed connection has nobody to tell.
    tokio::select! {
        _ = serving.as_mut() => return,
        () = connection.must_close() => return,
        () = stopped(stop) => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}

async fn stopped(mut stop: watch::Receiver<()>) {
    while stop.changed().await.is_ok() {}
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
