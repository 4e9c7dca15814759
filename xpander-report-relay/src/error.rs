use std::net::SocketAddr;
use std::path::PathBuf;
use std::{error, fmt, io};

use xpander_report::ConfigError;

/// Why a relay could not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The host is neither an IP address nor `localhost`.
    Host {
        /// The requested host.
        host: String,
    },
    /// Other machines can reach the host, and there are no tokens.
    TokensMissing {
        /// The requested host.
        host: String,
    },
    /// The tokens file cannot be read, or is invalid.
    Tokens {
        /// The file.
        path: PathBuf,
        /// The problem.
        problem: String,
    },
    /// The certificate or its key cannot be used.
    Tls {
        /// The file.
        path: PathBuf,
        /// The problem.
        problem: String,
    },
    /// A setting of the platform is missing or malformed.
    Config(ConfigError),
    /// The platform's address is the relay's own.
    ForwardsToItself {
        /// The address.
        base_url: String,
    },
    /// The spool cannot be used.
    Spool {
        /// Its directory.
        dir: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// The servers of NATS refuse the relay, or their streams cannot be used. Servers that cannot be reached are no error:
    /// they are tried again.
    Nats {
        /// The servers.
        servers: String,
        /// The problem.
        problem: String,
    },
    /// Another program listens on the port.
    PortTaken {
        /// The requested port.
        port: u16,
    },
    /// The operating system refused the address for another reason.
    Listen {
        /// The requested address.
        address: SocketAddr,
        /// The operating system's error.
        source: io::Error,
    },
    /// A thread could not be started.
    Thread {
        /// The operating system's error.
        source: io::Error,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host { host } => write!(
                f,
                "cannot listen on {host:?}: it is not an IP address of this machine; use one, \
                 such as 127.0.0.1 or 0.0.0.0"
            ),
            Self::TokensMissing { host } => write!(
                f,
                "other machines can reach {host} and could report with the platform's key: set a \
                 tokens file (--tokens), or listen on 127.0.0.1"
            ),
            Self::Tokens { path, problem } => {
                write!(f, "the tokens file {}: {problem}", path.display())
            }
            Self::Tls { path, problem } => write!(f, "{}: {problem}", path.display()),
            Self::Config(error) => error.fmt(f),
            Self::ForwardsToItself { base_url } => write!(
                f,
                "the platform's address {base_url} is the relay's own address: in the relay's \
                 environment, set XPANDER_BASE_URL to the platform"
            ),
            Self::Spool { dir, source } => {
                write!(f, "cannot use the spool in {}: {source}", dir.display())
            }
            Self::Nats { servers, problem } => write!(f, "NATS at {servers}: {problem}"),
            Self::PortTaken { port } => write!(
                f,
                "port {port} is taken by another program; stop that program, or choose another port \
                 (0 takes any free one)"
            ),
            Self::Listen { address, source } => write!(f, "cannot listen on {address}: {source}"),
            Self::Thread { source } => write!(f, "cannot start a thread: {source}"),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Spool { source, .. } | Self::Listen { source, .. } | Self::Thread { source } => {
                Some(source)
            }
            _ => None,
        }
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}
