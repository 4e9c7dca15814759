use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use tower::ServiceExt;
use xpander_report::testing::Recorder;
use xpander_report::{TaskLayer, Tokens, current_task};

use crate::outcome;

async fn answer(question: String) -> Result<String, StatusCode> {
    current_task().tokens(Tokens::new(7, 3));
    match question.is_empty() {
        true => Err(StatusCode::INTERNAL_SERVER_ERROR),
        false => Ok(format!("About {question}: 42")),
    }
}

#[test]
fn each_request_to_a_route_of_axum_is_a_run() {
    let layer = TaskLayer::new("tests::answer")
        .id(|request: &Request| {
            let id = request.headers().get("x-request-id");
            id.and_then(|id| id.to_str().ok()).map(str::to_owned)
        })
        .input(|request| format!("{} {}", request.method(), request.uri()))
        .result(|response: &Response| response.status().as_u16())
        .is_success(|response| !response.status().is_server_error());
    let router = Router::new()
        .route("/answer", post(answer))
        .layer(layer)
        .route("/health", post(async || "fine"));

    let recorder = Recorder::new();
    let send = |path, id, body: &'static str| {
        let request = Request::post(path).header("x-request-id", id);
        let request = request.body(Body::from(body)).unwrap();
        let answering = recorder.scope(router.clone().oneshot(request));
        smol::block_on(answering).unwrap().status().as_u16()
    };
    assert_eq!(send("/answer", "request-1", "life"), 200);
    assert_eq!(send("/answer", "request-2", ""), 500);
    assert_eq!(send("/health", "request-3", ""), 200);

    let reports = recorder.take();
    let ids: Vec<_> = reports.iter().map(|it| it.id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["request-1", "request-2"]);
    assert_eq!(reports[0].input.as_deref(), Some("POST /answer"));
    assert_eq!(reports[0].tokens, Some(Tokens::new(7, 3)));
    assert_eq!(outcome(&reports[0]), (true, Some("200")));
    assert_eq!(outcome(&reports[1]), (false, Some("500")));
}
