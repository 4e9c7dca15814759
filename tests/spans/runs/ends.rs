use std::future::pending;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use serde_json::json;
use tower::{Layer, Service, service_fn};
use xpander_report::{TaskLayer, current_task, external_task};

use crate::traced;

#[track_caller]
fn failed(error_type: &str, code: impl FnOnce()) {
    let (spans, _) = traced(code);
    let span = spans.named("invoke_agent run");
    assert!(span.is_error(), "{span:?}");
    assert_eq!(span.text("error.type"), Some(error_type));
}

#[test]
fn an_error_fails_the_span_by_its_type() {
    #[external_task]
    fn run() -> io::Result<()> {
        Err(io::Error::other("refused"))
    }
    failed("std::io::error::Error", || {
        run().unwrap_err().to_string().clear()
    });
}

#[test]
fn a_panic_fails_the_span_and_goes_on() {
    #[external_task]
    fn run() {
        panic!("refused");
    }
    failed("panicked", || {
        catch_unwind(run)
            .unwrap_err()
            .downcast::<&str>()
            .map(drop)
            .unwrap()
    });
}

#[test]
fn a_panic_of_an_async_function_does_so_too() {
    #[external_task]
    async fn run() {
        smol::future::yield_now().await;
        panic!("refused");
    }
    failed("panicked", || {
        catch_unwind(AssertUnwindSafe(|| smol::block_on(run()))).unwrap_err();
    });
}

#[test]
fn a_future_that_is_dropped_is_cancelled_and_one_that_never_began_is_nothing() {
    #[external_task]
    async fn run() {
        pending::<()>().await;
    }
    failed("cancelled", || {
        drop(run());
        let mut polled = pin!(run());
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(polled.as_mut().poll(&mut context), Poll::Pending);
    });
}

#[test]
fn what_is_failed_by_hand_or_by_the_response_is_an_error() {
    #[external_task(name = "run")]
    fn by_hand() {
        current_task().fail("refused");
    }
    #[external_task(name = "run")]
    fn by_the_response() {
        let choice =
            json!({"index": 0, "message": {"content": ""}, "finish_reason": "content_filter"});
        current_task().llm_response(&json!({"choices": [choice]}));
    }
    failed("_OTHER", by_hand);
    failed("content_filter", by_the_response);
}

#[test]
fn a_span_ends_with_its_run_though_a_handle_lives_on() {
    #[external_task]
    fn run() -> usize {
        HANDLES.with_borrow_mut(|handles| handles.push(current_task()));
        1
    }
    thread_local! {
        static HANDLES: std::cell::RefCell<Vec<xpander_report::TaskHandle>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    let (spans, _) = traced(|| {
        run();
        let ended = tracing::info_span!("after");
        ended.in_scope(|| HANDLES.with_borrow(|handles| drop(handles[0].enter())));
    });
    assert_eq!(spans.names(), ["invoke_agent run", "after"]);
}

#[test]
fn a_span_is_entered_while_its_future_is_polled_and_not_between() {
    #[external_task]
    async fn run(name: &'static str) {
        tracing::info_span!("before", name).in_scope(|| {});
        smol::future::yield_now().await;
        tracing::info_span!("after", name).in_scope(|| {});
    }
    let (spans, _) = traced(|| {
        smol::block_on(async {
            let (mut one, mut two) = (pin!(run("one")), pin!(run("two")));
            let mut context = Context::from_waker(Waker::noop());
            for _ in 0..2 {
                let _ = one.as_mut().poll(&mut context);
                tracing::info_span!("outside").in_scope(|| {});
                let _ = two.as_mut().poll(&mut context);
            }
        });
    });
    for span in &spans.0 {
        let parent = spans.parent_of(span).map(|parent| &*parent.name);
        let is_inside = matches!(&*span.name, "before" | "after");
        assert_eq!(parent, is_inside.then_some("invoke_agent run"), "{span:?}");
    }
    assert_eq!(spans.0.len(), 8);
}

#[test]
fn calls_of_a_layered_service_are_spans() {
    let mut service =
        TaskLayer::new("tests::run").layer(service_fn(|question: &'static str| async move {
            tracing::info_span!("inside").in_scope(|| {});
            match question.is_empty() {
                true => Err("nothing was asked"),
                false => Ok(question.len()),
            }
        }));
    let (spans, _) =
        traced(|| smol::block_on(async { service.call("why").await.map(drop).unwrap() }));
    assert_eq!(
        spans.path(spans.named("inside")),
        ["inside", "invoke_agent run"]
    );
    failed("&str", || {
        smol::block_on(async { service.call("").await.map(drop).unwrap_err() })
            .clone_into(&mut String::new())
    });
}
