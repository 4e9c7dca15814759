use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use etcetera::BaseStrategy;
use xpander_report::{Config, ConfigBuilder};
use xpander_report_relay::{Builder, DEFAULT_PORT, Error, Relay};

use crate::failure::{Done, Failure};
use crate::text::printable;
use crate::{connection, secret_file, server};

const ORGANIZATION: &str = "XPANDER_ORGANIZATION_ID";

#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// The port; 0 takes any free one
    #[arg(long, default_value_t = DEFAULT_PORT)]
    port: u16,

    /// The address to listen on; tokens are required if other machines can reach it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: String,

    /// A file of tokens. Each line has a token and the agents that it is valid for; * means all, and # begins a
    /// comment. Changes take effect within seconds
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,

    /// Serve TLS with this certificate (PEM file)
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,

    /// The key of the certificate (PEM file)
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,

    /// The directory where reports wait [default: relay in the user's data folder]
    #[arg(long, value_name = "DIR")]
    spool: Option<PathBuf>,

    /// Answer a report only after it is synced, so that it survives a power loss
    #[arg(long)]
    sync: bool,

    /// The platform's address [default: XPANDER_BASE_URL, else the public platform]
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,

    /// A file with the platform's key [default: the key in XPANDER_API_KEY]
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,

    // The last: it begins a heading of its own.
    #[cfg(feature = "nats")]
    #[command(flatten)]
    nats: super::nats::NatsArgs,
}

impl Serve {
    pub(super) fn run(self) -> Done<ExitCode> {
        let mut upstream = Config::builder();
        if let Some(base_url) = &self.base_url {
            upstream = upstream.base_url(base_url);
        }
        if let Some(file) = &self.api_key_file {
            upstream = upstream.api_key(secret_file::read("--api-key-file", "key", file)?);
        }
        // The builder derives the number of connections from it.
        server::raise_file_limit();
        let mut builder = self.relay(upstream)?.port(self.port).host(&self.host);
        if let Some(tokens) = &self.tokens {
            builder = builder.tokens(tokens);
        }
        if let Some((cert, key)) = self.cert.zip(self.key) {
            builder = builder.certificate(cert, key);
        }
        match std::env::var(ORGANIZATION) {
            Ok(organization) if !organization.trim().is_empty() => {
                builder = builder.organization(organization.trim());
            }
            _ => {}
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let stop = server::stop_signal(&runtime)?;
        let relay = builder.start().map_err(failure)?;
        // A closed output does not stop the relay.
        let _ = announce(&relay, self.tokens.is_some());
        runtime.block_on(stop);
        let _ = writeln!(io::stdout(), "Stopping …");
        relay.stop();
        let _ = writeln!(io::stdout(), "Stopped.");
        Ok(ExitCode::SUCCESS)
    }
}

impl Serve {
    /// A relay with the place where reports wait.
    fn relay(&self, upstream: ConfigBuilder) -> Result<Builder, Failure> {
        #[cfg(feature = "nats")]
        if let Some(nats) = self.nats.nats() {
            return Ok(Relay::on_nats(upstream, nats));
        }
        let spool = self.spool.clone().map_or_else(default_spool, Ok)?;
        Ok(Relay::builder(upstream, spool).sync(self.sync))
    }
}

fn announce(relay: &Relay, has_tokens: bool) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "The relay runs at {}", relay.url())?;
    writeln!(output, "It forwards to {}", printable(relay.forwards_to()))?;
    writeln!(output, "Reports wait in {}", printable(&relay.place()))?;
    if let Some(problem) = relay.problem() {
        writeln!(output, "No report is accepted yet: {}", printable(&problem))?;
    }
    writeln!(output)?;
    writeln!(output, "In the environment of the programs:")?;
    writeln!(output)?;
    let address = relay.address();
    let url = match address.ip().is_unspecified() {
        true => {
            let scheme = relay.url();
            let scheme = scheme.split("://").next().unwrap_or("http");
            format!("{scheme}://NAME-OF-THIS-MACHINE:{}", address.port())
        }
        false => relay.url(),
    };
    let key = match has_tokens {
        true => "A-TOKEN-OF-THE-FILE",
        false => "any",
    };
    writeln!(output, "  XPANDER_BASE_URL={url}")?;
    writeln!(output, "  XPANDER_API_KEY={key}")?;
    writeln!(output)?;
    writeln!(output, "Ctrl-C stops it.")?;
    output.flush()
}

fn failure(error: Error) -> Failure {
    match error {
        Error::Config(error) => Failure::usage(connection::explain(&error)),
        Error::Host { .. }
        | Error::TokensMissing { .. }
        | Error::Tokens { .. }
        | Error::Tls { .. }
        | Error::ForwardsToItself { .. } => Failure::usage(error),
        Error::PortTaken { .. } => Failure::new(Failure::REFUSED, format!("{error}; see --port")),
        #[cfg(feature = "nats")]
        Error::Nats { .. } => Failure::new(Failure::REFUSED, format!("{error}; see --nats")),
        Error::Spool { .. } => Failure::new(Failure::REFUSED, format!("{error}; see --spool")),
        _ => Failure::new(Failure::REFUSED, error.to_string()),
    }
}

fn default_spool() -> Result<PathBuf, Failure> {
    let folders = etcetera::base_strategy::choose_native_strategy().map_err(|error| {
        let problem = format!(
            "there is no data folder for this user ({error}); choose a directory with --spool"
        );
        Failure::new(Failure::REFUSED, problem)
    })?;
    Ok(folders.data_dir().join("xpander-report").join("relay"))
}
