//! Reports are delivered in the background: retried, in order, bounded, and counted.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use xpander_report::{Overflow, Reporter, TaskReport, external_task};
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{LONG, config, delivered, platform, refused, reporter};

fn id_of(body: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    body["id"].as_str().unwrap().to_owned()
}

/// Refuses the first attempt temporarily, so that it still waits when the next report comes.
fn failing_once() -> Server {
    Server::start(|before, _| match before {
        0 => Answer::json(500, "{}"),
        _ => Answer::task(),
    })
}

#[test]
fn a_report_without_an_id_gets_one_of_its_own() {
    let server = Server::always(Answer::task());
    let reporter = reporter(server.url());
    for _ in 0..100 {
        reporter.report(TaskReport::new());
    }
    assert!(reporter.flush_blocking(LONG).is_complete());
    let ids: HashSet<_> = server.requests().iter().map(|r| id_of(&r.body)).collect();
    assert_eq!(ids.len(), 100);
    for id in ids {
        // A UUIDv7.
        assert_eq!((id.len(), &id[14..15]), (36, "7"), "{id}");
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"), "{id}");
    }
}

#[test]
fn what_is_worth_a_retry_is_sent_again_under_the_same_id() {
    for answer in [
        Answer::json(500, "{}"),
        Answer::json(429, "{}").header("retry-after", "0"),
        Answer::json(408, "{}"),
        Answer::json(302, "").header("location", "/"),
        Answer::json(200, r#"{"message":"welcome to the gateway"}"#),
        Answer::json(200, "<html>a proxy's page</html>"),
        Answer::Hangup,
        Answer::Bytes("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"),
    ] {
        let server = Server::start({
            let answer = answer.clone();
            move |before, _| {
                if before < 2 {
                    answer.clone()
                } else {
                    Answer::task()
                }
            }
        });
        let reporter = reporter(server.url());
        reporter.report(TaskReport::new().input("once"));
        assert_eq!(delivered(&reporter), 1, "{answer:?}");
        let stats = reporter.stats();
        assert_eq!(
            (stats.delivered, stats.retried, stats.pending),
            (1, 2, 0),
            "{answer:?}"
        );
        let ids: HashSet<_> = server.requests().iter().map(|r| id_of(&r.body)).collect();
        assert_eq!(ids.len(), 1, "{answer:?}");
    }
}

#[test]
fn a_server_that_does_not_answer_is_asked_again() {
    let server = Server::start(|before, _| match before {
        0 => Answer::Silence,
        _ => Answer::task(),
    });
    let config = config(server.url()).timeout(Duration::from_millis(100));
    let reporter = Reporter::builder().config(config).build().unwrap();
    reporter.report(TaskReport::new());
    assert_eq!(delivered(&reporter), 1);
}

#[test]
fn what_is_refused_for_good_is_not_sent_again() {
    for code in [400, 404, 422] {
        let server = Server::always(Answer::json(code, r#"{"detail":"no"}"#));
        let reporter = reporter(server.url());
        reporter.report(TaskReport::new());
        assert_eq!(refused(&reporter), 1);
        let stats = reporter.stats();
        assert_eq!(
            (stats.accepted, stats.dead_lettered, stats.pending),
            (1, 1, 0)
        );
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn a_key_or_an_agent_that_is_refused_keeps_the_report_until_it_is_accepted() {
    for code in [401, 403] {
        let server = Server::start(move |before, _| match before {
            0 => Answer::json(code, r#"{"detail":"no"}"#),
            _ => Answer::task(),
        });
        let reporter = reporter(server.url());
        reporter.report(TaskReport::new());
        server.wait_for(1);
        while reporter.stats().retried == 0 {
            std::thread::yield_now();
        }
        let stats = reporter.stats();
        assert_eq!((stats.dead_lettered, stats.pending), (0, 1));
        assert_eq!(delivered(&reporter), 1);
    }
}

#[test]
fn a_flush_does_not_wait_for_a_refused_key() {
    let server = Server::always(Answer::json(401, r#"{"detail":"no"}"#));
    let reporter = reporter(server.url());
    reporter.report(TaskReport::new());
    reporter.report(TaskReport::new());
    for _ in 0..2 {
        let outcome = reporter.flush_blocking(LONG);
        assert_eq!((outcome.pending, outcome.timed_out), (2, false));
    }
    let requests = server.requests().len();
    assert!((2..=4).contains(&requests), "{requests} requests");
}

#[test]
fn what_the_platform_finds_too_large_is_sent_once_more_cut() {
    let server = Server::start(|_, request| match request.body.len() {
        0..50_000 => Answer::task(),
        _ => Answer::json(413, r#"{"detail":"too large"}"#),
    });
    let reporter = reporter(server.url());
    reporter.report(TaskReport::new().input("x".repeat(100_000)));
    assert_eq!(delivered(&reporter), 1);
    assert_eq!(server.requests().len(), 2);

    let server = Server::always(Answer::json(413, r#"{"detail":"too large"}"#));
    let reporter = self::reporter(server.url());
    reporter.report(TaskReport::new());
    assert_eq!(refused(&reporter), 1);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn nobody_listening_keeps_the_report_until_somebody_does() {
    let address = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let reporter = reporter(format!("http://{address}"));
    reporter.report(TaskReport::new().id("patient"));
    let outcome = reporter.flush_blocking(Duration::from_millis(50));
    assert!(outcome.timed_out && outcome.pending == 1, "{outcome:?}");
    let platform = xpander_report_local::LocalPlatform::builder()
        .port(address.port())
        .start()
        .unwrap();
    assert_eq!(delivered(&reporter), 1);
    assert!(platform.task("patient").unwrap().is_some());
}

#[test]
fn the_wait_that_the_platform_asks_for_holds_everything_back() {
    let server = Server::start(|before, _| match before {
        0 => Answer::json(429, "{}").header("retry-after", "600"),
        _ => Answer::task(),
    });
    let reporter = reporter(server.url());
    reporter.report(TaskReport::new());
    server.wait_for(1);
    // When a retry is counted, the answer has been read.
    while reporter.stats().retried == 0 {
        std::thread::yield_now();
    }
    reporter.report(TaskReport::new());
    let outcome = reporter.flush_blocking(Duration::from_millis(100));
    assert_eq!((outcome.pending, outcome.timed_out), (2, true));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn two_requests_of_one_task_are_never_on_the_way_together() {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};
    static OVERLAP: AtomicBool = AtomicBool::new(false);
    static UNDER_WAY: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let server = Server::start(|_, request| {
        let id = id_of(&request.body);
        let mut under_way = UNDER_WAY.lock().unwrap();
        OVERLAP.fetch_or(under_way.contains(&id), Ordering::SeqCst);
        under_way.push(id.clone());
        drop(under_way);
        std::thread::yield_now();
        UNDER_WAY.lock().unwrap().retain(|other| *other != id);
        Answer::task()
    });
    let reporter = reporter(server.url());
    for n in 0..300 {
        reporter.report(
            TaskReport::new()
                .id(format!("t-{}", n % 3))
                .input(n.to_string()),
        );
    }
    assert!(reporter.flush_blocking(LONG).is_complete());
    assert!(!OVERLAP.load(Ordering::SeqCst));
    // The latest report was sent last.
    for id in ["t-0", "t-1", "t-2"] {
        let last = server
            .requests()
            .into_iter()
            .rfind(|r| id_of(&r.body) == id)
            .unwrap();
        let body: serde_json::Value = serde_json::from_str(&last.body).unwrap();
        let n: usize = body["input"].as_str().unwrap().parse().unwrap();
        assert_eq!(n, 297 + id[2..].parse::<usize>().unwrap());
    }
    let stats = reporter.stats();
    assert_eq!(stats.delivered + stats.merged + stats.superseded, 300);
    assert_eq!(stats.delivered as usize, server.requests().len());
}

#[test]
fn a_newer_report_is_laid_over_one_that_waits_and_keeps_what_it_does_not_say() {
    let server = failing_once();
    let reporter = reporter(server.url());
    let first = TaskReport::new()
        .id("t")
        .input("kept")
        .result("old")
        .used_tools(["search"]);
    reporter.report(first.duration(Duration::from_secs(2)));
    server.wait_for(1);
    reporter.report(TaskReport::new().id("t").result("new").is_success(false));
    assert!(reporter.flush_blocking(LONG).is_complete());
    let last = server.requests().pop().unwrap();
    let body: serde_json::Value = serde_json::from_str(&last.body).unwrap();
    assert_eq!(body["input"], "kept");
    assert_eq!(body["result"], "new");
    assert_eq!(body["is_success"], false);
    assert_eq!(body["used_tools"][0], "search");
    assert_eq!(body["duration"], 2.0);
}

#[test]
fn an_id_and_the_same_id_as_text_are_one_task() {
    let server = failing_once();
    let reporter = reporter(server.url());
    reporter.report(TaskReport::new());
    let id = id_of(&server.wait_for(1)[0].body);
    reporter.report(TaskReport::new().id(id));
    assert!(reporter.flush_blocking(LONG).is_complete());
    assert_eq!(reporter.stats().merged, 1);
}

#[test]
fn a_full_queue_drops_the_newest_and_counts_it() {
    let server = Server::always(Answer::Silence);
    let reporter = Reporter::builder()
        .config(config(server.url()))
        .queue_capacity(3)
        .build()
        .unwrap();
    for n in 0..10 {
        reporter.report(TaskReport::new().id(format!("t-{n}")));
    }
    let stats = reporter.stats();
    assert_eq!((stats.accepted, stats.pending), (10, 3));
    assert_eq!((stats.dropped.queue_full, stats.dropped.total()), (7, 7));
}

#[test]
fn a_queue_of_too_many_bytes_drops_the_newest_and_counts_it() {
    let server = Server::always(Answer::Silence);
    let reporter = Reporter::builder()
        .config(config(server.url()))
        .queue_bytes(100_000)
        .build()
        .unwrap();
    for _ in 0..3 {
        reporter.report(TaskReport::new().input("x".repeat(40_000)));
    }
    // The state of the first two does not matter.
    server.wait_for(2);
    reporter.report(TaskReport::new().input("x".repeat(40_000)));
    let stats = reporter.stats();
    assert_eq!((stats.pending, stats.dropped.queue_full), (2, 2));
    assert!(
        (80_000..100_000).contains(&stats.pending_bytes),
        "{stats:?}"
    );
    reporter.report(TaskReport::new());
    assert_eq!(reporter.stats().pending, 3);
}

#[test]
fn the_oldest_reports_make_room_and_the_newest_arrive() {
    const BYTES: usize = 100_000;
    // Up to four of the waiting reports are in flight. They stay, regardless of their age.
    for (capacity, input, newest) in [(10, 10, 6), (1_000, 11_500, 4)] {
        let is_back = Arc::new(AtomicBool::new(false));
        let arrived = Arc::<Mutex<HashSet<usize>>>::default();
        let server = Server::start({
            let (is_back, arrived) = (Arc::clone(&is_back), Arc::clone(&arrived));
            move |_, request| {
                if !is_back.load(Ordering::SeqCst) {
                    return Answer::json(503, "{}");
                }
                let number = id_of(&request.body).parse().unwrap();
                arrived.lock().unwrap().insert(number);
                Answer::task()
            }
        });
        let reporter = Reporter::builder()
            .config(config(server.url()))
            .queue_capacity(capacity)
            .queue_bytes(BYTES)
            .overflow(Overflow::DropOldest)
            .build()
            .unwrap();
        for number in 0..100 {
            let input = "x".repeat(input);
            reporter.report(TaskReport::new().id(number.to_string()).input(input));
            let stats = reporter.stats();
            // The reports in flight make room a moment later.
            assert!(stats.pending <= 2 * capacity as u64 + 1, "{stats:?}");
        }
        let outcome = reporter.flush_blocking(Duration::from_millis(50));
        let stats = reporter.stats();
        assert!(stats.pending <= capacity as u64, "{stats:?}");
        assert!(stats.pending_bytes <= BYTES as u64, "{stats:?}");
        assert_eq!(outcome.pending, stats.pending);
        assert_eq!(stats.dropped.queue_full + stats.pending, 100);

        is_back.store(true, Ordering::SeqCst);
        assert!(reporter.flush_blocking(LONG).is_complete());
        let arrived = arrived.lock().unwrap();
        assert_eq!(arrived.len() as u64, stats.pending);
        let survivors = (0..100).rev().take_while(|number| arrived.contains(number));
        assert!(survivors.count() >= newest, "{arrived:?}");
    }
}

#[test]
fn a_report_without_an_agent_is_dropped_and_counted() {
    let server = Server::always(Answer::task());
    let config = xpander_report::Config::builder()
        .variables([("", "")])
        .api_key("k");
    let reporter = Reporter::builder()
        .config(config.base_url(server.url()))
        .build()
        .unwrap();
    reporter.report(TaskReport::new());
    reporter.report(TaskReport::new().agent_id("named"));
    assert_eq!(delivered(&reporter), 1);
    assert_eq!(reporter.stats().dropped.no_agent, 1);
    assert_eq!(
        server.requests()[0].line,
        "POST /agent-execution/named/report_task"
    );
}

#[test]
fn a_flush_without_reports_is_over_at_once_and_makes_no_request() {
    let server = Server::always(Answer::task());
    let reporter = reporter(server.url());
    assert!(reporter.flush_blocking(LONG).is_complete());
    assert!(server.requests().is_empty());
}

#[test]
fn a_flush_waits_for_what_came_before_it_and_not_for_what_comes_after() {
    let server = Server::start(|before, _| match before {
        0 => Answer::task(),
        _ => Answer::Silence,
    });
    let reporter = Reporter::builder()
        .config(config(server.url()))
        .connections(1)
        .build()
        .unwrap();
    reporter.report(TaskReport::new());
    smol::block_on(async {
        let mut flush = std::pin::pin!(reporter.flush(LONG));
        let over = smol::future::poll_once(flush.as_mut()).await;
        reporter.report(TaskReport::new());
        let outcome = match over {
            Some(outcome) => outcome,
            None => flush.await,
        };
        assert!(outcome.is_complete(), "{outcome:?}");
    });
}

#[test]
fn after_a_shutdown_reports_are_dropped_and_counted() {
    let platform = platform();
    let reporter = reporter(platform.url());
    reporter.report(TaskReport::new().id("before"));
    assert!(reporter.shutdown_blocking(LONG).is_complete());
    reporter.report(TaskReport::new().id("after"));
    let stats = reporter.stats();
    assert_eq!((stats.delivered, stats.dropped.shut_down), (1, 1));
    assert!(reporter.flush_blocking(LONG).is_complete());
    assert!(reporter.shutdown_blocking(LONG).is_complete());
    assert_eq!(platform.tasks().unwrap().len(), 1);
}

#[test]
fn a_shutdown_that_runs_out_of_time_says_what_was_left() {
    let server = Server::always(Answer::Silence);
    let reporter = reporter(server.url());
    reporter.report(TaskReport::new());
    reporter.report(TaskReport::new());
    let outcome = reporter.shutdown_blocking(Duration::from_millis(50));
    assert_eq!((outcome.dropped, outcome.timed_out), (2, true));
    let stats = reporter.stats();
    assert_eq!((stats.pending, stats.dropped.shut_down), (0, 2));
}

#[test]
fn what_was_accepted_is_delivered_after_the_last_handle_is_gone() {
    let server = Server::start(|before, _| match before {
        0 => Answer::Hangup,
        _ => Answer::task(),
    });
    let reporter = reporter(server.url());
    for _ in 0..20 {
        reporter.report(TaskReport::new());
    }
    drop(reporter);
    let ids: HashSet<_> = server.wait_for(21).iter().map(|r| id_of(&r.body)).collect();
    assert_eq!(ids.len(), 20);
}

#[test]
fn connections_are_kept_and_bounded() {
    let most_at_once = Arc::new(AtomicUsize::new(0));
    let server = Server::start({
        let (at_once, most_at_once) = (AtomicUsize::new(0), Arc::clone(&most_at_once));
        move |_, _| {
            let now = at_once.fetch_add(1, Ordering::SeqCst) + 1;
            most_at_once.fetch_max(now, Ordering::SeqCst);
            std::thread::yield_now();
            at_once.fetch_sub(1, Ordering::SeqCst);
            Answer::task()
        }
    });
    let reporter = Reporter::builder()
        .config(config(server.url()))
        .connections(2)
        .build()
        .unwrap();
    for _ in 0..100 {
        reporter.report(TaskReport::new());
    }
    assert!(reporter.flush_blocking(LONG).is_complete());
    assert!(most_at_once.load(Ordering::SeqCst) <= 2);
    // The client may open a connection in the moment in which another one becomes free.
    let connections: HashSet<_> = server.requests().iter().map(|r| r.connection).collect();
    assert!(connections.len() <= 5, "{connections:?}");
}

#[test]
fn many_threads_report_at_once_and_nothing_is_lost() {
    let platform = platform();
    let reporter = reporter(platform.url());
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let reporter = &reporter;
            scope.spawn(move || {
                for n in 0..50 {
                    reporter.report(TaskReport::new().id(format!("{thread}-{n}")));
                }
            });
        }
    });
    assert_eq!(delivered(&reporter), 400);
    assert_eq!(platform.tasks().unwrap().len(), 400);
}

#[test]
fn a_flush_from_many_threads_ends_for_each() {
    let platform = platform();
    let reporter = reporter(platform.url());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                reporter.report(TaskReport::new());
                let outcome = reporter.flush_blocking(LONG);
                assert!(outcome.is_complete(), "{outcome:?}");
            });
        }
    });
    assert_eq!(platform.tasks().unwrap().len(), 8);
}

#[test]
fn a_flush_that_overlaps_a_shutdown_learns_what_was_dropped() {
    let server = Server::always(Answer::Silence);
    let reporter = reporter(server.url());
    reporter.report(TaskReport::new());
    let flushed = std::thread::scope(|scope| {
        let flush = scope.spawn(|| reporter.flush_blocking(LONG));
        server.wait_for(1);
        let _ = reporter.shutdown_blocking(Duration::from_millis(50));
        flush.join().unwrap()
    });
    // Whether it began before or after the shutdown, it never claims success while a report is lost.
    let lost = flushed.dropped == 1 && flushed.pending == 0;
    let over = flushed.dropped == 0 && reporter.stats().pending == 0;
    assert!(lost || over, "{flushed:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_retry_that_is_due_waits_for_a_connection_without_spinning() {
    // One task is refused temporarily. The others hold every connection.
    let server = Server::start(|_, request| match id_of(&request.body).as_str() {
        "again" => Answer::json(500, "{}"),
        _ => Answer::Silence,
    });
    let reporter = Reporter::builder()
        .config(config(server.url()))
        .connections(1)
        .build()
        .unwrap();
    reporter.report(TaskReport::new().id("again"));
    server.wait_for(1);
    while reporter.stats().retried == 0 {
        std::thread::yield_now();
    }
    reporter.report(TaskReport::new().id("silent"));
    server.wait_for(2);
    // Another reporter's flush lasts until after the retry, which comes within half a second.
    let other = self::reporter(server.url());
    other.report(TaskReport::new().id("silent too"));
    let before = cpu_of_workers();
    assert!(other.flush_blocking(Duration::from_millis(1_500)).timed_out);
    // A busy-waiting worker would use nearly all of the remaining second.
    let spent = cpu_of_workers() - before;
    assert!(spent < Duration::from_millis(300), "{spent:?}");
    assert_eq!(reporter.stats().pending, 2);
}

/// The CPU time of this process's delivery threads.
#[cfg(target_os = "linux")]
fn cpu_of_workers() -> Duration {
    let mut ticks = 0;
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let task = task.unwrap().path();
        let Ok(stat) = std::fs::read_to_string(task.join("stat")) else {
            continue;
        };
        if stat.contains("(xpander-reporte)") {
            let fields: Vec<_> = stat
                .rsplit(')')
                .next()
                .unwrap()
                .split_whitespace()
                .collect();
            ticks += fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        }
    }
    // USER_HZ is 100 on every Linux there is.
    Duration::from_millis(ticks * 10)
}

#[test]
fn what_the_application_puts_into_the_client_may_panic() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let server = Server::always(Answer::task());
    let tries = AtomicUsize::new(0);
    let config = config(server.url()).http(move |builder| {
        assert!(
            tries.fetch_add(1, Ordering::SeqCst) > 0,
            "not at the first try"
        );
        builder
    });
    let reporter = Reporter::builder().config(config).build().unwrap();
    reporter.report(TaskReport::new());
    assert_eq!(delivered(&reporter), 1);
}

#[test]
fn a_key_provider_that_fails_for_now_costs_no_report() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let server = Server::always(Answer::task());
    let asked = AtomicUsize::new(0);
    let config =
        config(server.url()).api_key_provider(move || match asked.fetch_add(1, Ordering::SeqCst) {
            0 => panic!("the vault is sealed"),
            1 => String::new(),
            2 => "two\nlines".to_owned(),
            _ => "key".to_owned(),
        });
    let reporter = Reporter::builder().config(config).build().unwrap();
    reporter.report(TaskReport::new());
    assert_eq!(delivered(&reporter), 1);
    assert_eq!(reporter.stats().retried, 3);
    assert_eq!(server.requests()[0].header("x-api-key"), Some("key"));
}

#[test]
fn a_key_provider_that_blocks_does_not_block_a_flush() {
    let server = Server::always(Answer::task());
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let config = config(server.url()).api_key_provider(move || {
        let _ = released.lock().unwrap().recv();
        "key".to_owned()
    });
    let reporter = Reporter::builder().config(config).build().unwrap();
    reporter.report(TaskReport::new());
    let outcome = reporter.flush_blocking(Duration::from_millis(50));
    assert!(outcome.timed_out && outcome.pending == 1, "{outcome:?}");
    drop(release);
    assert_eq!(delivered(&reporter), 1);
}

#[test]
fn what_the_library_calls_itself_is_not_reported_and_cannot_wait_for_itself() {
    use std::sync::OnceLock;
    static REPORTER: OnceLock<Reporter> = OnceLock::new();
    #[xpander_report::external_task(reporter = REPORTER.get().unwrap())]
    fn fetch_key() -> String {
        let reporter = REPORTER.get().unwrap();
        reporter.report(TaskReport::new());
        assert!(reporter.flush_blocking(LONG).timed_out);
        "key".to_owned()
    }
    let server = Server::always(Answer::task());
    let config = config(server.url()).api_key_provider(fetch_key);
    let reporter = Reporter::builder().config(config).build().unwrap();
    REPORTER.set(reporter.clone()).unwrap();
    reporter.report(TaskReport::new());
    assert_eq!(delivered(&reporter), 1);
    assert_eq!(reporter.stats().accepted, 1);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn an_update_without_values_keeps_those_that_wait() {
    let server = failing_once();
    let reporter = reporter(server.url());
    let first = TaskReport::new().id("t").llm_response([1]);
    reporter.report(first.duration(Duration::from_secs(3)));
    server.wait_for(1);
    let mut second = TaskReport::new().id("t").llm_response(());
    second.duration = Some(f64::NAN);
    reporter.report(second);
    assert!(reporter.flush_blocking(LONG).is_complete());
    let body = server.requests().pop().unwrap().body;
    assert!(body.contains(r#""llm_response":[1],"#), "{body}");
    assert!(body.contains(r#""duration":3.0,"#), "{body}");
}

#[test]
fn an_update_that_is_laid_over_a_failure_brings_its_own_kind_of_end() {
    #[external_task(id = "t", reporter = reporter, skip_all)]
    fn run(reporter: &Reporter, fails: bool) -> Result<u8, std::fmt::Error> {
        match fails {
            true => Err(std::fmt::Error),
            false => Ok(7),
        }
    }
    for [first, last] in [[true, false], [false, true]] {
        let server = failing_once();
        let reporter = Reporter::builder()
            .config(config(server.url()))
            .capture_content(false)
            .build()
            .unwrap();
        // The first one's attempt fails, and the second is merged into it.
        let _ = run(&reporter, first);
        server.wait_for(1);
        let _ = run(&reporter, last);
        let _ = reporter.flush_blocking(LONG);
        let body = server.requests().pop().unwrap().body;
        assert_eq!(body.contains(r#""is_success":false"#), last, "{body}");
        // Without content, a success has no result. So the result of the failure stays, as on the platform.
        assert!(body.contains("core::fmt::Error"), "{body}");
    }
}
