//! One list of names for the attribute's arguments and for fields of JSON.

use serde_json::Value;
use xpander_report::external_task;
use xpander_report_tests::record;

use crate::{REDACTED, input, random};

/// Whether the attribute treats each of these as the name of a secret.
macro_rules! arguments {
    ($($name:ident)*) => {
        vec![$((stringify!($name), {
            #[external_task]
            fn run($name: &str, other: u8) {}
            let report = record(|| run("value", 0));
            let input: Value = serde_json::from_str(&report.input.expect("an input")).expect("JSON");
            input[stringify!($name)] == REDACTED
        })),*]
    };
}

/// Whether a field of this name with a machine-made text is scrubbed.
fn is_scrubbed(name: &str) -> bool {
    let json = serde_json::json!({ name: random(24) }).to_string();
    let shown = input(&json);
    assert!(
        shown == json || shown == format!(r#"{{"{name}":"{REDACTED}"}}"#),
        "{shown}"
    );
    shown != json
}

#[test]
#[allow(non_snake_case)]
fn an_argument_and_a_field_of_one_name_are_judged_alike() {
    let secrets = arguments! {
        api_key apikey apiKey openai_api_key openaiApiKey x_api_key api_keys
        password db_password dbPassword password2 new_password_1 passwords passwd user_passwd passphrase
        secret client_secret clientSecret webhook_secret secrets secret_key secretKey aws_secret_access_key
        private_key privateKey tls_private_key token access_token accessToken id_token refreshToken
        authorization proxy_authorization credential credentials aws_credentials googleCredentials jwt user_jwt
        cookie session_cookie cookies _token next_token eos_token
    };
    let others = arguments! {
        tokens max_tokens maxTokens n_tokens token_count tokenCount token_type tokenizer tokenization detoken key keys
        public_key publicKey key_id api_key_id apiKeyName keyboard monkey turkey password_hint passwordLength
        is_password_set secretary secret_name secretive cookie_policy cookiecutter authorized authorizations_count
        author credentialing compassword notoken jwt_issuer question prompt messages path pass passport word
    };
    for (names, expected) in [(secrets, true), (others, false)] {
        for (name, is_redacted) in names {
            assert_eq!(is_redacted, expected, "the argument {name}");
            assert_eq!(is_scrubbed(name), expected, "the field {name}");
        }
    }
}

#[test]
fn fields_have_styles_that_no_argument_can_have() {
    for name in [
        "API_KEY",
        "OpenAIAPIKey",
        "DB_PASSWORD",
        "AccessToken",
        "x-api-key",
        "API key",
        "Set-Cookie",
        "db.password",
        "spring.datasource.password",
        "Client Secret",
    ] {
        assert!(is_scrubbed(name), "{name}");
    }
    for name in ["What is your favourite secret", "", "-", "x-api-key-id"] {
        assert!(!is_scrubbed(name), "{name}");
    }
}
