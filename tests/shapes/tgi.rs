use xpander_report::Shape::Tgi;

use crate::says::{expect_only_declared, says};

#[test]
fn a_single_text_is_read() {
    expect_only_declared(
        r#"{"generated_text": "Rain today."}"#,
        says(Tgi).result("Rain today."),
    );
}

#[test]
fn the_first_of_a_list_is_read_with_its_details() {
    expect_only_declared(
        r#"[{
          "generated_text": "Rain today.",
          "details": {"finish_reason": "length", "generated_tokens": 150, "seed": 42,
            "best_of_sequences": null,
            "prefill": [{"id": 0, "text": "Rain", "logprob": -0.34}],
            "tokens": [{"id": 13, "text": "Rain", "logprob": -0.11, "special": false}]}
        }]"#,
        says(Tgi)
            .result("Rain today.")
            .tokens(0, 150)
            .finish("length"),
    );
}
