//! The compile time of functions with the attribute, compared with the same functions without it and with
//! `#[tracing::instrument(err, ret)]`: `cargo check`, a debug and a release build of 200 functions. Each round compiles
//! the three crates one after the other. Their dependencies are compiled before.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use xpander_report_benches::{median, ratio};

const FUNCTIONS: usize = 200;
const ROUNDS: usize = 7;

const VARIANTS: [(&str, &str); 3] = [
    ("plain", ""),
    ("external_task", "#[xpander_report::external_task]"),
    ("instrument", "#[tracing::instrument(err, ret)]"),
];

const MODES: [(&str, &[&str]); 3] = [
    ("check", &["check"]),
    ("build", &["build"]),
    ("release", &["build", "--release"]),
];

fn source(attribute: &str) -> String {
    let mut source = String::from(
        "#[derive(Debug, serde::Serialize)]\npub struct Order { pub id: u32, pub note: String }\n\
         #[derive(Debug)]\npub struct Failure;\n\
         impl std::fmt::Display for Failure {\n\
             fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(\"failure\") }\n\
         }\n\
         impl std::error::Error for Failure {}\n\
         pub async fn pause() { std::future::ready(()).await }\n",
    );
    for n in 0..FUNCTIONS {
        let function = match n % 4 {
            0 => {
                "async fn f{n}(text: &str, count: u32) -> Result<String, Failure> {\n\
                      pause().await;\n    if count == {n} { return Err(Failure); }\n    Ok(text.repeat(count as usize))\n}"
            }
            1 => {
                "fn f{n}(text: &str, count: u32) -> Result<usize, String> {\n\
                      let length = text.len() + {n};\n    length.checked_sub(count as usize).ok_or_else(|| text.to_owned())\n}"
            }
            2 => {
                "async fn f{n}(order: Order) -> Result<Order, Failure> {\n\
                      pause().await;\n    let id = order.id.checked_add({n}).ok_or(Failure)?;\n    Ok(Order { id, note: order.note })\n}"
            }
            _ => {
                "fn f{n}(orders: Vec<u32>, by: u64) -> Result<Vec<u64>, std::num::TryFromIntError> {\n\
                      orders.into_iter().map(|it| u64::try_from(i64::from(it) + {n}).map(|it| it * by)).collect()\n}"
            }
        };
        let function = function.replace("{n}", &n.to_string());
        let _ = writeln!(source, "{attribute}\npub {function}");
    }
    source
}

fn write_crate(folder: &Path, attribute: &str) -> std::io::Result<()> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let library = workspace.join("xpander-report");
    let manifest = format!(
        "[package]\nname = \"compiled\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         serde = {{ version = \"1\", features = [\"derive\"] }}\n\
         tracing = {{ version = \"0.1\", default-features = false, features = [\"attributes\", \"std\"] }}\n\
         xpander-report = {{ path = \"{}\", default-features = false }}\n",
        library.display()
    );
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::copy(workspace.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    fs::write(folder.join("src/lib.rs"), source(attribute))
}

/// Compiles the crate, and its dependencies the first time.
fn compile(folder: &Path, target: &Path, mode: &[&str]) -> Duration {
    let lib = folder.join("src/lib.rs");
    let text = fs::read_to_string(&lib).expect("the source is there");
    fs::write(&lib, text).expect("the source can be written");
    let start = Instant::now();
    let status = Command::new(env!("CARGO"))
        .args(mode)
        .arg("--quiet")
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_INCREMENTAL", "0")
        .status()
        .expect("cargo runs");
    assert!(status.success(), "the functions compile");
    start.elapsed()
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let target: PathBuf = folder.path().join("target");
    let crates: Vec<PathBuf> = VARIANTS
        .iter()
        .map(|(name, attribute)| {
            let folder = folder.path().join(name);
            write_crate(&folder, attribute).expect("a crate is written");
            folder
        })
        .collect();
    println!("{FUNCTIONS} functions, beside the plain ones, medians of {ROUNDS} rounds");
    for (name, mode) in MODES {
        for folder in &crates {
            compile(folder, &target, mode);
        }
        let mut times = vec![Vec::new(); crates.len()];
        for _ in 0..ROUNDS {
            for (folder, times) in crates.iter().zip(&mut times) {
                times.push(compile(folder, &target, mode));
            }
        }
        let medians: Vec<Duration> = times.into_iter().map(median).collect();
        println!(
            "{name:<8} {:>6.0} ms plain, external_task {:.2}x, instrument(err, ret) {:.2}x",
            medians[0].as_secs_f64() * 1000.0,
            ratio(medians[1], medians[0]),
            ratio(medians[2], medians[0]),
        );
    }
}
