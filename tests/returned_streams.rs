//! Functions that return a stream or an iterator: their run goes on until it ends.
#![deny(warnings, clippy::pedantic)]

use std::pin::Pin;

use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use serde_json::json;
use smol::block_on;
use xpander_report::testing::Recorder;
use xpander_report::{Redaction, TaskReport, Tokens, current_task, external_task};

/// What `run` makes of the recorder's scope, and the reports.
fn record<T>(run: impl FnOnce() -> T) -> (T, Vec<TaskReport>) {
    record_with(Redaction::new(), run)
}

fn record_with<T>(redaction: Redaction, run: impl FnOnce() -> T) -> (T, Vec<TaskReport>) {
    let recorder = Recorder::with(redaction);
    let value = recorder.in_scope(run);
    (value, recorder.take())
}

fn words() -> impl Stream<Item = &'static str> + Unpin {
    stream::iter(["Hello", " ", "world"])
}

fn outcome(reports: &[TaskReport]) -> (Option<bool>, Option<&str>) {
    let [report] = reports else {
        panic!("one report: {reports:?}")
    };
    (report.is_success, report.result.as_deref())
}

mod a_stream {
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
            fn words<'a>(
                &'a mut self,
                prompt: &str,
            ) -> impl Stream<Item = &'a mut String> + use<'a> {
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
}

mod an_item_that_is_an_error {
    use super::*;

    #[external_task]
    fn breaks() -> impl Stream<Item = Result<&'static str, std::num::ParseIntError>> + Unpin {
        stream::iter([Ok("Hel"), "lo".parse::<u8>().map(|_| "")])
    }

    const REASON: &str = "invalid digit found in string: Hel";

    #[test]
    fn fails_the_run_with_what_came_before() {
        let (_, reports) = record(|| block_on(breaks().count()));
        assert_eq!(outcome(&reports), (Some(false), Some(REASON)));
    }

    #[test]
    fn fails_it_too_when_nobody_asks_for_more() {
        let ((), reports) = record(|| {
            let mut stream = breaks();
            while let Some(Ok(_)) = block_on(stream.next()) {}
        });
        assert_eq!(outcome(&reports), (Some(false), Some(REASON)));
    }

    #[test]
    fn is_told_as_the_key_says() {
        #[external_task(error = |error| format!("{} units", error.len()))]
        fn run() -> impl Stream<Item = Result<&'static str, String>> {
            stream::iter([Err("secret".to_owned())])
        }
        let (_, reports) = record(|| block_on(run().count()));
        assert_eq!(outcome(&reports), (Some(false), Some("6 units")));
    }
}

mod items_that_are_json {
    use super::*;

    #[test]
    fn of_no_provider_are_an_array() {
        #[external_task]
        fn run() -> impl Stream<Item = serde_json::Value> {
            stream::iter([json!({"a": 1}), json!({"b": 2})])
        }
        let (_, reports) = record(|| block_on(run().count()));
        assert_eq!(
            outcome(&reports),
            (Some(true), Some(r#"[{"a":1},{"b":2}]"#))
        );
    }
}

mod an_iterator {
    use super::*;

    #[external_task]
    fn opaque(
        text: &str,
    ) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator<Item = &str> {
        text.split(' ').collect::<Vec<_>>().into_iter()
    }

    #[external_task]
    fn boxed<'a>(text: &'a str) -> Result<Box<dyn Iterator<Item = &'a str> + 'a>, String> {
        Ok(Box::new(text.split(' ')))
    }

    #[test]
    fn is_reported_when_it_ends() {
        let (words, reports) = record(|| opaque("a b c").count());
        assert_eq!(words, 3);
        assert_eq!(outcome(&reports), (Some(true), Some("abc")));
        let (words, reports) = record(|| boxed("a b c").unwrap().count());
        assert_eq!(words, 3);
        assert_eq!(outcome(&reports), (Some(true), Some("abc")));
    }

    #[test]
    fn that_is_dropped_half_way_is_cancelled_with_what_came() {
        let (last, reports) = record(|| opaque("a b c").next_back());
        assert_eq!(last, Some("c"));
        assert_eq!(outcome(&reports), (Some(false), Some("cancelled: c")));
        let (count, _) = record(|| opaque("a b c").len());
        assert_eq!(count, 3);
    }
}

mod what_is_no_stream {
    use super::*;

    #[derive(Debug)]
    struct UpStream(u8);

    #[test]
    fn is_a_value_whatever_its_name() {
        #[external_task]
        async fn run() -> std::io::Result<UpStream> {
            Ok(UpStream(7))
        }
        let (value, reports) = record(|| block_on(run()).unwrap().0);
        assert_eq!(value, 7);
        assert_eq!(outcome(&reports), (Some(true), Some("UpStream(7)")));
        assert!(reports[0].duration.unwrap() > 0.0);
    }

    #[test]
    fn is_a_value_when_it_is_an_iterator_of_a_type_of_its_own() {
        #[external_task]
        fn run() -> std::ops::Range<u8> {
            1..3
        }
        let (_, reports) = record(run);
        assert_eq!(
            outcome(&reports),
            (Some(true), Some("{\"start\":1,\"end\":3}"))
        );
    }
}

mod what_a_body_did_before_its_stream {
    use super::*;

    #[test]
    fn is_reported_though_nobody_polls_it() {
        #[external_task]
        fn run() -> impl Iterator<Item = u8> {
            current_task().used_tool("search");
            0..3
        }
        let ((), reports) = record(|| drop(run()));
        assert_eq!(outcome(&reports), (Some(false), Some("cancelled")));
        assert_eq!(reports[0].used_tools, ["search"]);
    }
}

#[test]
fn raw_items_with_breaks_between_their_tokens_stay_whole() {
    #[external_task]
    fn run() -> impl Stream<Item = Box<serde_json::value::RawValue>> {
        let raw = |json: &str| serde_json::value::RawValue::from_string(json.to_owned()).unwrap();
        stream::iter([raw("{\n  \"a\": 1\r\n}"), raw("[1,\n2]")])
    }
    let (_, reports) = record(|| block_on(run().count()));
    let items = serde_json::from_str::<serde_json::Value>(reports[0].result.as_ref().unwrap());
    assert_eq!(items.unwrap(), json!([{"a": 1}, [1, 2]]));
}

#[test]
fn what_a_stream_does_when_it_is_dropped_is_a_part_of_its_run() {
    struct Leaving;
    impl Drop for Leaving {
        fn drop(&mut self) {
            current_task().used_tool("close");
        }
    }
    #[external_task]
    fn run() -> impl Stream<Item = &'static str> + Unpin {
        let leaving = Leaving;
        words().inspect(move |_| {
            let _ = &leaving;
        })
    }
    let ((), reports) = record(|| {
        let mut stream = run();
        block_on(stream.next());
    });
    assert_eq!(outcome(&reports), (Some(false), Some("cancelled: Hello")));
    assert_eq!(reports[0].used_tools, ["close"]);
}

#[test]
fn items_are_kept_up_to_16_mebibytes() {
    #[external_task]
    fn run() -> impl Iterator<Item = String> {
        std::iter::repeat_n("x".repeat(1 << 20), 20)
    }
    let whole = Redaction::new().max_bytes(usize::MAX);
    let (count, reports) = record_with(whole, || run().count());
    assert_eq!(count, 20);
    assert_eq!(reports[0].result.as_ref().unwrap().len(), 16 << 20);
}
