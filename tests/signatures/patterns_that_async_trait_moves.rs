use super::*;

struct Login {
    user: String,
    #[allow(dead_code)]
    key: &'static str,
}

#[async_trait::async_trait]
trait Ask {
    async fn ask(&self, login: Login, pair: (u8, String), _: u8, plain: u8) -> usize;
}

struct Asks;

#[async_trait::async_trait]
impl Ask for Asks {
    #[external_task(id = user.as_str(), skip(b))]
    async fn ask(
        &self,
        Login { mut user, .. }: Login,
        (ref a, b): (u8, String),
        _: u8,
        plain: u8,
    ) -> usize {
        user.push('!');
        user.len() + usize::from(*a) + b.len() + usize::from(plain)
    }
}

#[test]
fn are_captured_by_the_names_that_they_bind() {
    let login = Login {
        user: "ada".to_owned(),
        key: "hidden",
    };
    let report = record(|| block_on(async { Asks.ask(login, (1, "bc".to_owned()), 0, 5).await }));
    assert_eq!(
        report.input.as_deref(),
        Some(r#"{"user":"ada","a":1,"plain":5}"#)
    );
    assert_eq!(report.id.as_deref(), Some("ada"));
    assert_eq!(report.result.as_deref(), Some("12"));
}
