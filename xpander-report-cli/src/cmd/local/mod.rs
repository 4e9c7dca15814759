mod announcement;
mod deletions;
mod token;

use std::fmt::Display;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use etcetera::BaseStrategy;
use tokio::runtime::Runtime;
use xpander_report_local::{DEFAULT_PORT, Error, LocalPlatform, Prices};

use self::announcement::Announcement;
use crate::failure::{Done, Failure};
use crate::text::without_bom;
use crate::{duration, server};

/// Run a local platform on this machine
///
/// It has the platform's API, and pages that show every task. It needs no account
/// and runs until Ctrl-C or SIGTERM.
///
/// It keeps its data in xpander-report/tasks.db in the user's data folder
/// (XDG_DATA_HOME, ~/.local/share, or the standard folder of macOS or Windows).
/// Once a report is answered, it survives even if the program is killed.
///
/// Exit codes:
///   0  it ran and was stopped
///   1  it could not start
///   2  an argument is wrong
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  xpander-report local --open
  xpander-report local --ephemeral --port 0
  xpander-report local --host 0.0.0.0 --token-file token --allow-host pi.local"
)]
pub(crate) struct Local {
    /// The port; 0 takes any free one
    #[arg(long, default_value_t = DEFAULT_PORT)]
    port: u16,

    /// The address to listen on; a token is required if other machines can reach it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: String,

    /// Also accept requests for this name or address of the machine (repeatable)
    #[arg(long = "allow-host", value_name = "NAME")]
    allowed_hosts: Vec<String>,

    #[command(flatten)]
    token: token::Flags,

    /// The file that keeps the data [default: tasks.db in the user's data folder]
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,

    /// Keep the data in memory until the platform stops
    #[arg(long, conflicts_with = "db")]
    ephemeral: bool,

    /// Delete tasks whose latest report is older than this, such as 30d or 12h [default: never]
    #[arg(long, value_name = "AGE", value_parser = duration::with_units)]
    retention: Option<Duration>,

    /// A TOML file with prices that override the price list: a table for each model, with `input` and
    /// `output` in US dollars per million tokens
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,

    /// Open the pages in the browser
    #[arg(long)]
    open: bool,
}

impl Local {
    pub(crate) fn run(self) -> Done<ExitCode> {
        let token = self.token.read()?;
        // The builder derives the number of connections from it.
        server::raise_file_limit();
        let mut builder = LocalPlatform::builder().port(self.port).host(&self.host);
        for host in &self.allowed_hosts {
            builder = builder.allow_host(host);
        }
        if let Some(token) = &token {
            builder = builder.token(token.secret());
        }
        if let Some(retention) = self.retention {
            builder = builder.retention(retention);
        }
        if let Some(file) = &self.prices {
            builder = builder.prices(prices(file)?);
        }
        builder = match self.ephemeral {
            true => builder.ephemeral(),
            false => builder.data(self.db.map_or_else(default_file, Ok)?),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let stop = server::stop_signal(&runtime)?;
        let platform = builder.start().map_err(failure)?;
        let announcement = Announcement {
            url: platform.url(),
            data: platform.data_file(),
            token: token.as_ref(),
            refuses_others: platform.address().ip().is_unspecified()
                && self.allowed_hosts.is_empty(),
        };
        if let Some(file) = platform.data_file()
            && platform.data_was_open_to_others()
        {
            let _ = writeln!(
                io::stderr(),
                "Other users could read {}; its permissions are now restricted to you.",
                file.display()
            );
        }
        // A closed output does not stop the platform.
        let _ = announcement.write(&mut io::stdout().lock());
        if self.open
            && let Err(error) = open::that_detached(platform.url())
        {
            let _ = writeln!(io::stderr(), "The browser could not be opened: {error}");
        }
        run_until(&runtime, stop, &platform);
        let _ = writeln!(io::stdout(), "Stopping …");
        platform.stop();
        let _ = writeln!(io::stdout(), "Stopped.");
        Ok(ExitCode::SUCCESS)
    }
}

fn run_until(runtime: &Runtime, stop: impl Future<Output = ()>, platform: &LocalPlatform) {
    if !io::stderr().is_terminal() {
        runtime.block_on(stop);
        return;
    }
    let (end, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || deletions::show(platform, &ended));
        runtime.block_on(stop);
        drop(end);
    });
}

fn prices(file: &Path) -> Result<Prices, Failure> {
    let wrong =
        |why: &dyn Display| Failure::usage(format_args!("--prices {}: {why}", file.display()));
    let toml = fs::read(file).map_err(|error| wrong(&error))?;
    let toml = String::from_utf8(toml)
        .map_err(|_| wrong(&"the file is not text in UTF-8; save it in this encoding"))?;
    Prices::from_toml(without_bom(&toml)).map_err(|error| wrong(&error))
}

fn failure(error: Error) -> Failure {
    let flags = match error {
        Error::PortTaken { .. } => "; see --port",
        Error::DataFile { .. }
        | Error::DataFileInUse { .. }
        | Error::DataFileLocked { .. }
        | Error::ForeignDatabase { .. }
        | Error::OtherVersion { .. }
        | Error::NotADatabase { .. } => "; see --db and --ephemeral",
        _ => "",
    };
    Failure::new(Failure::REFUSED, format!("{error}{flags}"))
}

fn default_file() -> Result<PathBuf, Failure> {
    let folders = etcetera::base_strategy::choose_native_strategy().map_err(|error| {
        Failure::new(
            Failure::REFUSED,
            format!(
                "there is no data folder for this user ({error}); choose a file with --db, or \
                 keep the data in memory with --ephemeral"
            ),
        )
    })?;
    Ok(folders.data_dir().join("xpander-report").join("tasks.db"))
}
