use xpander_report::Shape::Embeddings;

use crate::says::{expect_only_declared, read, says};

#[test]
fn openais_have_a_prompt_and_nothing_else() {
    expect_only_declared(
        r#"{
          "object": "list",
          "data": [{"object": "embedding", "embedding": [0.0023, -0.0093], "index": 0}],
          "model": "text-embedding-3-small",
          "usage": {"prompt_tokens": 8, "total_tokens": 8}
        }"#,
        says(Embeddings)
            .model("text-embedding-3-small")
            .tokens(8, 0),
    );
}

#[test]
fn openais_may_be_base64() {
    expect_only_declared(
        r#"{"object": "list", "data": [{"object": "embedding", "embedding": "zcyMPw==",
            "index": 0}], "model": "m", "usage": {"prompt_tokens": 8, "total_tokens": 8}}"#,
        says(Embeddings).model("m").tokens(8, 0),
    );
}

#[test]
fn coheres_are_lists_or_lists_by_type() {
    for embeddings in [
        "[[0.016, -0.008], [0.1, 0.2]]",
        r#"{"float": [[0.016, -0.008]]}"#,
        r#"{"int8": [[-21, 3]]}"#,
        r#"{"ubinary": [[21, 3]], "base64": ["zcyMPw=="]}"#,
    ] {
        expect_only_declared(
            &format!(
                r#"{{"id": "da6e", "texts": ["hello"], "embeddings": {embeddings},
                     "meta": {{"api_version": {{"version": "2"}},
                              "billed_units": {{"input_tokens": 2}}}},
                     "response_type": "embeddings_by_type"}}"#
            ),
            says(Embeddings).id("da6e").tokens(2, 0),
        );
    }
}

#[test]
fn geminis_are_one_or_many() {
    for embedding in [
        r#""embedding": {"values": [0.01, 0.02]}"#,
        r#""embeddings": [{"values": [0.01, 0.02]}, {"values": [0.03]}]"#,
    ] {
        expect_only_declared(
            &format!(r#"{{{embedding}, "usageMetadata": {{"promptTokenCount": 14}}}}"#),
            says(Embeddings).tokens(14, 0),
        );
    }
    expect_only_declared(
        r#"{"embedding": {"values": [0.01, 0.02]}}"#,
        says(Embeddings),
    );
}

#[test]
fn vertexs_tokens_are_added() {
    expect_only_declared(
        r#"{
          "predictions": [
            {"embeddings": {"statistics": {"truncated": false, "token_count": 5},
                            "values": [0.02, -0.03]}},
            {"embeddings": {"statistics": {"truncated": false, "token_count": 6},
                            "values": [0.04, -0.05]}}],
          "metadata": {"billableCharacterCount": 29}
        }"#,
        says(Embeddings).tokens(11, 0),
    );
}

#[test]
fn ollamas_are_many_or_one() {
    expect_only_declared(
        r#"{"model": "all-minilm", "embeddings": [[0.01, -0.0017]], "total_duration": 14143917,
            "load_duration": 1019500, "prompt_eval_count": 8}"#,
        says(Embeddings).model("all-minilm").tokens(8, 0),
    );
    expect_only_declared(r#"{"embedding": [0.5, 0.4]}"#, says(Embeddings));
}

#[test]
fn voyages_prompt_is_the_total() {
    expect_only_declared(
        r#"{"object": "list", "data": [{"object": "embedding", "embedding": [0.1], "index": 0}],
            "model": "voyage-3.5", "usage": {"total_tokens": 10}}"#,
        says(Embeddings).model("voyage-3.5").tokens(10, 0),
    );
}

#[test]
fn titans_and_novas_are_read() {
    expect_only_declared(
        r#"{"embedding": [0.1, 0.2], "embeddingsByType": {"float": [0.1, 0.2]},
            "inputTextTokenCount": 11}"#,
        says(Embeddings).tokens(11, 0),
    );
    expect_only_declared(
        r#"{"embeddings": [{"embedding": [-0.02, 0.01], "embeddingType": "TEXT"}]}"#,
        says(Embeddings),
    );
}

#[test]
fn three_thousand_numbers_are_an_embedding_like_any() {
    let numbers = vec!["-0.0123456789"; 3000].join(", ");
    let json = format!(
        r#"{{"object": "list", "data": [{{"embedding": [{numbers}], "index": 0}}],
             "model": "m", "usage": {{"prompt_tokens": 8, "total_tokens": 8}}}}"#
    );
    assert_eq!(read(&json), Some(says(Embeddings).model("m").tokens(8, 0)));
}
