//! Each mistake has a message on the user's token that says what to do. After a change of a message:
//! `TRYBUILD=overwrite cargo test -p xpander-report-tests --test ui`.

use std::process::Command;

/// The compiler that the expected messages were written with; others word theirs differently.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn mistakes_have_messages_that_help() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc)
        .arg("--version")
        .output()
        .unwrap()
        .stdout;
    if version.starts_with(COMPILER.as_bytes()) {
        trybuild::TestCases::new().compile_fail("ui/*.rs");
    } else {
        let version = String::from_utf8_lossy(&version);
        eprintln!("LEFT OUT: the messages are those of {COMPILER}*, and this is {version}");
    }
}
