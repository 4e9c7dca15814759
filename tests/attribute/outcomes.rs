use super::*;

#[test]
fn ok_is_success_with_the_value() {
    #[external_task]
    async fn run(text: &str) -> Result<String, Outer> {
        Ok(text.to_uppercase())
    }
    let report = record_async(run("hello"));
    assert_eq!(outcome(&report), (true, Some("HELLO")));
    assert_eq!(report.input.as_deref(), Some("hello"));
    assert!(report.duration.unwrap() >= 0.0);
}

#[test]
fn err_is_failure_with_the_error_and_its_sources() {
    #[external_task]
    async fn run() -> Result<String, Outer> {
        Err(Outer(Inner))
    }
    let report = record_async(run());
    let reason = "the model was not reached: connection refused";
    assert_eq!(outcome(&report), (false, Some(reason)));
}

#[test]
fn the_question_mark_and_an_early_return_are_reported() {
    #[external_task]
    fn question_mark(number: &str) -> Result<u32, std::num::ParseIntError> {
        let number: u32 = number.parse()?;
        Ok(number + 1)
    }
    #[external_task]
    async fn early(number: u32) -> Result<&'static str, String> {
        if number > 1 {
            return Err("too many".to_owned());
        }
        Ok("few")
    }
    let reason = "invalid digit found in string";
    assert_eq!(
        outcome(&record(|| question_mark("x"))),
        (false, Some(reason))
    );
    assert_eq!(outcome(&record(|| question_mark("1"))), (true, Some("2")));
    assert_eq!(outcome(&record_async(early(2))), (false, Some("too many")));
    assert_eq!(outcome(&record_async(early(1))), (true, Some("few")));
}

#[test]
fn the_type_decides_and_not_its_spelling() {
    type Answer = Result<String, String>;
    #[external_task]
    fn alias() -> Answer {
        Err("aliased".into())
    }
    #[external_task]
    fn io() -> std::io::Result<()> {
        Err(std::io::Error::other("disk"))
    }
    #[external_task]
    fn any() -> anyhow::Result<u8> {
        Err(anyhow::anyhow!("low").context("high"))
    }
    #[external_task]
    fn boxed() -> Result<(), Box<dyn Error>> {
        Err(Outer(Inner).into())
    }
    #[external_task]
    fn boxed_send() -> Result<(), Box<dyn Error + Send + Sync>> {
        Err(Outer(Inner).into())
    }
    #[external_task]
    fn boxed_only_send() -> Result<(), Box<dyn Error + Send>> {
        Err(Box::new(Outer(Inner)))
    }
    struct Opaque;
    #[external_task]
    fn opaque() -> Result<(), Opaque> {
        Err(Opaque)
    }
    let chain = "the model was not reached: connection refused";
    assert_eq!(outcome(&record(alias)), (false, Some("aliased")));
    assert_eq!(outcome(&record(io)), (false, Some("disk")));
    assert_eq!(outcome(&record(any)), (false, Some("high: low")));
    assert_eq!(outcome(&record(boxed)), (false, Some(chain)));
    assert_eq!(outcome(&record(boxed_send)), (false, Some(chain)));
    assert_eq!(outcome(&record(boxed_only_send)), (false, Some(chain)));
    let report = record(opaque);
    let (success, reason) = outcome(&report);
    assert!(
        !success && reason.unwrap().ends_with("::Opaque>"),
        "{reason:?}"
    );
}

#[test]
fn what_is_no_result_is_success() {
    #[external_task]
    fn option(some: bool) -> Option<String> {
        some.then(|| "there".to_owned())
    }
    #[external_task]
    fn unit() {}
    #[external_task]
    fn list() -> Vec<u32> {
        vec![1, 2]
    }
    assert_eq!(outcome(&record(|| option(true))), (true, Some("there")));
    assert_eq!(outcome(&record(|| option(false))), (true, None));
    assert_eq!(outcome(&record(unit)), (true, None));
    assert_eq!(outcome(&record(list)), (true, Some("[1,2]")));
}

#[test]
fn a_panic_is_reported_and_goes_on() {
    #[external_task]
    fn sync(number: u32) -> u32 {
        assert!(number < 3, "{number} is too many");
        number
    }
    #[external_task]
    async fn later() {
        smol::future::yield_now().await;
        panic!("later");
    }
    let report = record(|| {
        let panic = catch_unwind(|| sync(7)).unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().unwrap(), "7 is too many");
    });
    assert_eq!(outcome(&report), (false, Some("panicked: 7 is too many")));
    let report = record(|| {
        catch_unwind(AssertUnwindSafe(|| smol::block_on(later()))).unwrap_err();
    });
    assert_eq!(outcome(&report), (false, Some("panicked: later")));
}

#[test]
fn a_dropped_future_is_reported_as_cancelled() {
    #[external_task]
    async fn run(text: &str, said: bool) {
        if said {
            current_task().result("half of it");
        }
        std::future::pending::<()>().await;
    }
    for (said, result) in [(false, "cancelled"), (true, "cancelled: half of it")] {
        let report = record(|| {
            let mut run = pin!(run("x", said));
            let mut context = Context::from_waker(Waker::noop());
            assert!(run.as_mut().poll(&mut context).is_pending());
        });
        assert_eq!(outcome(&report), (false, Some(result)));
        let said = format!(r#"{{"text":"x","said":{said}}}"#);
        assert_eq!(report.input.as_deref(), Some(said.as_str()));
    }
}

#[test]
fn a_run_dropped_while_something_else_panics_is_cancelled_and_not_blamed() {
    #[external_task]
    async fn run() {
        std::future::pending::<()>().await;
    }
    let report = record(|| {
        catch_unwind(|| {
            let mut run = pin!(run());
            let mut context = Context::from_waker(Waker::noop());
            assert!(run.as_mut().poll(&mut context).is_pending());
            panic!("somebody else's");
        })
        .unwrap_err();
    });
    assert_eq!(outcome(&report), (false, Some("cancelled")));
}

#[test]
fn a_future_that_is_never_polled_reports_nothing() {
    #[external_task]
    async fn run() {}
    #[external_task]
    fn boxed() -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(async {})
    }
    let recorder = Recorder::new();
    recorder.in_scope(|| {
        drop(run());
        drop(boxed());
    });
    assert!(recorder.take().is_empty());
}

#[test]
fn a_function_that_returns_a_future_ends_with_the_future() {
    #[external_task]
    fn opaque(text: &str) -> impl Future<Output = Result<String, String>> + Send + '_ {
        let length = text.len();
        async move { Err(format!("{length} characters")) }
    }
    #[external_task]
    fn boxed(text: String) -> Pin<Box<dyn Future<Output = String> + Send>> {
        let loud = text.to_uppercase();
        Box::pin(async move { loud })
    }
    let report = record_async(async { opaque("four").await });
    assert_eq!(outcome(&report), (false, Some("4 characters")));
    assert_eq!(report.input.as_deref(), Some("four"));
    assert_eq!(
        outcome(&record_async(async { boxed("x".into()).await })),
        (true, Some("X"))
    );
}

#[test]
fn a_future_is_followed_however_its_type_is_spelled() {
    type Output = Result<u8, String>;
    async fn fail() -> Output {
        Err("later".into())
    }
    #[external_task]
    fn pinned_impl() -> Pin<Box<impl Future<Output = Output>>> {
        Box::pin(fail())
    }
    #[external_task]
    #[allow(unused_parens, reason = "grouped types are the point")]
    fn grouped() -> Pin<Box<(dyn Future<Output = Output> + Send + 'static)>> {
        Box::pin(fail())
    }
    #[external_task]
    fn boxed_unpin() -> Box<dyn Future<Output = Output> + Unpin> {
        Box::new(Box::pin(fail()))
    }
    #[external_task]
    fn opaque_unpin() -> impl Future<Output = Output> + Unpin {
        Box::pin(fail())
    }
    let reports = [
        record_async(async { pinned_impl().await }),
        record_async(async { grouped().await }),
        record_async(async { boxed_unpin().await }),
        record_async(async { opaque_unpin().await }),
    ];
    for report in &reports {
        assert_eq!(outcome(report), (false, Some("later")));
    }
}

#[test]
fn what_a_function_does_before_its_future_is_a_part_of_its_run() {
    #[external_task]
    fn inner(fail: bool) -> Pin<Box<dyn Future<Output = ()>>> {
        current_task().used_tool("before");
        assert!(!fail, "before there is a future");
        Box::pin(async {
            current_task().used_tool("inside");
        })
    }
    #[external_task(skip_all)]
    async fn outer(fail: bool) {
        inner(fail).await;
    }
    let recorder = Recorder::new();
    smol::block_on(recorder.scope(outer(false)));
    let reports = recorder.take();
    assert_eq!(reports[0].used_tools, ["before", "inside"]);
    assert!(reports[1].used_tools.is_empty());

    recorder.in_scope(|| catch_unwind(|| drop(inner(true))).unwrap_err());
    let report = &recorder.take()[0];
    let reason = "panicked: before there is a future";
    assert_eq!(outcome(report), (false, Some(reason)));
    assert_eq!(report.used_tools, ["before"]);
}

#[test]
fn a_function_that_never_returns_compiles_and_its_panic_is_reported() {
    #[external_task]
    fn never() -> ! {
        panic!("the end")
    }
    #[external_task]
    async fn never_async() -> ! {
        panic!("the end")
    }
    let report = record(|| catch_unwind(|| never()).is_err());
    assert_eq!(outcome(&report), (false, Some("panicked: the end")));
    let report = record(|| catch_unwind(|| smol::block_on(async { never_async().await })).is_err());
    assert_eq!(outcome(&report), (false, Some("panicked: the end")));
}
