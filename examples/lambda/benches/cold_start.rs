//! The cost of reporting for a cold start, a later invocation, and the size of the program.
//!
//! Each round starts each variant of the function, with an API, a model and a platform on this machine. So the figures
//! include no network, and of TLS only its setup. On Lambda, a function with little memory has a small share of a CPU
//! and takes several times as long.

#[path = "../tests/support/process.rs"]
mod process;
#[path = "../tests/support/runtime_api.rs"]
mod runtime_api;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use comfy_table::{CellAlignment, Table, presets};
use serde_json::json;
use xpander_report_examples::model::ModelEndpoint;
use xpander_report_local::LocalPlatform;

use process::Process;
use runtime_api::{Invocation, RuntimeApi, Waiting};

const ROUNDS: usize = 100;

const FUNCTION: &str = env!("CARGO_BIN_EXE_example-lambda");
const WITHOUT: &str = env!("CARGO_BIN_EXE_lambda-without-reports");

/// The time from the start of the process to its first request for an invocation, from that to its answer, and the same
/// for the second invocation.
type Times = [Duration; 3];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let platform = LocalPlatform::builder().port(0).start()?;
    let model = ModelEndpoint::start().await?;
    let reporting = process::environment(&model, platform.url());
    let mut disabled = reporting.clone();
    disabled.push(("XPANDER_REPORT_DISABLED", "true".to_owned()));
    let variants = [
        ("without xpander-report", WITHOUT, &reporting),
        ("XPANDER_REPORT_DISABLED=true", FUNCTION, &disabled),
        ("reporting", FUNCTION, &reporting),
    ];
    let mut measured = variants.map(|_| Vec::new());
    for round in 0..=ROUNDS {
        for index in 0..variants.len() {
            // No variant is always the first.
            let index = (index + round) % variants.len();
            let (_, program, environment) = variants[index];
            let times = cold_start(program, environment, round).await;
            // The first round warms the caches.
            if round > 0 {
                measured[index].push(times);
            }
        }
    }
    // Two invocations in each round.
    assert_eq!(platform.tasks()?.len(), 2 * (ROUNDS + 1));

    let can_strip = stripped(FUNCTION).is_some();
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header([
        "",
        "start to first `next`",
        "first invocation",
        "second invocation",
        if can_strip {
            "stripped program"
        } else {
            "program"
        },
    ]);
    for ((name, program, _), rounds) in variants.iter().zip(&measured) {
        let mut row = vec![(*name).to_owned()];
        row.extend((0..3).map(|which| spread(rounds, which)));
        let bytes = match stripped(program) {
            Some(bytes) => bytes,
            None => fs::metadata(program)?.len(),
        };
        row.push(format!("{:.2} MB", bytes as f64 / 1e6));
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
    println!("Medians of {ROUNDS} rounds, in brackets the quartiles.");
    if !can_strip {
        println!("The programs are not stripped, because `strip` is missing or fails.");
    }
    Ok(())
}

async fn cold_start(program: &str, environment: &[(&str, String)], round: usize) -> Times {
    let mut api = RuntimeApi::start().await;
    let started = Instant::now();
    let _process = Process::start(program, &api, environment);
    let (asked, waiting) = api.asked().await;
    let first = invoke(&mut api, waiting, format!("{round}-1")).await;
    let (_, waiting) = api.asked().await;
    let second = invoke(&mut api, waiting, format!("{round}-2")).await;
    [asked - started, first, second]
}

async fn invoke(
    api: &mut RuntimeApi,
    waiting: Waiting<Invocation>,
    request_id: String,
) -> Duration {
    let started = Instant::now();
    let invocation = Invocation {
        request_id: request_id.clone(),
        deadline: SystemTime::now() + Duration::from_secs(60),
        event: json!({"question": "It rains a lot here. Why is that?"}),
    };
    assert!(
        waiting.send(invocation).is_ok(),
        "it does not wait any more"
    );
    let (answer, taken) = api.answered().await;
    assert!(!answer.is_error, "{}", answer.body);
    assert_eq!(answer.request_id, request_id);
    assert_eq!(taken.send(()), Ok(()));
    answer.at - started
}

/// The size of a program without symbols, as it is deployed. `None` if `strip` fails.
fn stripped(program: &str) -> Option<u64> {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stripped");
    let done = Command::new("strip")
        .arg("-o")
        .arg(&copy)
        .arg(program)
        .status();
    let bytes = match done {
        Ok(done) if done.success() => fs::metadata(&copy).ok().map(|file| file.len()),
        _ => None,
    };
    let _ = fs::remove_file(copy);
    bytes
}

/// The median and the quartiles, in milliseconds.
fn spread(rounds: &[Times], which: usize) -> String {
    let mut times: Vec<Duration> = rounds.iter().map(|times| times[which]).collect();
    times.sort();
    let at = |quarter: usize| times[(times.len() - 1) * quarter / 4].as_secs_f64() * 1e3;
    format!("{:.2} ms ({:.2}–{:.2})", at(2), at(1), at(3))
}
