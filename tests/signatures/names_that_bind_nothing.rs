use super::*;

struct Unit;
#[derive(Clone, Copy)]
enum Mode {
    Fast,
}
use Mode::Fast;

struct Setup {
    a: u8,
    #[cfg(not(test))]
    missing: Missing,
    #[cfg(test)]
    there: u8,
}

#[test]
fn are_not_captured() {
    #[external_task]
    fn constants(Unit: Unit, Fast: Mode, (None | Some(_)): Option<u8>, n: u8) -> u8 {
        n
    }
    #[external_task]
    async fn later(Unit: Unit, (Fast, n): (Mode, u8)) -> u8 {
        n
    }
    #[external_task]
    fn conditions(
        Setup {
            a,
            #[cfg(not(test))]
            missing,
            #[cfg(test)]
            there,
        }: Setup,
        more: u8,
    ) -> u8 {
        a + there + more
    }
    let setup = Setup { a: 1, there: 2 };
    let captured = input(|| conditions(setup, 3));
    assert_eq!(captured.as_deref(), Some(r#"{"a":1,"there":2,"more":3}"#));
    assert_eq!(
        input(|| constants(Unit, Fast, None, 1)).as_deref(),
        Some("1")
    );
    assert_eq!(
        input(|| block_on(later(Unit, (Fast, 1)))).as_deref(),
        Some("1")
    );
}
