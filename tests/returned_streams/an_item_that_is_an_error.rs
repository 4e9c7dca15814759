use super::*;

#[external_task]
fn breaks() -> impl Stream<Item = Result<&'static str, std::num::ParseIntError>> + Unpin {
    stream::iter([Ok("Hel"), "lo".parse::<u8>().map(|_| "")])
}

const REASON: &str = "invalid digit found in string: Hel";

#[test]
fn fails_the_run_with_what_came_before() {
    let (_, reports) = record(|| block_on(breaks().count()));
    assert_eq!(outcome(&reports), (Some(false), Some(REASON)));
}

#[test]
fn fails_it_too_when_nobody_asks_for_more() {
    let ((), reports) = record(|| {
        let mut stream = breaks();
        while let Some(Ok(_)) = block_on(stream.next()) {}
    });
    assert_eq!(outcome(&reports), (Some(false), Some(REASON)));
}

#[test]
fn is_told_as_the_key_says() {
    #[external_task(error = |error| format!("{} units", error.len()))]
    fn run() -> impl Stream<Item = Result<&'static str, String>> {
        stream::iter([Err("secret".to_owned())])
    }
    let (_, reports) = record(|| block_on(run().count()));
    assert_eq!(outcome(&reports), (Some(false), Some("6 units")));
}
