//! The `xpander-report` program.

mod cmd;
mod connection;
mod duration;
mod failure;
mod page;
mod progress;
mod secret_file;
mod server;
mod text;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{CommandFactory, Parser, Subcommand};

use crate::cmd::{completions, doctor, extract, local, man, relay, send, spool, tasks};

/// Report LLM work to xpander.ai.
#[derive(Debug, Parser)]
#[command(
    name = "xpander-report",
    version = version(),
    long_version = long_version(),
    max_term_width = 80,
    after_help = "Examples:
  xpander-report local
  xpander-report send --input @ask.txt --llm-response @answer.json
  xpander-report doctor --send"
)]
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
    Completions(completions::Completions),
    Man(man::Man),
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

/// The version, with the compiler and the target of the build.
fn long_version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let (target, rustc) = (env!("XPANDER_REPORT_TARGET"), env!("XPANDER_REPORT_RUSTC"));
        format!("{}\ntarget: {target}\ncompiler: {rustc}", version())
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
        Command::Completions(completions) => completions
            .run(Arguments::command())
            .map(|()| ExitCode::SUCCESS),
        Command::Man(man) => man.run(Arguments::command()).map(|()| ExitCode::SUCCESS),
    };
    match done {
        Ok(code) => code,
        // The reader of the output has closed it, as `head` does.
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
