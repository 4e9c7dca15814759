//! The run that a response belongs to.

use futures_util::future::join_all;
use tower::{ServiceExt, service_fn};
use xpander_report::{CatchResponses, InTask, Tokens, current_task, external_task};
use xpander_report_tests::provider::{TOKENS, answering, completion};
use xpander_report_tests::server::{Answer, Server};

use crate::clients::get;
use crate::{only, raw, record};

#[external_task(skip_all)]
async fn fetch(url: String) -> usize {
    let answer = get(url).await.expect("an answer");
    answer.bytes().await.expect("a body").len()
}

#[tokio::test]
async fn runs_at_once_do_not_mix() {
    let server = Server::start(|_, request| {
        let name = request.line.rsplit('/').next().unwrap_or_default();
        Answer::json(200, completion(name, &format!("I am {name}.")).to_string())
    });
    let runs = (0..50).map(|number| {
        let url = format!("{}/{number}", server.url());
        async move {
            let (_, reports) = record(fetch(url)).await;
            let answer = completion(&number.to_string(), &format!("I am {number}."));
            assert_eq!(raw(only(&reports)), Some(&*answer.to_string()));
            assert_eq!(only(&reports).tokens, Some(TOKENS));
        }
    });
    join_all(runs).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn runs_in_tasks_of_their_own_do_not_mix() {
    let server = Server::start(|_, request| {
        let name = request.line.rsplit('/').next().unwrap_or_default();
        Answer::json(200, completion(name, &format!("I am {name}.")).to_string())
    });
    let runs = (0..50).map(|number| {
        let run = fetch(format!("{}/{number}", server.url()));
        let run = tokio::spawn(async move { record(run).await });
        async move {
            let (_, reports) = run.await.expect("no panic");
            assert!(
                raw(only(&reports))
                    .unwrap()
                    .contains(&format!("I am {number}."))
            );
        }
    });
    join_all(runs).await;
}

#[tokio::test]
async fn several_answers_of_a_run_add_up() {
    #[external_task(skip_all)]
    async fn fetch_both(server: &Server) {
        for name in ["a", "b"] {
            let answer = get(format!("{}/{name}", server.url())).await;
            answer.expect("an answer").bytes().await.expect("a body");
        }
    }
    let server = Server::start(|_, request| {
        let name = request.line.rsplit('/').next().unwrap_or_default();
        Answer::json(200, completion(name, name).to_string())
    });
    let ((), reports) = record(fetch_both(&server)).await;
    let report = only(&reports);
    assert_eq!(report.tokens, Some(Tokens::new(38, 20)));
    let both = format!("[{},{}]", completion("a", "a"), completion("b", "b"));
    assert_eq!(raw(report), Some(&*both));
    assert_eq!(report.result.as_deref(), Some("b"));
}

#[tokio::test]
async fn a_nested_run_has_its_own() {
    #[external_task(skip_all)]
    async fn outer(url: String) -> usize {
        fetch(url).await
    }
    let server = answering(&completion("chatcmpl-1", "Rain."));
    let (_, reports) = record(outer(server.url())).await;
    let [inner, outer] = &reports[..] else {
        panic!("two reports: {reports:#?}")
    };
    assert_eq!((inner.tokens, outer.tokens), (Some(TOKENS), None));
    assert_eq!(raw(outer), None);
}

#[tokio::test]
async fn outside_a_run_nothing_is_copied() {
    let answer = completion("chatcmpl-1", "Rain.").to_string();
    let service = service_fn(|(): ()| {
        let answer = http::Response::new(answer.clone());
        async { Ok::<_, std::convert::Infallible>(answer) }
    });
    let service = tower::ServiceBuilder::new()
        .layer(CatchResponses::new())
        .service(service);
    let (answer, reports) = record(service.oneshot(())).await;
    let body = format!("{:?}", answer.unwrap().into_body());
    assert!(body.contains("copying: None"), "{body}");
    assert_eq!(reports.len(), 0);
}

#[tokio::test]
async fn what_a_run_began_is_its_own_wherever_it_ends() {
    #[external_task(skip_all)]
    async fn read_elsewhere(url: String) -> usize {
        let answer = get(url).await.expect("an answer");
        let read = tokio::spawn(async move {
            assert_eq!(current_task().id(), None);
            answer.bytes().await
        });
        read.await.expect("no panic").expect("a body").len()
    }
    let server = answering(&completion("chatcmpl-1", "Rain."));
    let (_, reports) = record(read_elsewhere(server.url())).await;
    assert_eq!(only(&reports).tokens, Some(TOKENS));
}

#[tokio::test]
async fn a_task_that_is_spawned_is_the_run_s_only_if_carried() {
    #[external_task(skip_all)]
    async fn spawn(url: String, carry: bool) {
        let read = async { get(url).await.expect("an answer").bytes().await };
        let read = if carry {
            tokio::spawn(read.in_task(current_task()))
        } else {
            tokio::spawn(read)
        };
        read.await.expect("no panic").expect("a body");
    }
    let server = answering(&completion("chatcmpl-1", "Rain."));
    let ((), reports) = record(spawn(server.url(), true)).await;
    assert_eq!(only(&reports).tokens, Some(TOKENS));
    let ((), reports) = record(spawn(server.url(), false)).await;
    assert_eq!(only(&reports).tokens, None);
}

#[tokio::test]
async fn what_is_no_provider_s_response_is_forgotten() {
    for body in ["", "<html></html>", r#"{"rain": true}"#, "[1, 2"] {
        let server = Server::always(Answer::json(200, body));
        let (length, reports) = record(fetch(server.url())).await;
        assert_eq!(length, body.len());
        assert_eq!(raw(only(&reports)), None, "{body}");
        assert_eq!(only(&reports).tokens, None);
    }
}
