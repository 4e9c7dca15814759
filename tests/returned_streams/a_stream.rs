use super::*;

#[external_task]
fn opaque(prompt: &str) -> impl Stream<Item = &'static str> + Unpin + use<> {
    words()
}

#[external_task]
async fn later(prompt: String) -> impl Stream<Item = String> {
    smol::future::yield_now().await;
    words().map(str::to_owned)
}

#[external_task]
async fn fallible(prompt: &str) -> Result<impl Stream<Item = &'static str> + use<>, String> {
    if prompt.is_empty() {
        return Err("no prompt".to_owned());
    }
    Ok(words())
}

#[external_task]
fn boxed(prompt: &str) -> BoxStream<'static, &'static str> {
    words().boxed()
}

#[external_task]
fn boxed_here(prompt: &str) -> Pin<Box<dyn Stream<Item = char> + '_>> {
    Box::pin(stream::iter(prompt.chars()))
}

#[external_task]
async fn boxed_unpin() -> std::io::Result<Box<dyn Stream<Item = &'static str> + Unpin + Send>> {
    Ok(Box::new(words()))
}

type TokenStream = Pin<Box<dyn Stream<Item = &'static str> + Send>>;

#[external_task]
async fn behind_an_alias(prompt: &str) -> Result<TokenStream, String> {
    match prompt {
        "" => Err("no prompt".to_owned()),
        _ => Ok(words().boxed()),
    }
}

#[external_task]
fn in_a_future() -> impl Future<Output = Result<TokenStream, String>> {
    std::future::ready(Ok(words().boxed()))
}

#[test]
fn is_reported_when_it_ends_as_the_text_that_came() {
    let hello = (Some(true), Some("Hello world"));
    let (got, reports) = record(|| block_on(opaque("hi").collect::<String>()));
    assert_eq!(got, "Hello world");
    assert_eq!(outcome(&reports), hello);
    assert_eq!(reports[0].input.as_deref(), Some("hi"));
    assert!(reports[0].duration.is_some());
    let runs: [fn() -> String; 5] = [
        || block_on(async { later("hi".into()).await.collect().await }),
        || block_on(async { fallible("hi").await.unwrap().collect().await }),
        || block_on(boxed("hi").collect()),
        || block_on(async { boxed_unpin().await.unwrap().collect().await }),
        || block_on(async { in_a_future().await.unwrap().collect().await }),
    ];
    for run in runs {
        let (got, reports) = record(run);
        assert_eq!(got, "Hello world");
        assert_eq!(outcome(&reports), hello);
    }
    let (_, reports) = record(|| block_on(boxed_here("hi").collect::<String>()));
    assert_eq!(outcome(&reports), (Some(true), Some("hi")));
    let (_, reports) = record(|| {
        block_on(async {
            behind_an_alias("hi")
                .await
                .unwrap()
                .collect::<String>()
                .await
        })
    });
    assert_eq!(outcome(&reports), hello);
}

#[test]
fn that_there_is_not_is_a_failure_at_once() {
    for run in [
        (|| block_on(fallible("")).err()) as fn() -> Option<String>,
        || block_on(behind_an_alias("")).err(),
    ] {
        let (error, reports) = record(run);
        assert_eq!(error.as_deref(), Some("no prompt"));
        assert_eq!(outcome(&reports), (Some(false), Some("no prompt")));
    }
}

#[test]
fn that_is_dropped_half_way_is_cancelled_with_what_came() {
    let ((), reports) = record(|| {
        let mut stream = opaque("hi");
        block_on(stream.next());
    });
    assert_eq!(outcome(&reports), (Some(false), Some("cancelled: Hello")));
}

#[test]
fn that_nobody_polls_is_not_reported_unless_its_function_ran() {
    let ((), reports) = record(|| drop(opaque("hi")));
    assert_eq!(reports.len(), 0);
    let ((), reports) = record(|| drop(block_on(later("hi".into()))));
    assert_eq!(outcome(&reports), (Some(false), Some("cancelled")));
}

#[test]
fn that_panics_is_reported_and_goes_on_panicking() {
    #[external_task]
    fn run() -> impl Stream<Item = &'static str> {
        words().map(|word| match word {
            " " => panic!("a space"),
            word => word,
        })
    }
    let (caught, reports) =
        record(|| std::panic::catch_unwind(|| block_on(run().collect::<String>())).is_err());
    assert!(caught);
    assert_eq!(
        outcome(&reports),
        (Some(false), Some("panicked: a space: Hello"))
    );
}

#[test]
fn is_a_run_whose_handle_works_between_items() {
    #[external_task]
    fn run() -> impl Stream<Item = &'static str> {
        words().inspect(|word| {
            current_task().used_tool(word.trim());
        })
    }
    let (_, reports) = record(|| block_on(run().collect::<Vec<_>>()));
    assert_eq!(reports[0].used_tools, ["Hello", "", "world"]);
    assert_eq!(current_task().id(), None);
}

#[test]
fn keeps_what_its_type_promises() {
    fn needs<S: Stream<Item = &'static str> + Unpin + Send + 'static>(stream: &S) -> usize {
        stream.size_hint().0
    }
    assert_eq!(needs(&opaque("hi")), 3);
}

#[test]
fn takes_keys_from_what_the_function_returned() {
    #[external_task(
            tokens = |_| Tokens::new(7, 3),
            used_tools = |_| ["search"],
            result = |words| format!("{} words", words.size_hint().0),
        )]
    fn run() -> impl Stream<Item = &'static str> {
        words()
    }
    let (_, reports) = record(|| block_on(run().count()));
    assert_eq!(outcome(&reports), (Some(true), Some("3 words")));
    assert_eq!(reports[0].tokens, Some(Tokens::new(7, 3)));
    assert_eq!(reports[0].used_tools, ["search"]);
}

#[test]
fn of_content_that_may_not_leave_leaves_none() {
    let off = Redaction::new().capture_content(false);
    let (_, reports) = record_with(off, || block_on(opaque("hi").count()));
    assert_eq!(outcome(&reports), (Some(true), None));
}

#[test]
fn borrows_as_it_did() {
    struct Model(Vec<String>);
    impl Model {
        #[external_task]
        fn words<'a>(&'a mut self, prompt: &str) -> impl Stream<Item = &'a mut String> + use<'a> {
            stream::iter(self.0.iter_mut())
        }
    }
    let mut model = Model(vec!["a".into(), "b".into()]);
    let ((), reports) = record(|| {
        block_on(model.words("hi").for_each(|word| {
            word.push('!');
            std::future::ready(())
        }));
    });
    assert_eq!(outcome(&reports), (Some(true), Some("ab")));
    assert_eq!(model.0, ["a!", "b!"]);
}
