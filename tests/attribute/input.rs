use super::*;

#[test]
fn no_argument_is_null_one_is_itself_and_several_are_an_object() {
    #[external_task]
    fn none() {}
    #[external_task]
    fn text(text: Option<&str>) {}
    #[external_task]
    fn structure(order: &Order) {}
    #[external_task]
    fn several(order: &Order, question: &str, bytes: &[u8], r#type: Option<u8>) {}
    assert_eq!(record(none).input, None);
    assert_eq!(record(|| text(Some("bare"))).input.as_deref(), Some("bare"));
    assert_eq!(record(|| text(None)).input, None);
    let one = record(|| structure(&order()));
    assert_eq!(one.input.as_deref(), Some(r#"{"id":7,"note":"fast"}"#));
    let report = record(|| several(&order(), "wh\"y", b"abc", None));
    assert_eq!(
        report.input.as_deref(),
        Some(
            r#"{"order":{"id":7,"note":"fast"},"question":"wh\"y","bytes":"<3 bytes>","type":null}"#
        )
    );
}

#[test]
#[allow(unused_variables, reason = "what is captured is what counts here")]
fn arguments_can_be_skipped_or_listed() {
    #[external_task(skip(key, r#type))]
    fn skip(question: &str, key: &str, r#type: u8) {}
    #[external_task(skip_all)]
    fn skip_all(question: &str) {}
    #[external_task(input(question, type))]
    fn only(question: &str, key: &str, r#type: u8) {}
    assert_eq!(
        record(|| skip("q", "secret", 1)).input.as_deref(),
        Some("q")
    );
    assert_eq!(record(|| skip_all("q")).input, None);
    let report = record(|| only("q", "secret", 1));
    assert_eq!(
        report.input.as_deref(),
        Some(r#"{"question":"q","type":1}"#)
    );
}

#[test]
fn an_expression_can_stand_for_the_input() {
    #[external_task(input = format!("order {}", order.id))]
    fn run(order: Order) -> String {
        order.note
    }
    assert_eq!(record(|| run(order())).input.as_deref(), Some("order 7"));
}

#[test]
fn the_input_is_taken_before_the_body_changes_it() {
    #[external_task]
    fn run(mut text: String) -> String {
        text.push('!');
        text
    }
    let report = record(|| run("x".into()));
    assert_eq!(report.input.as_deref(), Some("x"));
    assert_eq!(report.result.as_deref(), Some("x!"));
}

#[test]
fn a_capture_that_fails_or_panics_costs_its_field_and_not_the_call() {
    struct Bomb;
    impl fmt::Debug for Bomb {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("boom")
        }
    }
    #[external_task]
    fn run(bomb: Bomb, map: HashMap<(u8, u8), u8>, text: &str) -> Bomb {
        bomb
    }
    let report = record(|| run(Bomb, HashMap::from([((1, 2), 3)]), "x"));
    let input: serde_json::Value = serde_json::from_str(&report.input.clone().unwrap()).unwrap();
    assert_eq!(input["bomb"], serde_json::Value::Null);
    assert!(
        input["map"]
            .as_str()
            .unwrap()
            .contains("key must be a string")
    );
    assert_eq!(input["text"], "x");
    assert_eq!(outcome(&report), (true, None));
}
