use std::io::{self, Write};

use clap::Command;
use clap_complete::Shell;

use crate::failure::Done;

/// Print completions for a shell
///
/// Load the output in the shell's startup file, or save it where the shell looks
/// for completions.
#[derive(Debug, clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  source <(xpander-report completions bash)
  xpander-report completions zsh > ~/.zfunc/_xpander-report
  xpander-report completions fish | source"
)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, mut program: Command) -> Done {
        let mut script = Vec::new();
        let name = program.get_name().to_owned();
        clap_complete::generate(self.shell, &mut program, name, &mut script);
        let mut out = io::stdout().lock();
        out.write_all(&script)?;
        out.flush()?;
        Ok(())
    }
}
