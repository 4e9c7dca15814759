use xpander_report::Shape::Rerank;

use crate::says::{expect_only_declared, says};

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
