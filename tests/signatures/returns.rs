use super::*;

trait Animal: Debug {}
#[derive(Debug)]
struct Dog;
impl Animal for Dog {}

#[test]
fn a_value_becomes_a_trait_object() {
    #[external_task]
    fn plain() -> Box<dyn Animal> {
        Box::new(Dog)
    }
    #[external_task]
    fn sync(ok: bool) -> Result<Box<dyn Animal>, Box<dyn std::error::Error>> {
        if ok {
            Ok(Box::new(Dog))
        } else {
            Err("none".into())
        }
    }
    #[external_task]
    async fn later() -> Result<Box<dyn Animal>, String> {
        Ok(Box::new(Dog))
    }
    #[external_task]
    async fn early(early: bool) -> Option<Arc<dyn Animal>> {
        if early {
            return Some(Arc::new(Dog));
        }
        None
    }
    #[external_task]
    fn slice(bytes: &[u8; 2]) -> &[u8] {
        bytes
    }
    #[external_task]
    async fn function() -> fn(u32) -> u32 {
        |n| n + 1
    }
    assert_eq!(result(plain).as_deref(), Some("Dog"));
    assert_eq!(result(|| sync(true).is_ok()).as_deref(), Some("Dog"));
    assert_eq!(result(|| sync(false).is_err()).as_deref(), Some("none"));
    assert_eq!(result(|| block_on(later())).as_deref(), Some("Dog"));
    assert_eq!(
        result(|| block_on(early(true))).as_deref(),
        Some("Some(Dog)")
    );
    assert_eq!(
        result(|| slice(&[1, 2]).len()).as_deref(),
        Some("<2 bytes>")
    );
    assert_eq!(block_on(function())(1), 2);
}

#[test]
fn the_return_type_decides_what_is_collected_parsed_and_converted() {
    #[external_task]
    fn collected(text: &str) -> Vec<char> {
        text.chars().collect()
    }
    #[external_task]
    async fn collected_async(text: &str) -> Result<Vec<u32>, std::num::ParseIntError> {
        text.split(' ').map(str::parse).collect()
    }
    #[external_task]
    fn parsed(text: &str) -> Option<u32> {
        text.parse().ok()
    }
    #[external_task]
    async fn defaulted() -> (String, u8) {
        Default::default()
    }
    #[external_task]
    fn converted(text: &str) -> Result<Arc<str>, String> {
        Ok(text.into())
    }
    assert_eq!(result(|| collected("ab")).as_deref(), Some(r#"["a","b"]"#));
    assert_eq!(
        result(|| block_on(collected_async("1 2")).is_ok()).as_deref(),
        Some("[1,2]")
    );
    assert_eq!(result(|| parsed("1")).as_deref(), Some("1"));
    assert_eq!(
        result(|| block_on(defaulted())).as_deref(),
        Some(r#"["",0]"#)
    );
    assert_eq!(result(|| converted("x").is_ok()).as_deref(), Some("x"));
}

#[test]
fn nothing_is_returned() {
    #[external_task]
    fn sync(seen: &mut bool) {
        *seen = true;
    }
    #[external_task]
    async fn later(seen: &mut bool) -> () {
        *seen = true;
    }
    let (mut a, mut b) = (false, false);
    sync(&mut a);
    block_on(later(&mut b));
    assert!(a && b);
}
