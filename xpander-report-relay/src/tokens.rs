//! The file with the tokens.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use tokio::task::spawn_blocking;
use xpander_report_http::access::{Access, Agents, Token};

use crate::error::Error;

/// A larger file holds no tokens.
const MAX_BYTES: u64 = 1 << 20;
/// How often the file is read.
const PAUSE: Duration = Duration::from_secs(1);

/// A file with a token in each line, and the agents that it is for.
#[derive(Debug)]
pub(crate) struct TokensFile {
    path: PathBuf,
    /// The text of the file whose tokens are valid now.
    text: String,
    /// The text that was read last. It takes effect when it is read twice, because a file may be read while it is being
    /// written.
    read: String,
    /// The last message about the file.
    told: Option<String>,
}

impl TokensFile {
    pub(crate) fn open(path: PathBuf) -> Result<(Self, Vec<Token>), Error> {
        let problem = |problem: String| Error::Tokens {
            path: path.clone(),
            problem,
        };
        let text = read(&path).map_err(|error| problem(error.to_string()))?;
        let tokens = parse(&text).map_err(problem)?;
        let file = Self {
            path,
            read: text.clone(),
            text,
            told: None,
        };
        Ok((file, tokens))
    }

    /// Reads the file periodically and applies its changes.
    pub(crate) async fn watch(self, access: Arc<Access>) {
        let mut file = self;
        loop {
            tokio::time::sleep(PAUSE).await;
            let looked = spawn_blocking(move || {
                let changed = file.look();
                (file, changed)
            });
            let changed;
            (file, changed) = match looked.await {
                Ok(looked) => looked,
                Err(_) => return,
            };
            match changed {
                Ok(None) => file.told = None,
                Ok(Some(tokens)) => {
                    let count = tokens.len();
                    access.replace_tokens(tokens);
                    file.tell(format!("its {count} tokens are now valid"));
                }
                Err(problem) => file.tell(format!("{problem}; the previous tokens stay valid")),
            }
        }
    }

    /// The tokens, if they have changed.
    fn look(&mut self) -> Result<Option<Vec<Token>>, String> {
        let text = read(&self.path).map_err(|error| error.to_string())?;
        let is_whole = std::mem::replace(&mut self.read, text) == self.read;
        if self.read == self.text {
            return Ok(None);
        }
        if !is_whole {
            return Ok(None);
        }
        let tokens = parse(&self.read)?;
        self.text.clone_from(&self.read);
        Ok(Some(tokens))
    }

    /// Prints the message, unless it is the same as the last one.
    fn tell(&mut self, what: String) {
        use std::io::Write;

        if self.told.as_ref() != Some(&what) {
            let path = self.path.display();
            let _ = writeln!(io::stderr(), "The tokens file {path}: {what}");
            self.told = Some(what);
        }
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let file = fs::File::open(path)?;
    file.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        let problem = format!("it is larger than {MAX_BYTES} bytes");
        return Err(io::Error::other(problem));
    }
    Ok(text)
}

/// The tokens of a file: each line has a token, then the agents that it may report for.
fn parse(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut known = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let number = number + 1;
        // A token may hold this character, so a comment stands alone or behind a space.
        let line = match line.split_once(" #").or_else(|| line.split_once("\t#")) {
            Some((line, _)) => line,
            None => line,
        };
        if line.trim_start().starts_with('#') {
            continue;
        }
        let mut words = line.split_whitespace();
        let Some(token) = words.next() else { continue };
        if known.contains(&token) {
            return Err(format!("line {number} repeats the token of another line"));
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!(
                "the token in line {number} has characters that an HTTP header cannot contain"
            ));
        }
        known.push(token);
        let agents: Vec<_> = words.map(str::to_owned).collect();
        if agents.is_empty() {
            return Err(format!(
                "line {number} names no agent: add the agents after the token, or * for all"
            ));
        }
        let agents = match agents.iter().any(|agent| agent == "*") {
            true => Agents::All,
            false => Agents::These(agents.into()),
        };
        tokens.push(Token::of(token.to_owned(), agents));
    }
    if tokens.is_empty() {
        return Err("it contains no token".to_owned());
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        parse(text).expect_err("a problem")
    }

    #[test]
    fn a_line_has_a_token_and_its_agents() {
        let text = "# who may report\n\none  agent-1 agent-2 # two agents\ntwo\t*\r\n  # indented\n#three *\nfo#ur a";
        let tokens = parse(text).expect("tokens");
        let access = Access::by_tokens(tokens);
        let agents = |token: &str| {
            let value = token.parse().expect("a header");
            access.admit(
                &[("x-api-key".parse().expect("a name"), value)]
                    .into_iter()
                    .collect(),
            )
        };
        let one = agents("one").expect("a token");
        assert!(one.contain("agent-1") && one.contain("agent-2") && !one.contain("#"));
        assert_eq!(agents("two"), Some(Agents::All));
        assert!(agents("fo#ur").expect("a token").contain("a"));
        for none in ["#three", "three", "#", "agent-1"] {
            assert_eq!(agents(none), None, "{none}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_line() {
        assert!(problem("").contains("contains no token"));
        assert!(problem("# only\n").contains("contains no token"));
        assert!(problem("one *\ntwo\n").starts_with("line 2 names no agent"));
        assert!(problem("one *\none a\n").starts_with("line 2 repeats the token"));
        assert!(problem("grün *\n").starts_with("the token in line 1"));
        for problem in [problem("secret"), problem("secret *\nsecret *")] {
            assert!(!problem.contains("secret"), "{problem}");
        }
    }

    #[test]
    fn a_change_comes_into_force_when_it_is_read_twice() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("tokens");
        fs::write(&path, "one *\n").expect("a file");
        let (mut file, _) = TokensFile::open(path.clone()).expect("tokens");
        assert!(matches!(file.look(), Ok(None)));
        fs::write(&path, "on").expect("a file");
        assert!(matches!(file.look(), Ok(None)));
        fs::write(&path, "one *\ntwo *\n").expect("a file");
        assert!(matches!(file.look(), Ok(None)));
        assert_eq!(
            file.look().expect("tokens").map(|tokens| tokens.len()),
            Some(2)
        );
        assert!(matches!(file.look(), Ok(None)));
        fs::write(&path, "").expect("a file");
        assert!(matches!(file.look(), Ok(None)));
        assert_eq!(file.look().expect_err("a problem"), "it contains no token");
        fs::remove_file(&path).expect("a file");
        file.look().expect_err("no file");
        fs::write(&path, "one *\ntwo *\n").expect("a file");
        assert!(matches!(file.look(), Ok(None)));
    }
}
