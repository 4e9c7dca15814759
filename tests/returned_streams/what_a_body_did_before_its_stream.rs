use super::*;

#[test]
fn is_reported_though_nobody_polls_it() {
    #[external_task]
    fn run() -> impl Iterator<Item = u8> {
        current_task().used_tool("search");
        0..3
    }
    let ((), reports) = record(|| drop(run()));
    assert_eq!(outcome(&reports), (Some(false), Some("cancelled")));
    assert_eq!(reports[0].used_tools, ["search"]);
}
