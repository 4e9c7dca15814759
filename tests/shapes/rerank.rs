use xpander_report::Shape::Rerank;

use crate::says::{expect_only_declared, read, says};

#[test]
fn coheres_count_searches_not_tokens() {
    expect_only_declared(
        r#"{"id": "0773", "results": [{"index": 3, "relevance_score": 0.999071},
                                      {"index": 0, "relevance_score": 0.32713068}],
            "meta": {"api_version": {"version": "2", "is_experimental": false},
                     "billed_units": {"search_units": 1}}}"#,
        says(Rerank).id("0773"),
    );
}

#[test]
fn the_tokens_of_others_are_prompt() {
    expect_only_declared(
        r#"{"object": "list", "data": [{"relevance_score": 0.57, "index": 1}],
            "model": "rerank-2.5", "usage": {"total_tokens": 12}}"#,
        says(Rerank).model("rerank-2.5").tokens(12, 0),
    );
}

#[test]
fn any_spelling_is_read() {
    expect_only_declared(
        r#"{"results": [{"index": 2, "relevanceScore": 0.61}, {"index": 0, "relevanceScore": 0.2}]}"#,
        says(Rerank),
    );
    expect_only_declared(
        r#"{"data": [{"index": 2, "score": 0.61}], "model": "r", "usage": {"total_tokens": 9}}"#,
        says(Rerank).model("r").tokens(9, 0),
    );
    expect_only_declared(
        r#"{"output": {"results": [{"index": 0, "relevance_score": 0.9}]},
            "usage": {"total_tokens": 12}, "request_id": "r"}"#,
        says(Rerank).tokens(12, 0),
    );
    expect_only_declared(
        r#"[{"index": 1, "score": 0.9}, {"index": 0, "score": 0.1}]"#,
        says(Rerank),
    );
}

#[test]
fn that_nothing_was_found_is_an_answer_too() {
    expect_only_declared(
        r#"{"model": "r", "object": "list", "results": [], "usage": {"prompt_tokens": 31,
            "total_tokens": 31}}"#,
        says(Rerank).model("r").tokens(31, 0),
    );
    expect_only_declared(
        r#"{"id": "0774", "results": [], "meta": {"billed_units": {"search_units": 1}}}"#,
        says(Rerank).id("0774"),
    );
    assert_eq!(read(r#"{"results": [], "total": 0}"#), None);
}
