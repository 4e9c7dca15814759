use super::*;

type Spawned<T> = Result<Result<T, String>, fmt::Error>;

#[external_task]
fn spawned(ok: bool) -> Spawned<u8> {
    Ok(if ok { Ok(7) } else { Err("down".to_owned()) })
}

#[external_task]
fn three(text: &str) -> Result<Spawned<usize>, Outer> {
    match text {
        "outer" => Err(Outer(Inner)),
        "middle" => Ok(Err(fmt::Error)),
        "inner" => Ok(Ok(Err("inner".to_owned()))),
        text => Ok(Ok(Ok(text.len()))),
    }
}

#[external_task]
fn optional(found: Option<bool>) -> Option<Result<u8, String>> {
    found.map(|ok| if ok { Ok(7) } else { Err("down".to_owned()) })
}

#[external_task]
fn borrowed(cached: &Result<u8, String>) -> &Result<u8, String> {
    cached
}

#[external_task]
fn boxed() -> Box<Result<u8, String>> {
    Box::new(Err("down".to_owned()))
}

#[test]
fn decides_by_the_innermost() {
    assert_eq!(outcome(&record(|| spawned(true))), (true, Some("7")));
    assert_eq!(outcome(&record(|| spawned(false))), (false, Some("down")));
    let why = |text| record(|| three(text).is_ok());
    let chain = "the model was not reached: connection refused";
    assert_eq!(outcome(&why("outer")), (false, Some(chain)));
    assert!(!why("middle").is_success.unwrap());
    assert_eq!(outcome(&why("inner")), (false, Some("inner")));
    assert_eq!(outcome(&why("four")), (true, Some("4")));
    assert_eq!(outcome(&record(|| optional(None))), (true, None));
    assert_eq!(outcome(&record(|| optional(Some(true)))), (true, Some("7")));
    assert_eq!(
        outcome(&record(|| optional(Some(false)))),
        (false, Some("down"))
    );
    let cached = Err("cached".to_owned());
    assert_eq!(
        outcome(&record(|| borrowed(&cached).is_ok())),
        (false, Some("cached"))
    );
    assert_eq!(outcome(&record(boxed)), (false, Some("down")));
}

#[test]
fn is_told_by_its_type_where_a_key_tells_the_outer_error() {
    #[external_task(error = |_: &fmt::Error| "public")]
    fn run(inner: bool) -> Spawned<u8> {
        if inner {
            Ok(Err("secret".to_owned()))
        } else {
            Err(fmt::Error)
        }
    }
    assert_eq!(outcome(&record(|| run(false))), (false, Some("public")));
    let name = "<alloc::string::String>";
    assert_eq!(outcome(&record(|| run(true))), (false, Some(name)));
}
