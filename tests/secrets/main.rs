//! Secrets do not leave the process: arguments and JSON fields are recognised by their names, other secrets by their
//! form.

#![allow(
    unused_variables,
    reason = "the arguments of these functions are there to be reported, and of secrets nothing is"
)]

mod arguments;
mod fields;
mod forms;
mod hostile;
mod names;
mod ordinary;
mod places;
mod switches;

use xpander_report::testing::Recorder;
use xpander_report::{Redaction, TaskReport};

const REDACTED: &str = "[redacted]";

/// The reported text of an input.
fn input(text: &str) -> String {
    input_with(Redaction::new(), text)
}

fn input_with(redaction: Redaction, text: &str) -> String {
    let recorder = Recorder::with_redaction(redaction);
    recorder.reporter().report(TaskReport::new().input(text));
    let [report] = <[TaskReport; 1]>::try_from(recorder.take()).expect("one report");
    report.input.expect("an input")
}

/// This many letters and digits without a pattern, the same each time. It is not a real key.
fn random(length: usize) -> String {
    random_of(
        "abcdefghijkmnpqrstuvwxyzABCDEFGHIJKLMNPQRSTUVWXYZ23456789",
        length,
    )
}

fn random_of(alphabet: &str, length: usize) -> String {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let letters: Vec<char> = alphabet.chars().collect();
    let letter = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        letters[(state >> 33) as usize % letters.len()]
    };
    (0..length).map(letter).collect()
}
