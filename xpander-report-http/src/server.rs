//! An HTTP server: its connections, and the layers around its routes.

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
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tower_service::Service;

use crate::access::Access;
use crate::connections::{Connection, Connections};
use crate::limits::Limits;
use crate::problem::Problem;
use crate::write_timeout::WriteTimeout;
use crate::{guard, path};

/// How long the server waits, when it stops, for answers in progress to finish, and then for their blocking work.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// How long to wait for a file to be closed when no connection can be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The longest head of a request, with its path.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// A server's socket, with its limits.
#[derive(Debug)]
pub struct Listener {
    listener: std::net::TcpListener,
    limits: Limits,
    /// `None`: it speaks plain HTTP.
    #[cfg(feature = "tls")]
    tls: Option<Arc<rustls::ServerConfig>>,
}

impl Listener {
    /// Uses this non-blocking socket. `limits` bounds the resources that clients may use.
    pub const fn new(listener: std::net::TcpListener, limits: Limits) -> Self {
        Self {
            listener,
            limits,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// Serves TLS with this certificate and key, if they are given.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        self.tls = tls;
        self
    }
}

#[derive(Clone)]
struct Serving {
    router: Router,
    stop: watch::Receiver<()>,
    client_timeout: Duration,
    #[cfg(feature = "tls")]
    tls: Option<tokio_rustls::TlsAcceptor>,
}

/// The body of the server's thread: serves until `stop` is closed. `ready` receives the result of the start, `threads`
/// is the name of the threads for blocking work, and `beside` runs at the same time.
pub fn run(
    listener: Listener,
    router: Router,
    stop: watch::Receiver<()>,
    threads: &str,
    ready: &mpsc::SyncSender<io::Result<()>>,
    beside: impl Future<Output = ()>,
) {
    let limits = listener.limits;
    #[cfg(feature = "tls")]
    let tls = listener.tls.map(tokio_rustls::TlsAcceptor::from);
    let (runtime, listener) = match start(listener.listener, threads) {
        Ok(started) => started,
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    let _ = ready.send(Ok(()));
    let serving = Serving {
        router,
        stop,
        client_timeout: limits.client_timeout,
        #[cfg(feature = "tls")]
        tls,
    };
    runtime.block_on(async {
        tokio::select! {
            () = serve(listener, serving, limits) => {}
            () = async {
                beside.await;
                std::future::pending::<()>().await;
            } => {}
        }
    });
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
}

fn start(listener: std::net::TcpListener, threads: &str) -> io::Result<(Runtime, TcpListener)> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .thread_name(threads)
        .max_blocking_threads(4)
        .build()?;
    let entered = runtime.enter();
    let listener = TcpListener::from_std(listener)?;
    drop(entered);
    Ok((runtime, listener))
}

async fn serve(listener: TcpListener, serving: Serving, limits: Limits) {
    let connections = Arc::new(Connections::new(limits.connections));
    // The channel closes when every connection has dropped its receiver.
    let (all_ended, is_open) = watch::channel(());
    let stop = serving.stop.clone();
    let accepting = async {
        loop {
            let stream = accept(&listener, &connections).await;
            let connection = connections.admit().await;
            let (serving, is_open) = (serving.clone(), is_open.clone());
            tokio::spawn(async move {
                serve_connection(stream, connection, serving).await;
                drop(is_open);
            });
        }
    };
    tokio::select! {
        () = accepting => {}
        () = stopped(stop) => {}
    }
    drop((listener, is_open));
    // After the timeout, the runtime drops everything that is still open.
    let _ = timeout(SHUTDOWN_TIMEOUT, all_ended.closed()).await;
}

async fn accept(listener: &TcpListener, connections: &Connections) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if is_of_client(&error) => {}
            // The process has reached its limit of open files.
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

async fn serve_connection(stream: TcpStream, connection: Connection, serving: Serving) {
    // Without `TCP_NODELAY` the kernel may delay the end of a small answer. A failure only costs time.
    let _ = stream.set_nodelay(true);
    #[cfg(feature = "tls")]
    if let Some(tls) = &serving.tls {
        let handshake = timeout(serving.client_timeout, tls.accept(stream));
        tokio::select! {
            // There is nobody to tell about a failed connection.
            stream = handshake => if let Ok(Ok(stream)) = stream {
                serve_stream(stream, connection, serving).await;
            },
            () = connection.must_close() => {}
        }
        return;
    }
    serve_stream(stream, connection, serving).await;
}

async fn serve_stream<S>(stream: S, connection: Connection, serving: Serving)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Serving {
        router,
        stop,
        client_timeout,
        ..
    } = serving;
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
    // There is nobody to tell about a failed connection.
    tokio::select! {
        _ = serving.as_mut() => return,
        () = connection.must_close() => return,
        () = stopped(stop) => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}

/// Waits until the server stops.
pub async fn stopped(mut stop: watch::Receiver<()>) {
    while stop.changed().await.is_ok() {}
}

/// The routes with the layers around them. A path is rewritten before it is routed, so the routes are the fallback of
/// an outer router that has the layers.
pub fn layered(routes: Router, access: Arc<Access>) -> Router {
    Router::new()
        .fallback_service(routes)
        .layer(map_request(path::rewrite))
        .layer(from_fn_with_state(access, guard::guard))
}

/// The answer where a path has no such method.
pub async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    Problem::method_not_allowed(format!("{} does not support {method}.", uri.path()))
}
