//! The connection to NATS. It is made again by itself when it is lost.

use std::error::Error;
use std::io;
use std::time::Duration;

use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, Event, ServerAddr};
use tokio::sync::watch;

use super::Nats;

/// How long one server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The longest wait between two tries to reach a server again.
const MAX_RECONNECT_DELAY: Duration = Duration::from_secs(2);

/// Where a connection leads.
pub(crate) struct Connection {
    pub(crate) client: Client,
    /// Counts how often it was made.
    pub(crate) connects: watch::Receiver<u64>,
    /// Why no server could be reached, if that is so at the start.
    pub(crate) problem: Option<String>,
}

/// Connects. A server that cannot be reached is tried again; one that refuses is an error.
pub(crate) async fn connect(nats: &Nats, name: &str) -> Result<Connection, String> {
    let servers = servers(&nats.servers)?;
    let (count, connects) = watch::channel(0);
    let first = options(nats, name, count.clone()).await?;
    match first.connect(servers.clone()).await {
        Ok(client) => Ok(Connection {
            client,
            connects,
            problem: None,
        }),
        Err(error) if is_final(&error) => Err(says(&error)),
        Err(error) => {
            let again = options(nats, name, count).await?.retry_on_initial_connect();
            let client = again.connect(servers).await.map_err(|error| says(&error))?;
            Ok(Connection {
                client,
                connects,
                problem: Some(says(&error)),
            })
        }
    }
}

/// Whether trying again is of no use.
fn is_final(error: &ConnectError) -> bool {
    matches!(
        error.kind(),
        ConnectErrorKind::AuthorizationViolation
            | ConnectErrorKind::Authentication
            | ConnectErrorKind::ServerParse
            | ConnectErrorKind::Tls
    ) || is_of_tls(error)
}

/// Whether one side does not accept the other's certificate, or does not speak TLS.
fn is_of_tls(mut error: &(dyn Error + 'static)) -> bool {
    loop {
        if error.is::<rustls::Error>() {
            return true;
        }
        // An I/O error skips its inner error and returns that one's source.
        let inner = error.downcast_ref().and_then(io::Error::get_ref);
        error = match inner {
            Some(inner) => inner,
            None => match error.source() {
                Some(source) => source,
                None => return false,
            },
        };
    }
}

fn says(error: &ConnectError) -> String {
    match error.kind() {
        ConnectErrorKind::AuthorizationViolation => {
            "it refuses the credentials; check --nats-creds, --nats-nkey, or the user in the address"
                .to_owned()
        }
        _ if is_of_tls(error) => format!(
            "TLS with it failed: {}; check --nats-tls, --nats-tls-ca and --nats-tls-cert, and the server's TLS settings",
            with_causes(error)
        ),
        _ => with_causes(error),
    }
}

/// An error and what caused it, in a line.
fn with_causes(error: &dyn Error) -> String {
    let mut says = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_says = cause.to_string();
        if !says.contains(&cause_says) {
            says = format!("{says}: {cause_says}");
        }
        next = cause.source();
    }
    says
}

async fn options(
    nats: &Nats,
    name: &str,
    count: watch::Sender<u64>,
) -> Result<ConnectOptions, String> {
    let mut options = ConnectOptions::new()
        .name(format!("xpander-relay {name}"))
        .connection_timeout(TIMEOUT)
        .reconnect_delay_callback(|attempts| {
            let delay = Duration::from_millis(50) * (1 << attempts.min(6));
            delay.min(MAX_RECONNECT_DELAY)
        })
        .event_callback(move |event| {
            if matches!(event, Event::Connected) {
                count.send_modify(|count| *count += 1);
            }
            std::future::ready(())
        })
        .require_tls(nats.require_tls);
    // The client does not use what an address says of the user.
    let named = servers(&nats.servers)?;
    if let Some(server) = named.iter().find(|server| server.has_user_pass()) {
        let user = server.username().unwrap_or_default().to_owned();
        options = match server.password() {
            Some(password) => options.user_and_password(user, password.to_owned()),
            None => options.token(user),
        };
    }
    if let Some(file) = &nats.credentials {
        let wrong = |error: io::Error| format!("the credentials file {}: {error}", file.display());
        options = options.credentials_file(file).await.map_err(wrong)?;
    }
    if let Some(file) = &nats.nkey {
        let wrong = |error: &dyn std::fmt::Display| {
            format!("the file {} with the NKey: {error}", file.display())
        };
        let seed = std::fs::read_to_string(file).map_err(|error| wrong(&error))?;
        let seed = seed
            .lines()
            .map(str::trim)
            .find(|line| line.starts_with('S'))
            .ok_or_else(|| wrong(&"it has no line with a seed, which begins with S"))?;
        options = options.nkey(seed.to_owned());
    }
    Ok(options.tls_client_config(super::tls::config(nats)?))
}

fn servers(list: &str) -> Result<Vec<ServerAddr>, String> {
    let servers = list.split(',').map(str::trim);
    let servers: Vec<_> = servers.filter(|server| !server.is_empty()).collect();
    if servers.is_empty() {
        return Err("the list of servers is empty; an example is nats://127.0.0.1:4222".to_owned());
    }
    servers
        .iter()
        .map(|server| {
            // Not the address itself: it may hold a password.
            server.parse::<ServerAddr>().map_err(|error| {
                format!("the address of a server is invalid ({error}); an example is nats://127.0.0.1:4222")
            })
        })
        .collect()
}

/// The servers without users and passwords.
pub(crate) fn places(list: &str) -> String {
    let places: Vec<_> = list
        .split(',')
        .map(|server| match server.trim().parse::<ServerAddr>() {
            Ok(server) => format!("{}:{}", server.host(), server.port()),
            Err(_) => "?".to_owned(),
        })
        .collect();
    places.join(", ")
}
