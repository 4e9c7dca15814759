//! A program that reports and keeps no guard, for tests of how it ends: `leaves <way> <runtime>`.

use xpander_report::external_task;

#[external_task]
fn work(number: u32) -> u32 {
    number + 1
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let way = arguments.next().unwrap_or_default();
    let end = move || {
        for number in 0..20 {
            work(number);
        }
        match way.as_str() {
            "return" => {}
            "exit" => std::process::exit(0),
            "exit-on-a-thread" => {
                let _ = std::thread::spawn(|| std::process::exit(0)).join();
            }
            "panic" => panic!("the end"),
            other => panic!("there is no way `{other}`"),
        }
    };
    match arguments.next().as_deref() {
        Some("tokio") => runtime(tokio::runtime::Builder::new_multi_thread(), end),
        Some("tokio-current-thread") => runtime(tokio::runtime::Builder::new_current_thread(), end),
        Some("smol") => smol::block_on(async { end() }),
        _ => end(),
    }
}

fn runtime(mut builder: tokio::runtime::Builder, end: impl FnOnce()) {
    let runtime = builder.enable_all().build();
    runtime.expect("a runtime").block_on(async { end() });
}
