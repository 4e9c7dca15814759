//! A program that forks, for tests of reports after a fork: `forks <scenario>`. The user agent of each request is the
//! process that sends it; the input of each report begins with the process that made it. `DURABILITY` names the
//! durability.

#[cfg(unix)]
fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("family") => forks::family(),
        Some("orphan") => forks::orphan(),
        Some("crowd") => forks::crowd(),
        other => panic!("there is no scenario {other:?}"),
    }
}

#[cfg(not(unix))]
fn main() {
    panic!("only Unix forks");
}

#[cfg(unix)]
mod forks {
    use std::io::{Read, Write};
    use std::process::{exit, id as process};
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::Duration;

    use xpander_report::{Config, Reporter, TaskReport};
    use xpander_report_tests::{LONG, durability};

    fn reporter() -> Reporter {
        let config = Config::builder().http(|client| client.user_agent(process().to_string()));
        let builder = Reporter::builder().config(config).exit_timeout(LONG);
        let builder = builder.durability(durability().unwrap_or_default());
        builder.build().expect("a reporter")
    }

    fn report(reporter: &Reporter, when: &str, count: u32) {
        let process = process();
        for number in 0..count {
            reporter.report(TaskReport::new().input(format!("{process} {when} {number}")));
        }
    }

    fn say(what: &str) {
        println!("{what}");
        std::io::stdout().flush().expect("a reader");
    }

    /// Runs `child` in a new process, which then exits. Returns a function that waits for the exit.
    fn fork(child: impl FnOnce()) -> impl FnOnce() {
        #[allow(unsafe_code, reason = "the standard library does not fork")]
        // SAFETY: the child runs on a copy of this thread only. The test checks that the called code copes with the
        // missing threads.
        let process = unsafe { libc::fork() };
        assert_ne!(process, -1, "no fork");
        if process == 0 {
            #[allow(unsafe_code, reason = "a child that hangs shall end, too")]
            // SAFETY: it takes a number.
            unsafe {
                libc::alarm(60)
            };
            child();
            exit(0);
        }
        move || {
            let mut status = 0;
            #[allow(
                unsafe_code,
                reason = "the standard library waits for its own children only"
            )]
            // SAFETY: the status outlives the call.
            let ended = unsafe { libc::waitpid(process, &raw mut status, 0) };
            if (ended, status) != (process, 0) {
                eprintln!("a child failed or hung: {status}");
                // It waits for no thread.
                exit(1);
            }
        }
    }

    /// A parent with waiting reports, its child and a grandchild.
    pub(super) fn family() {
        let reporter = reporter();
        report(&reporter, "before", 10);
        let _ = reporter.flush_blocking(Duration::from_millis(100));
        let child_over = fork(|| {
            report(&reporter, "child", 10);
            let grandchild_over = fork(|| report(&reporter, "grandchild", 10));
            report(&reporter, "child again", 10);
            grandchild_over();
        });
        report(&reporter, "after", 10);
        child_over();
        say("child over");
        let outcome = reporter.flush_blocking(LONG);
        assert!(outcome.is_complete(), "{outcome:?}");
    }

    /// A child that outlives its parent. The parent waits to be killed.
    pub(super) fn orphan() {
        let reporter = reporter();
        report(&reporter, "before", 10);
        let _ = reporter.flush_blocking(Duration::from_millis(100));
        let child_over = fork(|| {
            report(&reporter, "child", 1);
            let outcome = reporter.flush_blocking(LONG);
            assert!(outcome.is_complete(), "{outcome:?}");
            say("child lives");
            // Waits until the test releases it.
            let _ = std::io::stdin().read(&mut [0]);
        });
        child_over();
    }

    /// Threads that report continuously while children come and go. No thread is started meanwhile: a child that is
    /// forked at that moment cannot start threads, because it inherits the standard library's lock in the locked state.
    pub(super) fn crowd() {
        let reporter = reporter();
        report(&reporter, "early", 1);
        assert!(reporter.flush_blocking(LONG).is_complete());
        let is_over = AtomicBool::new(false);
        let begun = Barrier::new(4);
        thread::scope(|scope| {
            for thread in 0..3 {
                let (reporter, is_over, begun) = (&reporter, &is_over, &begun);
                scope.spawn(move || {
                    begun.wait();
                    for round in 0.. {
                        if is_over.load(Ordering::Relaxed) {
                            return;
                        }
                        report(reporter, &format!("thread {thread} {round}"), 5);
                        let _ = reporter.flush_blocking(LONG);
                    }
                });
            }
            begun.wait();
            for round in 0..40 {
                let child_over = fork(|| report(&reporter, "child", 3));
                report(&reporter, &format!("parent {round}"), 3);
                child_over();
            }
            is_over.store(true, Ordering::Relaxed);
        });
        assert!(reporter.flush_blocking(LONG).is_complete());
        println!("{}", reporter.stats().accepted);
    }
}
