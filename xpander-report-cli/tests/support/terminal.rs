//! Runs programs in a terminal.

use std::io::{self, Write};
use std::process::{Command, Output, Stdio};

use super::{Said, program};

/// The program in a terminal of its own, whose keyboard is the standard input. `None` if `script` of util-linux, which
/// makes the terminal, is missing: then a message says that nothing is tested.
pub(crate) fn in_a_terminal(arguments: &[&str], variables: &[(&str, &str)]) -> Option<Command> {
    let program = program(arguments, variables);
    let words = [program.get_program()]
        .into_iter()
        .chain(program.get_args());
    let quoted: Vec<_> = words
        .map(|word| format!("'{}'", word.to_str().unwrap().replace('\'', r"'\''")))
        .collect();
    // Signals and the exit code are the program's, not a shell's.
    shell_in_a_terminal(&format!("exec {}", quoted.join(" ")), variables)
}

/// A line for a shell in a terminal of its own, or `None` as above.
pub(crate) fn shell_in_a_terminal(line: &str, variables: &[(&str, &str)]) -> Option<Command> {
    let version = Command::new("script").arg("--version").output();
    let is_there =
        |version: Output| String::from_utf8_lossy(&version.stdout).contains("util-linux");
    if !version.is_ok_and(is_there) {
        // `eprintln!` would show it only if the test fails.
        let _ = writeln!(
            io::stderr(),
            "NOT TESTED: what the program does in a terminal, since `script` of util-linux is missing"
        );
        return None;
    }
    let environment = program(&[], variables);
    let mut terminal = Command::new("script");
    terminal
        .env_clear()
        .envs(
            environment
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .args(["--quiet", "--return", "--command", line, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Some(terminal)
}

/// The output of the program when this is typed.
pub(crate) fn type_into(mut terminal: Command, keys: &str) -> Said {
    let mut running = terminal.spawn().unwrap();
    // Kept open until the end: when its keyboard is closed, the terminal ends its program.
    let mut keyboard = running.stdin.take().unwrap();
    keyboard.write_all(keys.as_bytes()).unwrap();
    let mut output = running.wait_with_output().unwrap();
    drop(keyboard);
    output.stdout.retain(|byte| *byte != b'\r');
    Said::from(output)
}
