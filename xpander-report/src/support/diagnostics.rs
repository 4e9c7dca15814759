//! What the library says about itself, seldom: one line on standard error, or an event for the program's
//! `tracing` subscriber.

use std::fmt;
#[cfg(not(test))]
use std::io::Write;

pub(crate) fn warn(message: fmt::Arguments<'_>) {
    let message = one_line(&message.to_string());
    #[cfg(feature = "tracing")]
    if crate::support::suppress::traced(|| is_traced(&message)) {
        return;
    }
    // The harness of tests takes in what `eprintln!` writes.
    #[cfg(test)]
    eprintln!("xpander-report: {message}");
    // A closed standard error must not end the program, as `eprintln!` would.
    #[cfg(not(test))]
    let _ = writeln!(std::io::stderr(), "xpander-report: {message}");
}

/// The message in one line that steers no terminal: ids of tasks and agents, and what servers say, may hold anything.
fn one_line(message: &str) -> String {
    let mut line = String::with_capacity(message.len());
    for character in message.chars() {
        match character.is_control() {
            true => line.extend(character.escape_default()),
            false => line.push(character),
        }
    }
    line
}

/// Tells the program's subscriber, if there is one.
#[cfg(feature = "tracing")]
fn is_traced(message: &str) -> bool {
    use tracing_core::subscriber::NoSubscriber;

    let has_subscriber = tracing::dispatcher::get_default(|it| !it.is::<NoSubscriber>());
    if has_subscriber {
        tracing::warn!(target: "xpander_report", "{message}");
    }
    has_subscriber
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_whatever_it_holds() {
        assert_eq!(one_line("the agent grün"), "the agent grün");
        let odd = one_line("the agent a\nxpander-report: all is well\u{1b}[2J");
        assert_eq!(odd, "the agent a\\nxpander-report: all is well\\u{1b}[2J");
    }
}
