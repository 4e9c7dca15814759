//! The README's first program, in a new crate with the README's dependencies.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use xpander_report_tests::platform;

/// The first block of this language that begins like this.
fn block<'a>(readme: &'a str, language: &str, start: &str) -> &'a str {
    let fence = format!("```{language}\n{start}");
    let from = readme.find(&fence).expect("the block is there") + "```\n".len() + language.len();
    let length = readme[from..].find("```").expect("the block ends");
    &readme[from..from + length]
}

struct Program(tempfile::TempDir);

impl Program {
    fn of_the_readme() -> Self {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let readme = std::fs::read_to_string(workspace.join("README.md")).unwrap();
        let dependencies = block(&readme, "toml", "[dependencies]");
        let library = workspace.join("xpander-report");
        let dependencies = dependencies.replace("…/xpander-report", library.to_str().unwrap());
        let main = block(&readme, "rust,no_run", "use xpander_report");
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        let package = "[package]\nname = \"first-program\"\nedition = \"2024\"\n[workspace]\n";
        std::fs::write(
            folder.path().join("Cargo.toml"),
            package.to_owned() + &dependencies,
        )
        .unwrap();
        std::fs::write(folder.path().join("src/main.rs"), main).unwrap();
        // The versions of this workspace.
        std::fs::copy(
            workspace.join("Cargo.lock"),
            folder.path().join("Cargo.lock"),
        )
        .unwrap();
        Self(folder)
    }

    fn run(&self, variables: &[(&str, &str)]) -> Output {
        let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let mut run = Command::new(env!("CARGO"));
        run.args(["run", "--quiet"]).current_dir(self.0.path());
        run.env("CARGO_TARGET_DIR", target.parent().unwrap());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("XPANDER_")) {
            run.env_remove(name);
        }
        run.envs(variables.iter().copied()).output().unwrap()
    }
}

#[test]
fn compiles_and_runs_with_a_key_and_without() {
    let program = Program::of_the_readme();

    let without = program.run(&[]);
    let told = String::from_utf8_lossy(&without.stderr);
    assert!(without.status.success(), "{told}");
    assert!(String::from_utf8_lossy(&without.stdout).contains("a long text"));
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(
        told.contains("runs are not reported") && told.contains("XPANDER_API_KEY"),
        "{told}"
    );

    let disabled = program.run(&[("XPANDER_REPORT_DISABLED", "true")]);
    let told = String::from_utf8_lossy(&disabled.stderr);
    assert!(disabled.status.success(), "{told}");
    assert!(told.contains("XPANDER_REPORT_DISABLED"), "{told}");

    let platform = platform();
    let with = program.run(&[
        ("XPANDER_BASE_URL", &platform.url()),
        ("XPANDER_API_KEY", "key"),
        ("XPANDER_AGENT_ID", "agent-7"),
    ]);
    let told = String::from_utf8_lossy(&with.stderr);
    assert!(with.status.success() && told.is_empty(), "{told}");
    let tasks = platform.tasks().unwrap();
    assert_eq!(tasks.len(), 1);
}
