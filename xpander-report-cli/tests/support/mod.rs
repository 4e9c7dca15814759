//! Runs the program as its users do, with only the environment that the test sets.

pub(crate) mod doctor;
pub(crate) mod https;
#[cfg(unix)]
pub(crate) mod running;
pub(crate) mod send;
pub(crate) mod spools;
pub(crate) mod terminal;

use std::io::Write;
use std::process::{Command, Output, Stdio};

pub(crate) const KEY: &str = "xp-very-secret-key-0123456789";

pub(crate) fn program(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_xpander-report"));
    program
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .envs(variables.iter().copied())
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    program
}

pub(crate) fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Said {
    Said::from(program(arguments, variables).output().unwrap())
}

pub(crate) fn run_with_input(
    arguments: &[&str],
    variables: &[(&str, &str)],
    input: impl AsRef<[u8]>,
) -> Said {
    let mut running = program(arguments, variables)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = running.stdin.take().unwrap();
    // A program that does not read its input may already have exited.
    let _ = stdin.write_all(input.as_ref());
    drop(stdin);
    Said::from(running.wait_with_output().unwrap())
}

/// The output of a program, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let said = Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        for text in [&said.out, &said.err] {
            assert!(!text.contains(KEY), "the key is never shown: {text}");
            assert!(
                !text.chars().any(|c| c.is_control() && c != '\n'),
                "nothing steers the terminal: {text:?}"
            );
        }
        said
    }
}

impl Said {
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn complains(&self, of: &str) {
        assert!(self.err.contains(of), "`{of}` is not in: {}", self.err);
    }

    /// The output in one line, with single spaces between the words.
    pub(crate) fn words(&self) -> String {
        self.out.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        assert!(
            self.words().contains(words),
            "`{words}` is not in:\n{}",
            self.out
        );
    }

    #[track_caller]
    pub(crate) fn does_not_say(&self, words: &str) {
        assert!(
            !self.words().contains(words),
            "`{words}` is in:\n{}",
            self.out
        );
    }
}
