//! The application decides about a library's runs: nothing is reported until it installs a reporter, and it selects the
//! reported runs. This is one test, because an installed reporter stays.

use example_library::key_terms;
use xpander_report::Reporter;
use xpander_report_tests::{config, delivered, platform};

#[test]
fn an_application_sees_a_librarys_runs_from_when_it_installs_a_reporter() {
    key_terms("before there is a reporter", 1).unwrap();
    assert!(Reporter::current().is_none());

    let platform = platform();
    let reporter = Reporter::builder()
        .config(config(platform.url()))
        .only(["example_library"])
        .build()
        .unwrap();
    let _guard = reporter.clone().install().unwrap();
    key_terms("after that, after all", 1).unwrap();
    key_terms("no", 1).unwrap_err();
    assert_eq!(delivered(&reporter), 2);

    let tasks = platform.tasks().unwrap();
    let mut results: Vec<_> = tasks.into_iter().map(|task| task.result.unwrap()).collect();
    results.sort();
    assert_eq!(
        results,
        [
            r#"["after"]"#,
            "the text has no word of four letters or more"
        ]
    );
}
