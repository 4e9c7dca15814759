//! The quickstart, run as its documentation says.

use std::env::consts::EXE_SUFFIX;
use std::process::{Command, Output};
use std::time::Duration;

use xpander_report::Config;
use xpander_report_local::LocalPlatform;
use xpander_report_relay::Relay;

fn quickstart(variables: &[(&str, &str)]) -> Output {
    // Building all tests of a package also builds its examples.
    let tests = std::env::current_exe().unwrap();
    let built = tests.ancestors().nth(2).unwrap().join("examples");
    let program = built.join(format!("quickstart{EXE_SUFFIX}"));
    assert!(program.exists(), "cargo build --example quickstart");
    let mut command = Command::new(program);
    command
        .args(["--exit", "README.md"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("XPANDER_") || name.starts_with("OPENAI_") {
            command.env_remove(name);
        }
    }
    command.envs(variables.iter().copied()).output().unwrap()
}

fn lines(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn it_shows_its_runs_in_the_history_of_the_platform_that_the_environment_names() {
    let platform = LocalPlatform::builder().port(0).start().unwrap();
    let url = platform.url();
    let shown = lines(&quickstart(&[
        ("XPANDER_BASE_URL", &url),
        ("XPANDER_API_KEY", "any"),
        ("XPANDER_AGENT_ID", "first"),
    ]));
    assert!(shown.contains(&url), "{shown}");
    let mut tasks = platform.tasks().unwrap();
    tasks.sort_by(|a, b| a.id.cmp(&b.id));
    let runs = tasks
        .iter()
        .map(|task| (&*task.id, &*task.agent_id, task.status.to_string()));
    let expected = [
        ("README.md", "first", "completed".to_owned()),
        ("too-long", "first", "failed".to_owned()),
        ("too-slow", "first", "failed".to_owned()),
    ];
    assert_eq!(runs.collect::<Vec<_>>(), expected);
    for task in &tasks {
        assert!(shown.contains(&task.id), "{shown}");
    }
}

#[test]
fn it_needs_no_platform_but_the_one_it_brings() {
    let shown = lines(&quickstart(&[]));
    let statuses = ["completed", "failed", "failed"];
    let rows = shown.lines().filter(|line| line.contains(" ms"));
    for (row, status) in rows.clone().zip(statuses) {
        assert!(row.contains(status), "{shown}");
    }
    assert_eq!(rows.count(), statuses.len(), "{shown}");
}

#[test]
fn it_reports_through_a_relay_with_the_environment_only() {
    let platform = LocalPlatform::builder().port(0).start().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let upstream = Config::builder()
        .variables([("", "")])
        .base_url(platform.url())
        .api_key("key-of-the-platform");
    let relay = Relay::builder(upstream, dir.path())
        .port(0)
        .start()
        .unwrap();
    let shown = lines(&quickstart(&[
        ("XPANDER_BASE_URL", &relay.url()),
        ("XPANDER_API_KEY", "any"),
        ("XPANDER_AGENT_ID", "first"),
    ]));
    assert!(shown.contains("This is a relay"), "{shown}");
    assert!(relay.drain(Duration::from_secs(60)));
    let mut ids: Vec<_> = platform
        .tasks()
        .unwrap()
        .into_iter()
        .map(|task| task.id)
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, ["README.md", "too-long", "too-slow"]);
}
