mod indentation;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Command;
use clap_mangen::Man as Page;

use crate::failure::{Done, Failure};

/// Print or write man pages
///
/// Without --dir it prints the page of the program, or of one command.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  xpander-report man spool drain | man -l -
  xpander-report man --dir ~/.local/share/man/man1"
)]
pub(crate) struct Man {
    /// The command, for example: spool drain
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    command: Vec<String>,

    /// Write a page for each command into this directory
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(self, program: Command) -> Done {
        let mut program = program.disable_help_subcommand(true);
        program.build();
        if let Some(dir) = &self.dir {
            return Ok(write_all(&program, dir)
                .map_err(|error| Failure::usage(format!("--dir {}: {error}", dir.display())))?);
        }
        let mut command = &program;
        for name in &self.command {
            command = command
                .find_subcommand(name)
                .ok_or_else(|| Failure::usage(unknown(command, name)))?;
        }
        let mut out = io::stdout().lock();
        out.write_all(page(command)?.as_bytes())?;
        out.flush()?;
        Ok(())
    }
}

fn write_all(command: &Command, dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    let name = Page::new(command.clone()).get_filename();
    fs::write(dir.join(name), page(command)?)?;
    let mut commands = command.get_subcommands();
    commands.try_for_each(|command| write_all(command, dir))
}

fn page(command: &Command) -> io::Result<String> {
    let mut page = Vec::new();
    let source = concat!("xpander-report ", env!("CARGO_PKG_VERSION"));
    Page::new(command.clone())
        .source(source)
        .render(&mut page)?;
    let page = String::from_utf8_lossy(&page);
    // Only the examples follow the options.
    let page = page.replace(".SH EXTRA\nExamples:\n", ".SH EXAMPLES\n");
    Ok(indentation::kept(&page))
}

fn unknown(command: &Command, name: &str) -> String {
    let names: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
    let there = match &*names {
        [] => format!("`{}` has no subcommands", command.get_name()),
        names => format!("`{}` has {}", command.get_name(), names.join(", ")),
    };
    format!("there is no command `{name}`: {there}")
}
