//! Arguments and locals are dropped in the order in which the plain function drops them.

use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Waker};

use smol::block_on;
use smol::future::yield_now;
use xpander_report::external_task;
use xpander_report::testing::Recorder;

/// The events, in order.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<&'static str>>>);

impl Log {
    fn say(&self, what: &'static str) {
        self.0.borrow_mut().push(what);
    }

    /// A value that logs its name when it is dropped.
    fn noisy(&self, name: &'static str) -> Noisy {
        Noisy(name, self.clone())
    }
}

struct Noisy(&'static str, Log);

impl Drop for Noisy {
    fn drop(&mut self) {
        self.1.say(self.0);
    }
}

/// The log of `run`.
fn log(run: fn(&Log)) -> Vec<&'static str> {
    let log = Log::default();
    let _ = catch_unwind(AssertUnwindSafe(|| run(&log)));
    log.0.take()
}

/// Polls once, then drops the future.
fn cancel<T>(future: impl Future<Output = T>) {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_pending());
}

/// Writes the function twice, plain and instrumented, and calls both.
macro_rules! orders {
    ($(#[$keys:meta])? { $($function:tt)* } $call:expr) => {{
        fn plain() -> Vec<&'static str> {
            $($function)*
            log($call)
        }
        fn instrumented() -> Vec<&'static str> {
            orders!(@ $(#[$keys])? $($function)*);
            log($call)
        }
        assert_eq!(
            Recorder::new().in_scope(instrumented),
            instrumented(),
            "with and without a reporter"
        );
        (plain(), instrumented())
    }};
    (@ #[$keys:meta] $($function:tt)*) => {
        #[$keys]
        $($function)*
    };
    (@ $($function:tt)*) => {
        #[external_task]
        $($function)*
    };
}

macro_rules! same_order {
    ($(#[$keys:meta])? { $($function:tt)* } $call:expr, $expected:expr) => {
        let (plain, instrumented) = orders!($(#[$keys])? { $($function)* } $call);
        assert_eq!(plain, $expected, "plain");
        assert_eq!(instrumented, $expected, "instrumented");
    };
}

mod sync {
    use super::*;

    #[test]
    fn arguments_go_after_locals_and_the_last_one_first() {
        same_order!(
            {
                fn run(a: Noisy, b: Noisy, c: Noisy) {
                    let _x = b.1.noisy("x");
                    let _y = a.1.noisy("y");
                    c.1.say("body");
                }
            } | log
                | run(log.noisy("a"), log.noisy("b"), log.noisy("c")),
            ["body", "y", "x", "c", "b", "a"]
        );
    }

    #[test]
    fn so_they_do_after_an_early_return() {
        same_order!(
            {
                fn run(a: Noisy, b: Noisy) -> Result<(), String> {
                    let _x = a.1.noisy("x");
                    "?".parse::<u8>().map_err(|error| error.to_string())?;
                    b.1.say("never");
                    Ok(())
                }
            } | log
                | assert!(run(log.noisy("a"), log.noisy("b")).is_err()),
            ["x", "b", "a"]
        );
    }

    #[test]
    fn so_they_do_in_a_panic() {
        same_order!(
            {
                fn run(a: Noisy, b: Noisy, c: Noisy) {
                    let _x = b.1.noisy("x");
                    a.1.say(c.0);
                    panic!("on purpose");
                }
            } | log
                | run(log.noisy("a"), log.noisy("b"), log.noisy("c")),
            ["c", "x", "c", "b", "a"]
        );
    }

    #[test]
    fn arguments_that_the_body_does_not_mention_keep_their_place() {
        same_order!(
            {
                fn run(_a: Noisy, b: Noisy, _c: Noisy) {
                    b.1.say("body");
                }
            } | log
                | run(log.noisy("a"), log.noisy("b"), log.noisy("c")),
            ["body", "c", "b", "a"]
        );
        same_order!(
            #[external_task(skip_all)]
            {
                fn run(_a: Noisy, b: Noisy, _c: Noisy) {
                    b.1.say("body");
                }
            } | log
                | run(log.noisy("a"), log.noisy("b"), log.noisy("c")),
            ["body", "c", "b", "a"]
        );
    }

    #[test]
    #[allow(unused_variables)]
    fn so_do_skipped_arguments_that_nothing_uses() {
        same_order!(
            #[external_task(skip(b, d))]
            {
                fn run(a: Noisy, b: Noisy, c: Noisy, d: Noisy) {
                    a.1.say(c.0);
                }
            } | log
                | run(
                    log.noisy("a"),
                    log.noisy("b"),
                    log.noisy("c"),
                    log.noisy("d")
                ),
            ["c", "d", "c", "b", "a"]
        );
    }

    #[test]
    fn what_the_body_moves_is_dropped_where_the_body_drops_it() {
        same_order!(
            {
                fn run(a: Noisy, b: Noisy, c: Vec<Noisy>) {
                    let log = a.1.clone();
                    drop(b);
                    log.say("after b");
                    drop(c);
                    log.say("after c");
                }
            } | log
                | run(log.noisy("a"), log.noisy("b"), vec![log.noisy("c")]),
            ["b", "after b", "c", "after c", "a"]
        );
    }

    #[test]
    fn a_field_that_is_looked_at_stays_and_one_that_is_moved_goes_first() {
        same_order!(
            {
                fn run(pair: (Noisy, Noisy), last: Noisy) {
                    let _ = pair.0;
                    last.1.say("looked at");
                    let moved = pair.1;
                    moved.1.say("moved");
                }
            } | log
                | run((log.noisy("a"), log.noisy("b")), log.noisy("c")),
            ["looked at", "moved", "b", "c", "a"]
        );
    }

    #[test]
    fn destructured_arguments_keep_their_order() {
        same_order!(
            {
                fn run((a, _b): (Noisy, Noisy), [c, _d]: [Noisy; 2]) {
                    a.1.say(c.0);
                }
            } | log
                | run(
                    (log.noisy("a"), log.noisy("b")),
                    [log.noisy("c"), log.noisy("d")]
                ),
            ["c", "d", "c", "b", "a"]
        );
    }

    #[test]
    fn temporaries_and_the_result_go_when_they_do() {
        same_order!(
            {
                fn run(a: Noisy) -> Noisy {
                    let local = a.1.noisy("local");
                    local.1.noisy("temporary").1.noisy("result")
                }
            } | log
                | {
                    let result = run(log.noisy("a"));
                    log.say("returned");
                    drop(result);
                },
            ["temporary", "local", "a", "returned", "result"]
        );
    }
}

mod later {
    use super::*;

    #[test]
    fn arguments_go_after_locals_and_the_last_one_first() {
        same_order!(
            {
                async fn run(a: Noisy, b: Noisy, c: Noisy) {
                    let _x = b.1.noisy("x");
                    yield_now().await;
                    let _y = a.1.noisy("y");
                    c.1.say("body");
                }
            } | log
                | block_on(run(log.noisy("a"), log.noisy("b"), log.noisy("c"))),
            ["body", "y", "x", "c", "b", "a"]
        );
    }

    #[test]
    fn so_they_do_when_the_future_is_cancelled() {
        same_order!(
            {
                async fn run(a: Noisy, b: Noisy, c: Noisy) {
                    let _x = b.1.noisy("x");
                    std::future::pending::<()>().await;
                    a.1.say(c.0);
                }
            } | log
                | cancel(run(log.noisy("a"), log.noisy("b"), log.noisy("c"))),
            ["x", "c", "b", "a"]
        );
    }

    #[test]
    fn a_future_that_is_never_polled_drops_them_as_it_always_did() {
        same_order!(
            {
                async fn run(a: Noisy, b: Noisy) {
                    a.1.say(b.0);
                }
            } | log
                | drop(run(log.noisy("a"), log.noisy("b"))),
            ["a", "b"]
        );
    }

    #[test]
    fn so_they_do_in_a_panic() {
        same_order!(
            {
                async fn run(a: Noisy, b: Noisy, c: Noisy) {
                    let _x = b.1.noisy("x");
                    yield_now().await;
                    a.1.say(c.0);
                    panic!("on purpose");
                }
            } | log
                | block_on(run(log.noisy("a"), log.noisy("b"), log.noisy("c"))),
            ["c", "x", "c", "b", "a"]
        );
    }

    #[test]
    fn arguments_that_the_body_does_not_mention_keep_their_place() {
        same_order!(
            #[external_task(skip_all)]
            {
                async fn run(_a: Noisy, b: Noisy, _c: Noisy) -> Result<(), String> {
                    yield_now().await;
                    b.1.say("body");
                    Err("early")?;
                    Ok(())
                }
            } | log
                | {
                    let run = run(log.noisy("a"), log.noisy("b"), log.noisy("c"));
                    assert!(block_on(run).is_err());
                },
            ["body", "c", "b", "a"]
        );
    }

    #[test]
    #[allow(unused_variables)]
    fn so_do_skipped_arguments_that_nothing_uses() {
        same_order!(
            #[external_task(skip_all)]
            {
                async fn run(a: Noisy, b: Noisy, (c, d): (Noisy, Noisy)) {
                    yield_now().await;
                    a.1.say("body");
                }
            } | log
                | block_on(run(
                    log.noisy("a"),
                    log.noisy("b"),
                    (log.noisy("c"), log.noisy("d"))
                )),
            ["body", "d", "c", "b", "a"]
        );
    }

    #[test]
    fn what_the_body_moves_is_dropped_where_the_body_drops_it() {
        same_order!(
            {
                async fn run(a: Noisy, b: Vec<Noisy>) {
                    drop(b);
                    a.1.say("waits without b");
                    std::future::pending::<()>().await;
                }
            } | log
                | cancel(run(log.noisy("a"), vec![log.noisy("b")])),
            ["b", "waits without b", "a"]
        );
    }

    #[test]
    fn a_field_of_self_that_is_looked_at_does_not_drop_self() {
        struct Agent {
            key: Noisy,
            name: Noisy,
        }
        macro_rules! order {
            ($(#[$attribute:meta])?) => {{
                struct Of(Agent);
                impl Of {
                    $(#[$attribute])?
                    async fn run(self, last: Noisy) {
                        let _ = self.0.key;
                        yield_now().await;
                        last.1.say("body");
                        let name = self.0.name;
                        name.1.say("moved");
                    }
                }
                log(|log| {
                    let of = Of(Agent {
                        key: log.noisy("key"),
                        name: log.noisy("name"),
                    });
                    block_on(of.run(log.noisy("last")));
                })
            }};
        }
        let expected = ["body", "moved", "name", "last", "key"];
        assert_eq!(order!(), expected);
        assert_eq!(order!(#[external_task]), expected);
    }
}

mod functions_that_return_a_future {
    use super::*;

    #[test]
    fn drop_at_their_return_what_the_future_does_not_take() {
        same_order!(
            {
                fn run(a: Noisy, b: Noisy, c: Noisy) -> Pin<Box<dyn Future<Output = ()>>> {
                    let _x = c.1.noisy("x");
                    a.1.say("before");
                    Box::pin(async move { b.1.say("body") })
                }
            } | log
                | {
                    let future = run(log.noisy("a"), log.noisy("b"), log.noisy("c"));
                    log.say("returned");
                    block_on(future);
                },
            ["before", "x", "c", "a", "returned", "body", "b"]
        );
    }

    #[test]
    #[allow(clippy::manual_async_fn)]
    fn keep_what_the_future_took_until_it_is_cancelled() {
        same_order!(
            {
                fn run(a: Noisy, b: Noisy) -> impl Future<Output = ()> {
                    async move {
                        let _x = b.1.noisy("x");
                        std::future::pending::<()>().await;
                        b.1.say(a.0);
                    }
                }
            } | log
                | cancel(run(log.noisy("a"), log.noisy("b"))),
            ["a", "x", "b"]
        );
    }
}

mod the_documented_difference {
    use super::*;

    #[test]
    fn what_a_pattern_ignores_goes_after_the_arguments_that_have_names() {
        let (plain, instrumented) = orders!(
            {
                fn run(a: Noisy, _: Noisy, (b, _): (Noisy, Noisy)) {
                    a.1.say(b.0);
                }
            } | log
                | run(
                    log.noisy("a"),
                    log.noisy("_"),
                    (log.noisy("b"), log.noisy("(_)"))
                )
        );
        assert_eq!(plain, ["b", "b", "(_)", "_", "a"]);
        assert_eq!(instrumented, ["b", "b", "a", "(_)", "_"]);
    }
}
