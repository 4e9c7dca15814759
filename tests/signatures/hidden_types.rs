use super::*;

#[test]
fn tell_the_body_what_its_value_must_be() {
    #[external_task]
    fn empty() -> impl IntoIterator<Item = String> {
        Vec::new()
    }
    #[external_task]
    async fn empty_later() -> impl IntoIterator<Item = char> {
        smol::future::yield_now().await;
        Vec::new()
    }
    #[external_task]
    fn nothing() -> (u8, impl IntoIterator<Item = u64>) {
        (1, None)
    }
    #[external_task]
    fn words() -> impl Iterator<Item = String> {
        Vec::new().into_iter()
    }
    assert_eq!(result(empty).as_deref(), Some("[]"));
    assert_eq!(result(|| block_on(empty_later())).as_deref(), Some("[]"));
    assert_eq!(result(nothing).as_deref(), Some("[1,null]"));
    assert_eq!(words().count(), 0);
}
