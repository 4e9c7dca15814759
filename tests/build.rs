//! Tells the tests whether this compiler wrote the expected messages in `ui/`. Other versions have other wording.

use std::env;
use std::process::Command;

const COMPILER: &str = "rustc 1.95.";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(same_messages)");
    let rustc = env::var_os("RUSTC").expect("cargo names the compiler");
    let version = Command::new(rustc)
        .arg("--version")
        .output()
        .expect("the compiler tells its version");
    if version.stdout.starts_with(COMPILER.as_bytes()) {
        println!("cargo::rustc-cfg=same_messages");
    }
}
