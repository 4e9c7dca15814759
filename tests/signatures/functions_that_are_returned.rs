use super::*;

#[test]
fn tell_their_closures_what_they_take() {
    #[external_task]
    fn prompt(about: String) -> impl Fn(&str) -> String {
        move |question| format!("{about}: {}", question.trim())
    }
    #[external_task]
    fn first() -> impl FnMut(&mut Vec<u8>, usize) -> Option<u8> + Send {
        |bytes, at| bytes.get(at).copied()
    }
    #[external_task]
    fn trimmed<'a, T: AsRef<str> + 'a>(by: T) -> impl FnOnce(&str) -> &str + use<'a, T> {
        move |text| text.trim_matches(by.as_ref().chars().next().unwrap_or(' '))
    }
    #[external_task]
    fn length() -> impl Fn(String) -> usize {
        |text| text.len()
    }
    assert_eq!(prompt("x".to_owned())(" y "), "x: y");
    assert_eq!(first()(&mut vec![7], 0), Some(7));
    assert_eq!(trimmed("-")("-a-"), "a");
    assert_eq!(length()("four".to_owned()), 4);
}
