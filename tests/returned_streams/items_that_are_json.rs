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
