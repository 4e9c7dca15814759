//! The handle to the current run.

use xpander_report::testing::Recorder;
use xpander_report::{TaskReport, Tokens, current_task, external_task};

fn record<T>(run: impl FnOnce() -> T) -> Vec<TaskReport> {
    let recorder = Recorder::new();
    recorder.in_scope(run);
    recorder.take()
}

#[test]
fn everything_can_be_said_from_inside() {
    #[external_task]
    fn run() -> &'static str {
        current_task()
            .tokens(Tokens::new(7, 3))
            .used_tool("search")
            .used_tool(String::from("fetch"))
            .llm_response(&serde_json::json!({"id": 1}))
            .result("said");
        "returned"
    }
    let report = &record(run)[0];
    assert_eq!(report.tokens, Some(Tokens::new(7, 3)));
    assert_eq!(report.used_tools, ["search", "fetch"]);
    assert_eq!(report.llm_response.as_ref().unwrap().get(), r#"{"id":1}"#);
    assert_eq!(report.result.as_deref(), Some("said"));
    assert_eq!(report.is_success, Some(true));
}

#[test]
fn several_responses_become_an_array() {
    #[external_task]
    fn run() {
        current_task().llm_response(&[1]).llm_response("two");
    }
    let report = &record(run)[0];
    assert_eq!(
        report.llm_response.as_ref().unwrap().get(),
        r#"[[1],"two"]"#
    );
}

#[test]
fn a_run_can_be_failed_whatever_it_returns() {
    #[external_task]
    fn run() -> Result<u8, String> {
        current_task().fail("the answer makes no sense");
        Ok(7)
    }
    let report = &record(run)[0];
    assert_eq!(report.is_success, Some(false));
    assert_eq!(report.result.as_deref(), Some("the answer makes no sense"));
}

#[test]
fn the_id_is_known_inside_and_is_the_reports() {
    #[external_task]
    fn run(seen: &mut Option<String>) {
        *seen = current_task().id();
        assert_eq!(current_task().id(), *seen, "it stays the same");
    }
    let mut seen = None;
    let reports = record(|| run(&mut seen));
    assert_eq!(reports[0].id, seen);
    assert_eq!(seen.unwrap().len(), 36);

    #[external_task(id = "own")]
    fn named() -> Option<String> {
        current_task().id()
    }
    let reports = record(|| assert_eq!(named().as_deref(), Some("own")));
    assert_eq!(reports[0].id.as_deref(), Some("own"));
}

#[test]
fn outside_a_run_the_handle_does_nothing() {
    let task = current_task();
    task.used_tool("x")
        .result("y")
        .fail("z")
        .tokens(Tokens::new(1, 1))
        .llm_response(&());
    assert_eq!(task.id(), None);
}

#[test]
fn a_nested_run_adds_nothing_to_the_outer_one() {
    #[external_task]
    fn inner() {
        current_task().used_tool("inner");
    }
    #[external_task]
    fn outer() {
        current_task().used_tool("before");
        inner();
        current_task().used_tool("after");
    }
    let reports = record(outer);
    assert_eq!(reports[0].used_tools, ["inner"]);
    assert_eq!(reports[1].used_tools, ["before", "after"]);
}

#[test]
fn what_happens_in_a_nested_run_that_is_off_belongs_to_the_outer_one() {
    #[external_task(reporter = xpander_report::Reporter::disabled())]
    fn inner() {
        current_task().used_tool("inner");
    }
    #[external_task]
    fn outer() {
        inner();
        current_task().used_tool("outer");
    }
    assert_eq!(record(outer)[0].used_tools, ["inner", "outer"]);
}

#[test]
fn the_handle_follows_the_run_through_awaits_and_does_not_mix_runs() {
    #[external_task]
    async fn run(name: &str) {
        current_task().used_tool(format!("{name}-1"));
        tokio::task::yield_now().await;
        current_task().used_tool(format!("{name}-2"));
    }
    let recorder = Recorder::new();
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(recorder.scope(async {
            tokio::join!(run("a"), run("b"));
        }));
    let mut tools: Vec<_> = recorder
        .take()
        .into_iter()
        .map(|report| report.used_tools)
        .collect();
    tools.sort();
    assert_eq!(tools, [["a-1", "a-2"], ["b-1", "b-2"]]);
}

#[test]
fn a_handle_can_be_carried_into_a_thread() {
    #[external_task]
    fn run() {
        let task = current_task();
        std::thread::spawn(move || {
            assert_eq!(current_task().id(), None);
            task.used_tool("elsewhere");
        })
        .join()
        .unwrap();
    }
    assert_eq!(record(run)[0].used_tools, ["elsewhere"]);
}

#[test]
fn what_comes_after_the_end_is_ignored() {
    #[external_task]
    fn run() -> xpander_report::TaskHandle {
        current_task()
    }
    let recorder = Recorder::new();
    let task = recorder.in_scope(run);
    task.used_tool("late");
    assert_eq!(task.id(), None);
    let reports = recorder.take();
    assert_eq!(reports.len(), 1);
    assert!(reports[0].used_tools.is_empty());
}

#[test]
fn a_value_that_panics_while_it_is_written_does_not_break_the_handle() {
    struct Bomb;
    impl serde::Serialize for Bomb {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("boom")
        }
    }
    #[external_task]
    fn run() {
        current_task().llm_response(&Bomb).used_tool("after");
    }
    let report = &record(run)[0];
    assert_eq!(report.used_tools, ["after"]);
    assert_eq!(report.is_success, Some(true));
}

#[test]
fn what_a_cancelled_body_leaves_behind_is_dropped_as_a_part_of_its_run() {
    struct Says(&'static str);
    impl Drop for Says {
        fn drop(&mut self) {
            current_task().used_tool(self.0);
        }
    }
    #[external_task(skip_all)]
    async fn inner(argument: Says) {
        let _local = Says("local");
        let _argument = argument;
        std::future::pending::<()>().await;
    }
    #[external_task]
    async fn outer() {
        let mut run = Box::pin(inner(Says("argument")));
        assert!(smol::future::poll_once(run.as_mut()).await.is_none());
        drop(run);
        current_task().used_tool("outer");
    }
    let reports = record(|| smol::block_on(outer()));
    assert_eq!(reports[0].used_tools, ["argument", "local"]);
    assert_eq!(reports[0].result.as_deref(), Some("cancelled"));
    assert_eq!(reports[1].used_tools, ["outer"]);
}

mod a_run_carried_along {
    use xpander_report::InTask;

    use super::*;

    async fn search() {
        smol::future::yield_now().await;
        current_task().used_tool("search");
    }

    #[test]
    fn is_the_current_one_of_a_spawned_future_and_only_of_that() {
        #[external_task]
        async fn run(executor: &smol::Executor<'_>) {
            let carried = executor.spawn(search().in_task(current_task()));
            let left_behind = executor.spawn(async {
                search().await;
                current_task().id()
            });
            carried.await;
            assert_eq!(left_behind.await, None);
        }
        let executor = smol::Executor::new();
        let recorder = Recorder::new();
        // Polls of the run and of the executor alternate on this thread.
        smol::block_on(executor.run(async {
            let run = recorder.scope(run(&executor));
            run.await;
        }));
        assert_eq!(recorder.take()[0].used_tools, ["search"]);
    }

    #[test]
    fn is_left_when_its_guard_is_dropped() {
        #[external_task]
        fn outer() {
            let outer = current_task();
            inner(&outer);
            assert_eq!(current_task().id(), outer.id());
        }
        #[external_task(skip_all)]
        fn inner(outer: &xpander_report::TaskHandle) {
            let own = current_task().id();
            {
                let _entered = outer.enter();
                assert_eq!(current_task().id(), outer.id());
                current_task().used_tool("of the outer run");
            }
            assert_eq!(current_task().id(), own);
        }
        let reports = record(outer);
        assert_eq!(reports[0].used_tools, [""; 0]);
        assert_eq!(reports[1].used_tools, ["of the outer run"]);
    }

    #[test]
    fn that_is_over_takes_nothing_more() {
        #[external_task]
        fn run() -> xpander_report::TaskHandle {
            current_task()
        }
        let recorder = Recorder::new();
        let over = recorder.in_scope(run);
        let _entered = over.enter();
        current_task().used_tool("too late").progress();
        let reports = recorder.take();
        assert_eq!(reports.len(), 1);
        assert_eq!(reports[0].used_tools, [""; 0]);
    }
}

mod progress {
    use super::*;

    #[test]
    fn is_reported_under_the_id_that_the_run_ends_with() {
        #[external_task]
        fn run(question: &str) -> &'static str {
            current_task().used_tool("search").progress();
            current_task().used_tool("fetch").result("half").progress();
            "returned"
        }
        let reports = record(|| run("why"));
        let ids: Vec<_> = reports.iter().map(|report| report.id.as_ref()).collect();
        assert_eq!(ids, [ids[0]; 3]);
        assert!(ids[0].is_some());
        assert!(
            reports
                .iter()
                .all(|report| report.input.as_deref() == Some("why"))
        );
        assert_eq!(reports[0].is_success, None);
        assert_eq!(reports[0].used_tools, ["search"]);
        assert_eq!(reports[1].result.as_deref(), Some("half"));
        assert_eq!(reports[2].used_tools, ["search", "fetch"]);
    }

    #[test]
    fn of_a_run_that_is_not_drawn_is_not_reported() {
        #[external_task(sample = 0.0, keep_failures)]
        fn run() -> Result<(), &'static str> {
            current_task().progress();
            Err("no answer")
        }
        let reports = record(run);
        assert_eq!(reports.len(), 1);
        assert_eq!(reports[0].is_success, Some(false));
    }
}

mod guards_and_futures_that_end_out_of_order {
    use xpander_report::InTask;

    use super::*;

    #[test]
    fn leave_no_run_behind() {
        #[external_task]
        fn outer() {
            inner(&current_task());
        }
        #[external_task(skip_all)]
        fn inner(outer: &xpander_report::TaskHandle) {
            let (outer, inner) = (outer.clone(), current_task());
            std::thread::spawn(move || {
                let first = outer.enter();
                let second = inner.enter();
                let third = outer.enter();
                drop(first);
                assert_eq!(current_task().id(), outer.id());
                drop(third);
                assert_eq!(current_task().id(), inner.id());
                current_task().used_tool("of the inner run");
                drop(second);
                assert_eq!(current_task().id(), None);
            })
            .join()
            .unwrap();
        }
        let reports = record(outer);
        assert_eq!(reports[0].used_tools, ["of the inner run"]);
        assert_eq!(reports[1].used_tools, [""; 0]);
    }

    #[test]
    fn belong_to_the_run_while_they_are_dropped() {
        struct Undo;
        impl Drop for Undo {
            fn drop(&mut self) {
                current_task().used_tool("undo");
            }
        }
        #[external_task]
        fn run() {
            let part = async {
                let _undo = Undo;
                std::future::pending::<()>().await;
            };
            let mut part = Box::pin(part.in_task(current_task()));
            std::thread::spawn(move || {
                assert!(smol::block_on(smol::future::poll_once(part.as_mut())).is_none());
            })
            .join()
            .unwrap();
        }
        assert_eq!(record(run)[0].used_tools, ["undo"]);
    }
}
