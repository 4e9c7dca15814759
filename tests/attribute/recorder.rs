use super::*;

#[external_task]
async fn echo(text: &str) -> String {
    smol::future::yield_now().await;
    text.to_owned()
}

#[test]
fn scopes_that_run_side_by_side_do_not_mix() {
    let (a, b) = (Recorder::new(), Recorder::new());
    smol::block_on(smol::future::zip(a.scope(echo("a")), b.scope(echo("b"))));
    assert_eq!(a.take()[0].result.as_deref(), Some("a"));
    assert_eq!(b.take()[0].result.as_deref(), Some("b"));
}

#[test]
fn scopes_nest() {
    let (outer, inner) = (Recorder::new(), Recorder::new());
    smol::block_on(outer.scope(async {
        echo("before").await;
        inner.scope(echo("inside")).await;
        echo("after").await;
    }));
    let results = |recorder: &Recorder| -> Vec<_> {
        recorder
            .take()
            .into_iter()
            .map(|report| report.result.unwrap())
            .collect()
    };
    assert_eq!(results(&outer), ["before", "after"]);
    assert_eq!(results(&inner), ["inside"]);
}

#[test]
fn take_gives_what_would_be_sent_and_leaves_nothing() {
    let recorder = Recorder::new();
    recorder
        .reporter()
        .report(TaskReport::new().id("x").input("i"));
    let reports = recorder.take();
    assert_eq!(
        serde_json::to_string(&reports[0]).unwrap(),
        r#"{"id":"x","input":"i","llm_response":null,"tokens":null,"is_success":true,"result":null,"duration":0.0,"used_tools":[]}"#
    );
    assert!(recorder.take().is_empty());
}

#[test]
fn follows_what_is_spawned_if_it_is_told_to() {
    let recorder = Recorder::new();
    {
        let _everywhere = recorder.everywhere();
        std::thread::spawn(|| smol::block_on(echo("spawned")))
            .join()
            .unwrap();
        let scoped = Recorder::new();
        smol::block_on(scoped.scope(echo("scoped")));
        assert_eq!(scoped.take().len(), 1);
    }
    std::thread::spawn(|| smol::block_on(echo("after")))
        .join()
        .unwrap();
    let mut results = recorder
        .take()
        .into_iter()
        .filter_map(|report| report.result);
    assert!(results.any(|result| result == "spawned"));
    assert!(!results.any(|result| result == "scoped" || result == "after"));
}

#[test]
fn records_what_a_future_does_while_it_is_dropped() {
    struct Leaving;
    impl Drop for Leaving {
        fn drop(&mut self) {
            smol::block_on(echo("leaving"));
        }
    }
    let recorder = Recorder::new();
    let leaving = Leaving;
    let mut run = Box::pin(recorder.scope(async move {
        let _leaving = leaving;
        std::future::pending::<()>().await;
    }));
    assert!(smol::block_on(smol::future::poll_once(run.as_mut())).is_none());
    drop(run);
    assert_eq!(recorder.take()[0].result.as_deref(), Some("leaving"));
}

#[test]
fn a_scope_ends_with_a_panic() {
    let (outer, inner) = (Recorder::new(), Recorder::new());
    outer.in_scope(|| {
        catch_unwind(AssertUnwindSafe(|| inner.in_scope(|| panic!("test")))).unwrap_err();
        smol::block_on(echo("after"));
    });
    assert_eq!(outer.take()[0].result.as_deref(), Some("after"));
    assert!(inner.take().is_empty());
}
