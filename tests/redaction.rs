//! Which content of a run leaves the process, and which runs are reported.

use xpander_report::testing::Recorder;
use xpander_report::{Redaction, Reporter, TaskReport, Tokens, current_task, external_task};
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{LONG, config};

fn record<T>(redaction: Redaction, run: impl FnOnce() -> T) -> TaskReport {
    let recorder = Recorder::with_redaction(redaction);
    recorder.in_scope(run);
    recorder.take().remove(0)
}

#[external_task(id = "t")]
fn ask(question: &str) -> Result<String, std::num::ParseIntError> {
    current_task()
        .tokens(Tokens::new(7, 3))
        .used_tool("search")
        .llm_response(&serde_json::json!({"secret": question}));
    question
        .parse::<u32>()
        .map(|number| format!("secret {number}"))
}

mod content {
    use super::*;

    #[test]
    fn switched_off_leaves_ids_success_tokens_and_tools() {
        let report = record(Redaction::new().capture_content(false), || ask("7"));
        assert_eq!((report.input, report.result), (None, None));
        assert!(report.llm_response.is_none());
        assert_eq!(report.id.as_deref(), Some("t"));
        assert_eq!(report.is_success, Some(true));
        assert_eq!(report.tokens, Some(Tokens::new(7, 3)));
        assert_eq!(report.used_tools, ["search"]);
        assert!(report.duration.is_some());
    }

    #[test]
    fn switched_off_shows_an_error_as_its_type() {
        let report = record(Redaction::new().capture_content(false), || ask("secret"));
        assert_eq!(report.is_success, Some(false));
        assert_eq!(
            report.result.as_deref(),
            Some("core::num::error::ParseIntError")
        );
    }

    #[test]
    fn switched_off_hides_what_was_said_by_hand_too() {
        #[external_task(input = "secret", result = |_| "secret")]
        fn by_key() {}
        #[external_task]
        fn by_handle() {
            current_task().result("secret").fail("secret");
        }
        let off = || Redaction::new().capture_content(false);
        for run in [by_key as fn(), by_handle] {
            let report = record(off(), run);
            assert_eq!((report.input, report.result), (None, None));
        }
        let recorder = Recorder::with_redaction(off());
        recorder
            .reporter()
            .report(TaskReport::new().input("secret").result("secret"));
        assert!(!format!("{:?}", recorder.take()).contains("secret"));
    }

    #[test]
    fn switched_off_is_not_even_captured() {
        struct Secret;
        impl std::fmt::Debug for Secret {
            fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::process::abort()
            }
        }
        #[external_task(error = |_| Secret)]
        fn run(one: Secret, other: Secret) -> Result<Secret, Secret> {
            if std::hint::black_box(true) {
                Ok(one)
            } else {
                Err(other)
            }
        }
        #[external_task(input = Secret, result = |_| Secret)]
        fn keys() {}
        let report = record(Redaction::new().capture_content(false), || {
            run(Secret, Secret)
        });
        assert_eq!(report.is_success, Some(true));
        record(Redaction::new().capture_content(false), keys);
    }

    #[test]
    fn switched_off_shows_that_a_run_panicked_and_not_why() {
        #[external_task]
        fn run() {
            panic!("secret")
        }
        let report = record(Redaction::new().capture_content(false), || {
            std::panic::catch_unwind(run).unwrap_err()
        });
        assert_eq!(report.result.as_deref(), Some("panicked"));
    }

    #[test]
    fn the_environment_switches_it_off_on_the_wire() {
        let server = Server::always(Answer::task());
        let config = config(server.url()).variables([("XPANDER_REPORT_CAPTURE_CONTENT", "false")]);
        let reporter = Reporter::builder()
            .config(config)
            .capture_content(true)
            .build()
            .unwrap();
        reporter.report(
            TaskReport::new()
                .id("t")
                .input("secret")
                .tokens(Tokens::new(1, 1)),
        );
        assert!(reporter.flush_blocking(LONG).is_complete());
        let body = &server.requests()[0].body;
        assert!(!body.contains("secret"), "{body}");
        assert!(body.contains(r#""prompt_tokens":1"#), "{body}");
    }
}

mod limits {
    use super::*;

    #[test]
    fn long_text_is_cut_between_characters_and_marked() {
        #[external_task]
        fn echo(text: &str) -> String {
            text.to_owned()
        }
        let report = record(Redaction::new().max_bytes(4), || echo("aééé"));
        assert_eq!(report.input.as_deref(), Some("aé… [7 bytes]"));
        assert_eq!(report.result, report.input);
        let report = record(Redaction::new().max_bytes(7), || echo("aééé"));
        assert_eq!(report.input.as_deref(), Some("aééé"));
    }

    #[test]
    fn long_json_stays_json() {
        #[external_task]
        fn list(numbers: &[u32]) {
            current_task().llm_response(&numbers);
        }
        let report = record(Redaction::new().max_bytes(5), || list(&[1, 2, 3, 4]));
        let truncated = r#"{"truncated":true,"bytes":9,"head":"[1,2,"}"#;
        assert_eq!(report.input.as_deref(), Some(truncated));
        assert_eq!(report.llm_response.unwrap().get(), truncated);
    }

    #[test]
    fn a_function_can_set_its_own() {
        #[external_task(max_bytes = 2 + 1)]
        fn short(text: &str) {}
        assert_eq!(
            record(Redaction::new(), || short("abcdef"))
                .input
                .as_deref(),
            Some("abc… [6 bytes]")
        );
    }

    #[test]
    fn without_a_setting_it_is_a_mebibyte() {
        #[external_task]
        fn echo(text: &str) {}
        let text = "x".repeat((1 << 20) + 1);
        let input = record(Redaction::new(), || echo(&text)).input.unwrap();
        assert!(input.ends_with("x… [1048577 bytes]"));
    }
}

mod before_send {
    use super::*;

    #[test]
    fn it_may_rewrite_everything_but_the_ids() {
        let redaction = Redaction::new().before_send(|report| {
            report.id = Some("other".into());
            report.agent_id = Some("other".into());
            report.input = report.input.take().map(|input| input.replace('7', "*"));
            report.used_tools.clear();
        });
        let report = record(redaction, || ask("747"));
        assert_eq!(report.input.as_deref(), Some("*4*"));
        assert!(report.used_tools.is_empty());
        assert_eq!((report.id.as_deref(), report.agent_id), (Some("t"), None));
    }

    #[test]
    fn one_that_panics_costs_the_content_and_never_sends_it_raw() {
        let redaction = Redaction::new().before_send(|report| {
            report.result = Some("half done".into());
            panic!("hook");
        });
        let report = record(redaction, || ask("7"));
        assert_eq!((report.input, report.result), (None, None));
        assert!(report.llm_response.is_none());
        assert_eq!(report.tokens, Some(Tokens::new(7, 3)));
    }

    #[test]
    fn it_is_applied_to_what_is_sent() {
        let server = Server::always(Answer::task());
        let reporter = Reporter::builder()
            .config(config(server.url()))
            .before_send(|report| report.input = Some("rewritten".into()))
            .build()
            .unwrap();
        reporter.report(TaskReport::new().input("raw"));
        assert!(reporter.flush_blocking(LONG).is_complete());
        let body = &server.requests()[0].body;
        assert!(
            body.contains("rewritten") && !body.contains("raw"),
            "{body}"
        );
    }
}

mod targets {
    use super::*;

    #[external_task(reporter = reporter, skip_all)]
    fn plain(reporter: &Reporter) {}

    #[external_task(reporter = reporter, skip_all, name = "renamed")]
    fn named(reporter: &Reporter) {}

    fn delivered(reporter: xpander_report::ReporterBuilder) -> u64 {
        let reporter = reporter.build().unwrap();
        plain(&reporter);
        named(&reporter);
        xpander_report_tests::delivered(&reporter)
    }

    #[test]
    fn an_application_chooses_whose_runs_it_sends() {
        let server = Server::always(Answer::task());
        let builder = || Reporter::builder().config(config(server.url()));
        assert_eq!(delivered(builder()), 2);
        assert_eq!(delivered(builder().only(["redaction"])), 2);
        assert_eq!(delivered(builder().only(["other"])), 0);
        assert_eq!(delivered(builder().only(["redaction::targets::plain"])), 1);
        assert_eq!(
            delivered(builder().except(["redaction::targets::renamed"])),
            1
        );
        assert_eq!(
            delivered(builder().only(["redaction"]).except(["redaction::targets"])),
            0
        );
    }

    #[test]
    fn the_environment_may_choose_too() {
        let server = Server::always(Answer::task());
        let listed = |list: &'static str| {
            let config = config(server.url()).variables([("XPANDER_REPORT_TARGETS", list)]);
            Reporter::builder().config(config)
        };
        assert_eq!(delivered(listed("other")), 0);
        assert_eq!(
            delivered(listed("redaction, -redaction::targets::named")),
            2
        );
        assert_eq!(delivered(listed("-redaction::targets::renamed")), 1);
        assert_eq!(
            delivered(listed("other").only(["redaction"])),
            2,
            "code goes first"
        );
    }

    #[test]
    fn what_is_reported_by_hand_is_always_sent() {
        let server = Server::always(Answer::task());
        let reporter = Reporter::builder()
            .config(config(server.url()))
            .only(["other"])
            .build();
        let reporter = reporter.unwrap();
        reporter.report(TaskReport::new());
        assert_eq!(xpander_report_tests::delivered(&reporter), 1);
    }
}

mod sampling {
    use super::*;

    fn recorded(run: impl Fn()) -> usize {
        let recorder = Recorder::new();
        recorder.in_scope(|| (0..2_000).for_each(|_| run()));
        recorder.take().len()
    }

    #[test]
    fn a_share_of_the_runs_is_reported() {
        #[external_task(sample = 0.0)]
        fn never() {}
        #[external_task(sample = 1.0)]
        fn always() {}
        #[external_task(sample = 0.25)]
        fn sometimes() {}
        assert_eq!(recorded(never), 0);
        assert_eq!(recorded(always), 2_000);
        // Ten standard deviations either way.
        assert!((306..694).contains(&recorded(sometimes)));
    }

    #[test]
    fn failures_are_kept_on_request() {
        #[external_task(sample = 0.0, keep_failures)]
        fn divide(by: u32) -> Result<u32, &'static str> {
            1_u32.checked_div(by).ok_or("division by zero")
        }
        let recorder = Recorder::new();
        let results = recorder.in_scope(|| [divide(1), divide(0)]);
        assert_eq!(results, [Ok(1), Err("division by zero")]);
        let reports = recorder.take();
        assert_eq!(reports.len(), 1);
        assert_eq!(reports[0].result.as_deref(), Some("division by zero"));
        assert_eq!(reports[0].input.as_deref(), Some("0"));
    }

    #[test]
    fn a_panic_and_a_cancelled_run_are_failures() {
        #[external_task(sample = 0.0, keep_failures)]
        fn panics() {
            panic!("boom")
        }
        #[external_task(sample = 0.0, keep_failures)]
        async fn waits() {
            std::future::pending::<()>().await;
        }
        let recorder = Recorder::new();
        recorder.in_scope(|| {
            std::panic::catch_unwind(panics).unwrap_err();
            assert!(smol::block_on(smol::future::poll_once(waits())).is_none());
        });
        let results: Vec<_> = recorder
            .take()
            .into_iter()
            .map(|report| report.result)
            .collect();
        assert_eq!(
            results,
            [Some("panicked: boom".into()), Some("cancelled".into())]
        );
    }
}

#[test]
fn a_provider_s_word_for_a_failure_is_no_way_out_for_content() {
    #[external_task]
    fn run() -> serde_json::Value {
        serde_json::json!({"choices": [{"finish_reason": "a secret of the user's",
            "message": {"content": null, "refusal": "no"}}]})
    }
    let report = record(Redaction::new().capture_content(false), run);
    assert_eq!(report.is_success, Some(false));
    assert_eq!(report.result.as_deref(), Some("openai.chat"));
}
