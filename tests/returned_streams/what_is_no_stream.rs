use super::*;

#[derive(Debug)]
struct UpStream(u8);

#[test]
fn is_a_value_whatever_its_name() {
    #[external_task]
    async fn run() -> std::io::Result<UpStream> {
        Ok(UpStream(7))
    }
    let (value, reports) = record(|| block_on(run()).unwrap().0);
    assert_eq!(value, 7);
    assert_eq!(outcome(&reports), (Some(true), Some("UpStream(7)")));
    assert!(reports[0].duration.unwrap() > 0.0);
}

#[test]
fn is_a_value_when_it_is_an_iterator_of_a_type_of_its_own() {
    #[external_task]
    fn run() -> std::ops::Range<u8> {
        1..3
    }
    let (_, reports) = record(run);
    assert_eq!(
        outcome(&reports),
        (Some(true), Some("{\"start\":1,\"end\":3}"))
    );
}
