//! A program that serves until the test ends.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command};

use super::{KEY, Said, program};

/// A server that runs until the test ends.
pub(crate) struct Running {
    pub(crate) process: Child,
    output: BufReader<ChildStdout>,
    /// Its output so far.
    pub(crate) says: String,
}

impl Running {
    /// A local platform.
    pub(crate) fn local(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let arguments = [&["local", "--port", "0"], arguments].concat();
        Self::of(&mut program(&arguments, variables))
    }

    /// A relay.
    pub(crate) fn relay(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let arguments = [&["relay"], arguments].concat();
        Self::of(&mut program(&arguments, variables))
    }

    #[track_caller]
    pub(crate) fn of(program: &mut Command) -> Self {
        let mut process = program.spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut running = Self {
            process,
            output,
            says: String::new(),
        };
        while !running.says.contains("Ctrl-C stops it.\n") {
            let mut line = String::new();
            let read = running.output.read_line(&mut line).unwrap();
            // In a terminal, a line ends with two characters.
            running.says.push_str(&line.replace('\r', ""));
            let mut error = String::new();
            if read == 0 {
                let stderr = running.process.stderr.take();
                let _ = stderr.unwrap().read_to_string(&mut error);
            }
            assert!(read > 0, "it ended after {:?} and {error:?}", running.says);
        }
        assert!(!running.says.contains(KEY), "{}", running.says);
        running
    }

    /// The rest of the line after these words.
    #[track_caller]
    pub(crate) fn after(&self, words: &str) -> String {
        let mut lines = self.says.lines();
        let found = lines.find_map(|line| line.trim().strip_prefix(words));
        found.expect(&self.says).to_owned()
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        let line = self.says.lines().next().expect("a line");
        line.split(" runs at ").nth(1).expect(&self.says).to_owned()
    }

    /// Runs the program in a shell after the printed lines.
    pub(crate) fn in_a_shell(&self, arguments: &str, variables: &[(&str, &str)]) -> Said {
        let exports: Vec<_> = self
            .says
            .lines()
            .filter(|line| line.contains("export "))
            .collect();
        assert_eq!(exports.len(), 3, "{}", self.says);
        let script = format!("{}\n\"$PROGRAM\" {arguments}", exports.join("\n"));
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", &script])
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("PROGRAM", env!("CARGO_BIN_EXE_xpander-report"))
            .envs(variables.iter().copied());
        Said::from(shell.output().unwrap())
    }

    pub(crate) fn signal(&self, name: &str) {
        let process = self.process.id().to_string();
        let kill = Command::new("/bin/sh")
            .args(["-c", "kill -$0 $1", name, &process])
            .status();
        assert!(kill.unwrap().success());
    }

    /// The rest of its output, and its exit code.
    pub(crate) fn end(mut self) -> (String, Option<i32>) {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        (rest, self.process.wait().unwrap().code())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
