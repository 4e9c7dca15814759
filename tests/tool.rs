//! `#[tool]` on functions of every kind.
#![deny(warnings, clippy::pedantic)]

use std::future::Future;
use std::pin::Pin;

use xpander_report::testing::Recorder;
use xpander_report::{current_task, external_task, tool};

fn tools<T>(run: impl Future<Output = T>) -> Vec<String> {
    #[external_task]
    async fn agent<F: Future>(run: F) {
        run.await;
    }
    let recorder = Recorder::new();
    smol::block_on(recorder.scope(agent(run)));
    let agent = recorder.take().pop();
    agent.expect("the agent's run").used_tools
}

#[test]
fn a_function_keeps_all_that_it_is() {
    /// Adds.
    #[tool]
    #[must_use]
    #[inline]
    pub(crate) fn add<const N: usize>(mut numbers: [i64; N]) -> i64
    where
        [i64; N]: Sized,
    {
        #![allow(clippy::needless_range_loop)]
        use std::mem::take;
        let mut sum = 0;
        for at in 0..N {
            sum += take(&mut numbers[at]);
        }
        sum
    }
    assert_eq!(add([1, 2]), 3);
    assert_eq!(tools(async { assert_eq!(add([1, 2, 3]), 6) }), ["add"]);
}

#[test]
fn an_async_method_counts_when_it_is_polled() {
    struct Notes(Vec<String>);
    impl Notes {
        #[tool(name = "note")]
        async fn push(&mut self, text: &str) -> Result<&str, std::fmt::Error> {
            smol::future::yield_now().await;
            if text.is_empty() {
                return Err(std::fmt::Error);
            }
            self.0.push(text.to_owned());
            Ok(self.0.last().ok_or(std::fmt::Error)?)
        }
    }
    let called = tools(async {
        let mut notes = Notes(Vec::new());
        drop(notes.push("never polled"));
        assert_eq!(notes.push("a").await, Ok("a"));
        assert!(notes.push("").await.is_err());
    });
    assert_eq!(called, ["note", "note"]);
}

#[test]
fn a_function_that_returns_a_future_counts_when_it_is_called() {
    #[tool]
    fn wait() -> Pin<Box<dyn Future<Output = u8> + Send>> {
        Box::pin(async { 7 })
    }
    assert_eq!(tools(async { assert_eq!(wait().await, 7) }), ["wait"]);
}

#[test]
fn a_raw_name_is_told_without_its_mark() {
    #[tool]
    fn r#type() {}
    assert_eq!(tools(async { r#type() }), ["type"]);
}

#[test]
fn outside_a_run_nothing_happens() {
    #[tool]
    fn nothing() -> u8 {
        7
    }
    assert_eq!(nothing(), 7);
    assert_eq!(current_task().id(), None);
}

#[test]
fn the_caller_is_still_tracked() {
    #[tool]
    #[track_caller]
    fn line() -> u32 {
        std::panic::Location::caller().line()
    }
    assert_eq!(line(), line!());
}

mod a_tool_that_is_a_run_itself {
    use super::*;

    #[tool]
    #[external_task]
    async fn above() {}

    #[external_task(name = "sub")]
    #[tool(name = "under")]
    async fn below() {}

    #[test]
    fn is_a_tool_of_the_run_around_it() {
        #[external_task]
        async fn agent() {
            above().await;
            below().await;
        }
        let recorder = Recorder::new();
        smol::block_on(recorder.scope(agent()));
        let tools: Vec<_> = recorder
            .take()
            .into_iter()
            .map(|report| report.used_tools)
            .collect();
        assert_eq!(
            tools,
            [vec![], vec![], vec!["above".to_owned(), "under".to_owned()]]
        );
    }
}

mod under_another_path {
    pub mod library {
        pub use xpander_report as reporting;
    }

    #[library::reporting::tool(crate = library::reporting)]
    fn search() {}

    #[library::reporting::tool(crate = library::reporting)]
    #[library::reporting::external_task(crate = library::reporting)]
    fn nested() {}

    #[test]
    fn a_tool_is_a_tool() {
        let called = super::tools(async {
            search();
            nested();
        });
        assert_eq!(called, ["search", "nested"]);
    }
}

mod a_tool_whose_run_is_spelled_in_another_way {
    use xpander_report::external_task as reported;

    use super::*;

    #[tool]
    #[reported]
    fn renamed() {}

    #[tool]
    #[cfg_attr(all(), external_task)]
    async fn conditional() {}

    #[tool(name = "two")]
    #[tool]
    #[reported]
    fn twice() -> Pin<Box<dyn Future<Output = u8> + Send>> {
        #![allow(clippy::needless_return)]
        return Box::pin(async { 7 });
    }

    struct Notes;

    #[async_trait::async_trait]
    trait Search {
        async fn search(&self) -> u8;
    }

    #[async_trait::async_trait]
    impl Search for Notes {
        #[tool]
        #[reported]
        async fn search(&self) -> u8 {
            7
        }
    }

    #[test]
    fn is_a_tool_of_the_run_around_it() {
        #[external_task]
        async fn agent() {
            renamed();
            conditional().await;
            twice().await;
            Notes.search().await;
        }
        let recorder = Recorder::new();
        smol::block_on(recorder.scope(agent()));
        let reports = recorder.take();
        let tools: Vec<_> = reports.iter().map(|it| it.used_tools.len()).collect();
        assert_eq!(tools, [0, 0, 0, 0, 5]);
        assert_eq!(
            reports[4].used_tools,
            ["renamed", "conditional", "two", "twice", "search"]
        );
    }
}
