use xpander_report::Shape;

use crate::says::{Says, expect_only_declared, read, says};

fn error(failure: &str) -> Says {
    says(Shape::Error).failure(failure)
}

#[test]
fn openais_has_a_code_and_a_message() {
    expect_only_declared(
        r#"{"error": {"message": "The model `gpt-9` does not exist.",
            "type": "invalid_request_error", "param": null, "code": "model_not_found"}}"#,
        error(
            "the provider answered with an error (model_not_found): The model `gpt-9` does not \
             exist.",
        ),
    );
    expect_only_declared(
        r#"{"error": {"message": "Rate limit reached.", "type": "requests", "param": null,
            "code": null}}"#,
        error("the provider answered with an error (requests): Rate limit reached."),
    );
}

#[test]
fn azures_number_says_what_it_is_where_no_word_does() {
    expect_only_declared(
        r#"{"error": {"code": "404", "message": "Resource not found"}}"#,
        error("the provider answered with an error (404): Resource not found"),
    );
    expect_only_declared(
        r#"{"error": {"code": "DeploymentNotFound", "message": "Wait a moment."}}"#,
        error("the provider answered with an error (DeploymentNotFound): Wait a moment."),
    );
}

#[test]
fn anthropics_has_a_type() {
    expect_only_declared(
        r#"{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"},
            "request_id": "req_011"}"#,
        error("the provider answered with an error (overloaded_error): Overloaded"),
    );
}

#[test]
fn geminis_has_a_status_and_may_stand_in_a_list() {
    let json = r#"{"error": {"code": 400, "message": "API key not valid.",
        "status": "INVALID_ARGUMENT", "details": [{"reason": "API_KEY_INVALID"}]}}"#;
    let says = "the provider answered with an error (INVALID_ARGUMENT): API key not valid.";
    expect_only_declared(json, error(says));
    expect_only_declared(&format!("[{json}]"), error(says));
}

#[test]
fn mistrals_has_its_fields_on_top() {
    expect_only_declared(
        r#"{"object": "error", "message": "Invalid model: m", "type": "invalid_model",
            "param": null, "code": "1500", "raw_status_code": 400}"#,
        error("the provider answered with an error (invalid_model): Invalid model: m"),
    );
    expect_only_declared(
        r#"{"object": "error", "message": {"detail": [{"type": "missing",
            "loc": ["body", "model"], "msg": "Field required", "input": {}}]},
            "type": "invalid_request_error", "param": null, "code": null}"#,
        error("the provider answered with an error (invalid_request_error): Field required"),
    );
}

#[test]
fn one_without_error_is_one_where_it_is_all_there_is() {
    for (json, says) in [
        (
            r#"{"message": "No model of that name."}"#,
            "the provider answered with an error: No model of that name.",
        ),
        (
            r#"{"detail": "The key has expired."}"#,
            "the provider answered with an error: The key has expired.",
        ),
        (
            r#"{"detail": [{"loc": ["body", "model"], "msg": "Field required", "type": "missing"}]}"#,
            "the provider answered with an error: Field required",
        ),
        (
            r#"{"title": "Unauthenticated", "detail": "No valid token.", "status": 401}"#,
            "the provider answered with an error (Unauthenticated): No valid token.",
        ),
        (
            r#"{"__type": "com.example#ThrottlingException", "Message": "Slow down."}"#,
            "the provider answered with an error (com.example#ThrottlingException): Slow down.",
        ),
        (
            r#"{"code": "Throttling.RateQuota", "message": "Slow down."}"#,
            "the provider answered with an error (Throttling.RateQuota): Slow down.",
        ),
        (
            r#"{"error_code": 18, "error_msg": "Open api qps request limit reached"}"#,
            "the provider answered with an error (18): Open api qps request limit reached",
        ),
        (
            r#"{"status_code": 400, "request_id": "r", "code": "InvalidParameter",
                "message": "No such model.", "output": null, "usage": null}"#,
            "the provider answered with an error (InvalidParameter): No such model.",
        ),
        (
            r#"{"statusCode": 429, "message": "Rate limit is exceeded."}"#,
            "the provider answered with an error (429): Rate limit is exceeded.",
        ),
        (
            r#"{"errors": [{"code": "model_not_supported", "message": "No such model"}],
                "trace": "t", "status_code": 404}"#,
            "the provider answered with an error (404): No such model",
        ),
    ] {
        expect_only_declared(json, error(says));
    }
    expect_only_declared(
        r#"{"id": "7321", "message": "model 'm' not found"}"#,
        error("the provider answered with an error: model 'm' not found").id("7321"),
    );
}

#[test]
fn one_without_error_says_nothing_beside_what_else_there_is() {
    for json in [
        r#"{"message": "Stored.", "status": "success"}"#,
        r#"{"message": "Stored.", "code": 0}"#,
        r#"{"message": "Stored.", "code": 200}"#,
        r#"{"message": "Stored.", "code": "OK"}"#,
        r#"{"message": "Stored.", "success": true}"#,
        r#"{"message": "Stored.", "type": "progress"}"#,
        r#"{"message": "Stored.", "items": []}"#,
        r#"{"detail": {"street": "Quay 3"}}"#,
        r#"{"ok": false, "error": "channel_not_found"}"#,
        r#"{"error": "Unauthorized", "status": 401}"#,
        r#"{"errors": [{"code": 5007, "message": "No such model"}]}"#,
    ] {
        assert_eq!(read(json), None, "{json}");
    }
}

#[test]
fn one_at_http_200_is_read_as_well() {
    expect_only_declared(
        r#"{"base_resp": {"status_code": 2013, "status_msg": "invalid params"}}"#,
        error("the provider answered with an error (2013): invalid params"),
    );
    expect_only_declared(
        r#"{"id": "7", "object": "chat.completion", "choices": null,
            "base_resp": {"status_code": 1026, "status_msg": "input new_sensitive"}}"#,
        error("the provider answered with an error (1026): input new_sensitive").id("7"),
    );
    expect_only_declared(
        r#"{"success": false, "result": null, "messages": [],
            "errors": [{"code": 3040, "message": "Capacity temporarily exceeded."}]}"#,
        error("the provider answered with an error (3040): Capacity temporarily exceeded."),
    );
    for json in [
        r#"{"base_resp": {"status_code": 0, "status_msg": ""}, "created": 3}"#,
        r#"{"success": false, "errors": [], "messages": [], "result": null}"#,
    ] {
        assert_eq!(read(json), None, "{json}");
    }
}

#[test]
fn ollamas_is_a_text() {
    expect_only_declared(
        r#"{"error": "model 'm' not found"}"#,
        error("the provider answered with an error: model 'm' not found"),
    );
}

#[test]
fn xais_is_a_text_beside_a_code() {
    expect_only_declared(
        r#"{"code": "invalid-argument", "error": "Model not found: m"}"#,
        error("the provider answered with an error (invalid-argument): Model not found: m"),
    );
}

#[test]
fn hugging_faces_may_say_more_than_its_text() {
    expect_only_declared(
        r#"{"error": "Model m is currently loading", "estimated_time": 305.6}"#,
        error("the provider answered with an error: Model m is currently loading"),
    );
    expect_only_declared(
        r#"{"error": ["Error in `inputs`: field required"]}"#,
        error("the provider answered with an error: Error in `inputs`: field required"),
    );
    expect_only_declared(
        r#"{"error": "Input is too long", "error_type": "validation"}"#,
        error("the provider answered with an error (validation): Input is too long"),
    );
}

#[test]
fn what_one_provider_says_of_another_is_read_as_well() {
    expect_only_declared(
        r#"{"error": {"message": "Provider returned error", "code": 429,
            "metadata": {"raw": "rate-limited upstream", "provider_name": "Google"}},
            "user_id": "user_1"}"#,
        error(
            "the provider answered with an error (429): Provider returned error: rate-limited \
             upstream",
        ),
    );
}

#[test]
fn an_error_in_an_error_is_read() {
    expect_only_declared(
        r#"{"type": "error", "error": {"type": "error", "sequence_number": 2,
            "error": {"type": "server_error", "code": "server_error", "message": "Oops."}}}"#,
        error("the provider answered with an error (server_error): Oops."),
    );
}

#[test]
fn a_type_that_only_says_error_is_not_repeated() {
    expect_only_declared(
        r#"{"type": "error", "message": "disk full"}"#,
        error("the provider answered with an error: disk full"),
    );
}

#[test]
fn an_empty_error_is_none() {
    for json in [
        r#"{"error": null}"#,
        r#"{"error": ""}"#,
        r#"{"error": {}}"#,
        r#"{"error": {"message": ""}}"#,
        r#"{"error": false, "errors": [], "message": "created"}"#,
        r#"{"error": "", "message": "created"}"#,
        r#"{"error": [], "message": "created", "data": {}}"#,
        r#"{"message": "created", "status": "success"}"#,
        r#"{"type": "started", "message": {"id": 1}}"#,
        r#"[{"message": "one"}, {"message": "two"}]"#,
    ] {
        assert_eq!(read(json), None, "{json}");
    }
}
