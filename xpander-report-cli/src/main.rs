//! The `xpander-report` program.

mod cmd;
mod connection;
mod duration;
mod failure;
mod page;
mod secret_file;
mod server;
mod text;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{Parser, Subcommand};

use crate::cmd::{doctor, extract, local, relay, send, spool, tasks};

/// Report LLM work to xpander.ai.
#[derive(Debug, Parser)]
#[command(name = "xpander-report", version = version(), max_term_width = 80)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Local(local::Local),
    Relay(relay::Relay),
    Send(send::Send),
    Tasks(tasks::Tasks),
    Doctor(doctor::Doctor),
    Spool(spool::Spool),
    Extract(extract::Extract),
}

/// The program's version, and the date of its price list.
fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let version = env!("CARGO_PKG_VERSION");
        match xpander_report_local::PRICE_LIST_DATE {
            Some(date) => format!("{version} (prices of {date})"),
            None => version.to_owned(),
        }
    });
    &VERSION
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Local(local) => local.run(),
        Command::Relay(relay) => relay.run(),
        Command::Send(send) => send.run(),
        Command::Tasks(tasks) => tasks.run(),
        Command::Doctor(doctor) => doctor.run(),
        Command::Spool(spool) => spool.run(),
        Command::Extract(extract) => extract.run().map(|()| ExitCode::SUCCESS),
    };
    match done {
        Ok(code) => code,
        // The reader of the output has closed it, for example `head`.
        Err(error) if is_broken_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            let says = text::printable(&failure::with_causes(&*error));
            let _ = writeln!(io::stderr(), "error: {says}");
            failure::exit_code(&*error)
        }
    }
}

fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
