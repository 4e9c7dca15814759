use std::convert::Infallible;
use std::error::Error;
use std::future::{pending, ready};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http_body_util::BodyExt;
use serde_json::json;
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use xpander_report::testing::Recorder;
use xpander_report::{CatchResponses, TaskLayer, Tokens, current_task, external_task, tool};

use crate::{Job, NotReached, call, job, layer, outcome, recorded};

async fn echo(job: Job) -> Result<String, Infallible> {
    Ok(job.text.to_owned())
}

#[test]
fn a_call_is_a_run_with_what_the_closures_read() {
    let reports = recorded(|| {
        let layer = layer().agent_id(|_| Some("agent-7")).result(String::clone);
        assert_eq!(
            call(&layer, service_fn(echo), job("job-1")).unwrap(),
            "a question"
        );
    });
    let [report] = &reports[..] else {
        panic!("{reports:?}");
    };
    assert_eq!(report.id.as_deref(), Some("job-1"));
    assert_eq!(report.agent_id.as_deref(), Some("agent-7"));
    assert_eq!(report.input.as_deref(), Some("a question"));
    assert_eq!(outcome(report), (true, Some("a question")));
    assert!(report.duration.unwrap() > 0.0);
}

#[test]
fn without_closures_there_is_a_run_without_content() {
    let reports = recorded(|| {
        call(
            &TaskLayer::new("tests::echo"),
            service_fn(echo),
            job("job-1"),
        )
        .unwrap();
    });
    assert_eq!(outcome(&reports[0]), (true, None));
    assert_eq!((&reports[0].input, &reports[0].agent_id), (&None, &None));
    assert!(reports[0].id.is_some(), "one is made");
}

#[test]
fn values_that_are_no_texts_are_json() {
    let reports = recorded(|| {
        let layer = TaskLayer::new("tests::echo")
            .input(|job: &Job| json!({"text": job.text}))
            .result(|text: &String| text.len());
        call(&layer, service_fn(echo), job("job-1")).unwrap();
    });
    assert_eq!(
        reports[0].input.as_deref(),
        Some(r#"{"text":"a question"}"#)
    );
    assert_eq!(reports[0].result.as_deref(), Some("10"));
}

#[test]
fn an_error_is_a_failure_that_says_its_sources() {
    async fn boxed(_: Job) -> Result<(), BoxError> {
        Err(NotReached(io::Error::other("refused")).into())
    }
    async fn local(_: Job) -> Result<(), Box<dyn Error>> {
        Err(NotReached(io::Error::other("refused")).into())
    }
    async fn any(_: Job) -> Result<(), anyhow::Error> {
        Err(NotReached(io::Error::other("refused")).into())
    }
    async fn plain(_: Job) -> Result<(), NotReached> {
        Err(NotReached(io::Error::other("refused")))
    }
    let reports = recorded(|| {
        call(&layer(), service_fn(boxed), job("1")).unwrap_err();
        call(&layer(), service_fn(local), job("2")).unwrap_err();
        call(&layer(), service_fn(any), job("3")).unwrap_err();
        call(&layer(), service_fn(plain), job("4")).unwrap_err();
        let told = layer().error(|error: &NotReached| format!("told: {}", error.0));
        call(&told, service_fn(plain), job("5")).unwrap_err();
    });
    let outcomes: Vec<_> = reports.iter().map(outcome).collect();
    let chain = Some("the model was not reached: refused");
    assert_eq!(outcomes[..3], [(false, chain); 3]);
    assert_eq!(outcomes[3], (false, Some("the model was not reached")));
    assert_eq!(outcomes[4], (false, Some("told: refused")));
}

#[test]
fn an_answer_may_be_no_success() {
    let service = || service_fn(|_: Job| ready(Ok::<_, Infallible>(500)));
    let reports = recorded(|| {
        let layer = layer().is_success(|status: &i32| *status < 500);
        call(&layer.result(|status| *status), service(), job("1")).unwrap();
    });
    assert_eq!(outcome(&reports[0]), (false, Some("500")));
}

#[test]
fn inside_a_call_the_run_is_the_current_one() {
    #[tool]
    fn search() {}

    let handler = service_fn(|job: Job| {
        current_task().tokens(Tokens::new(7, 3));
        async move {
            search();
            Ok::<_, Infallible>(current_task().id().as_deref() == Some(job.id))
        }
    });
    let reports = recorded(|| assert!(call(&layer(), handler, job("job-1")).unwrap()));
    assert_eq!(reports[0].tokens, Some(Tokens::new(7, 3)));
    assert_eq!(reports[0].used_tools, ["search"]);
    assert!(current_task().id().is_none());
}

#[test]
fn what_the_handler_instruments_itself_is_a_run_inside_the_call() {
    #[external_task(id = "inner")]
    async fn inner() -> u8 {
        1
    }

    let handler = service_fn(|_: Job| async { Ok::<_, Infallible>(inner().await) });
    let reports = recorded(|| {
        call(&layer(), handler, job("outer")).unwrap();
    });
    let ids: Vec<_> = reports.iter().map(|it| it.id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["inner", "outer"]);
}

#[test]
fn responses_that_a_client_catches_belong_to_the_call() {
    let provider = service_fn(|(): ()| {
        let usage = json!({"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10});
        let message = json!({"role": "assistant", "content": "Yes."});
        let answer = json!({"choices": [{"index": 0, "message": message}], "usage": usage});
        ready(Ok::<_, Infallible>(http::Response::new(answer.to_string())))
    });
    let handler = service_fn(move |_: Job| {
        let client = ServiceBuilder::new()
            .layer(CatchResponses::new())
            .service(provider);
        async move {
            let answer = client.oneshot(()).await?;
            let read = answer.into_body().collect().await;
            read.map(drop)
        }
    });
    let reports = recorded(|| call(&layer(), handler, job("1")).unwrap());
    assert_eq!(reports[0].tokens, Some(Tokens::new(7, 3)));
    assert_eq!(outcome(&reports[0]), (true, Some("Yes.")));
}

#[test]
fn a_panic_is_a_failure_and_goes_on_where_the_answer_would_come() {
    let at_once = service_fn(|job: Job| {
        assert!(job.text.is_empty(), "at once");
        ready(Ok::<_, Infallible>(()))
    });
    let later = service_fn(|_: Job| async {
        if true {
            panic!("later");
        }
        Ok::<_, Infallible>(())
    });
    let reports = recorded(|| {
        catch_unwind(AssertUnwindSafe(|| call(&layer(), at_once, job("1")))).unwrap_err();
        catch_unwind(AssertUnwindSafe(|| call(&layer(), later, job("2")))).unwrap_err();
    });
    assert_eq!(outcome(&reports[0]), (false, Some("panicked: at once")));
    assert_eq!(outcome(&reports[1]), (false, Some("panicked: later")));
}

#[test]
fn a_call_that_is_dropped_is_cancelled_and_one_that_never_began_is_nothing() {
    let endless = service_fn(|_: Job| pending::<Result<(), Infallible>>());
    let reports = recorded(|| {
        let mut service = layer().layer(endless);
        drop(service.call(job("never polled")));
        let mut polled = pin!(service.call(job("polled")));
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(polled.as_mut().poll(&mut context), Poll::Pending);
    });
    let [report] = &reports[..] else {
        panic!("{reports:?}");
    };
    assert_eq!(report.id.as_deref(), Some("polled"));
    assert_eq!(outcome(report), (false, Some("cancelled")));
}

#[test]
fn closures_that_panic_leave_out_what_they_would_have_given() {
    let reports = recorded(|| {
        let layer = TaskLayer::new("tests::echo")
            .id(|_: &Job| -> String { panic!("no id") })
            .agent_id(|_| -> String { panic!("no agent") })
            .input(|_| -> String { panic!("no input") })
            .result(|_: &String| -> String { panic!("no result") })
            .is_success(|_| panic!("no success"))
            .deadline(|_| -> std::time::Duration { panic!("no deadline") });
        assert_eq!(
            call(&layer, service_fn(echo), job("1")).unwrap(),
            "a question"
        );
    });
    assert_eq!(outcome(&reports[0]), (true, None));
}

#[test]
fn calls_of_one_service_overlap() {
    let (sender, receiver) = smol::channel::bounded::<()>(1);
    let handler = service_fn(move |job: Job| {
        let receiver = receiver.clone();
        async move {
            receiver.recv().await.ok();
            Ok::<_, Infallible>(job.id)
        }
    });
    let recorder = Recorder::new();
    let reporter = recorder.reporter();
    let mut service = layer().reporter(reporter).result(|id| *id).layer(handler);
    let (first, second) = (service.call(job("1")), service.clone().call(job("2")));
    sender.close();
    smol::block_on(async {
        second.await.unwrap();
        first.await.unwrap();
    });
    let reports = recorder.take();
    let results: Vec<_> = reports.iter().map(|it| it.result.as_deref()).collect();
    assert_eq!(results, [Some("2"), Some("1")]);
}

#[test]
fn an_argument_that_is_a_secret_by_its_name_stays_out() {
    let reports = recorded(|| {
        let layer = TaskLayer::new("tests::echo")
            .input(|_: &Job| json!({"password": "correct horse", "text": "hello"}));
        call(&layer, service_fn(echo), job("1")).unwrap();
    });
    let input = reports[0].input.as_deref().unwrap();
    assert_eq!(input, r#"{"password":"[redacted]","text":"hello"}"#);
}

#[test]
fn an_application_chooses_calls_by_the_layer_s_name() {
    let url = "http://127.0.0.1:9";
    for (except, accepted) in [("tests", 0), ("tests::echo", 0), ("tests::other", 1)] {
        let config = xpander_report_tests::config(url);
        let builder = xpander_report::Reporter::builder().config(config);
        let reporter = builder.except([except]).build().unwrap();
        let layer = TaskLayer::new("tests::echo").reporter(reporter.clone());
        call(&layer, service_fn(echo), job("1")).unwrap();
        assert_eq!(reporter.stats().accepted, accepted, "{except}");
    }
}
