//! A data file of the first version is brought up to date with all that it holds.
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, params};
use support::{get, report};
use xpander_report_local::query::Paging;
use xpander_report_local::{Filter, LocalPlatform, MetricsQuery, TaskStatus};

const V1: &str = include_str!("../src/store/migrations/1.sql");

/// 2026-01-01T00:00:00Z
const MIDNIGHT: i64 = 1_767_225_600_000_000;

/// Two tasks of one microsecond, one of an earlier time that was stored last, and one of another organization
/// with the same id.
fn write_v1(path: &Path) {
    let file = Connection::open(path).unwrap();
    file.execute_batch(V1).unwrap();
    file.pragma_update(None, "application_id", 0x7870_6c6f)
        .unwrap();
    file.pragma_update(None, "user_version", 1).unwrap();
    for (organization, agent) in [
        ("local", "a"),
        ("local", "b"),
        ("org-1", "a"),
        ("org-1", "idle"),
    ] {
        file.execute(
            "INSERT INTO agents VALUES (?1, ?2, ?3)",
            (organization, agent, MIDNIGHT),
        )
        .unwrap();
    }
    let long = "ß".repeat(1000);
    for (seq, id, organization, agent, status, created, input) in [
        (
            1,
            "one",
            "local",
            "a",
            "completed",
            MIDNIGHT,
            "the blue whale",
        ),
        (2, "two", "local", "b", "failed", MIDNIGHT, long.as_str()),
        (
            3,
            "early",
            "local",
            "a",
            "completed",
            MIDNIGHT - 7_200_000_000,
            "dawn",
        ),
        (
            4,
            "one",
            "org-1",
            "a",
            "completed",
            MIDNIGHT + 5,
            "elsewhere",
        ),
    ] {
        file.execute(
            "INSERT INTO tasks VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6 + 9, ?6 - 4, ?6 + 9, 1.5, 10, 20, 3, 4, 30, \
             '[\"x\",\"y\",\"x\",\"z\"]', ?7, 'out')",
            params![seq, id, organization, agent, status, created, input],
        )
        .unwrap();
        file.execute(
            "INSERT INTO responses VALUES (?1, ?2)",
            (seq, format!("[{seq}.10]")),
        )
        .unwrap();
        for number in 0..seq {
            file.execute(
                "INSERT INTO revisions (task, agent_id, status, received_at, body) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![seq, agent, status, created + number, format!("{{\"n\":{number}}}")],
            )
            .unwrap();
        }
    }
}

#[test]
fn everything_is_carried_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    write_v1(&path);
    let start = || {
        LocalPlatform::builder()
            .port(0)
            .data(&path)
            .start()
            .unwrap()
    };
    let platform = start();

    let tasks = platform.tasks().unwrap();
    let ids: Vec<&str> = tasks.iter().map(|task| task.id.as_str()).collect();
    assert_eq!(ids, ["one", "two", "one", "early"]);
    let [other, two, one, early] = tasks.as_slice() else {
        panic!("four tasks")
    };
    let at = |time: i64| Timestamp::from_microsecond(time).unwrap();
    assert_eq!(other.organization_id, "org-1");
    assert_eq!(one.created_at, at(MIDNIGHT));
    assert_eq!(one.updated_at, at(MIDNIGHT + 9));
    assert_eq!(one.started_at, Some(at(MIDNIGHT - 4)));
    assert_eq!(one.finished_at, Some(at(MIDNIGHT + 9)));
    assert_eq!(
        (one.input.as_deref(), one.result.as_deref()),
        (Some("the blue whale"), Some("out"))
    );
    assert_eq!(one.used_tools, ["x", "y", "x", "z"]);
    assert_eq!(one.llm_response.as_deref(), Some("[1.10]"));
    let tokens = one.tokens.unwrap();
    assert_eq!(
        (
            tokens.completion_tokens,
            tokens.prompt_tokens,
            tokens.total_tokens
        ),
        (10, 20, 30)
    );
    assert_eq!(
        (tokens.cache_read_tokens, tokens.cache_write_tokens),
        (3, 4)
    );
    // Times are keys now, so the second of the two has moved by the smallest step.
    assert_eq!(two.created_at, at(MIDNIGHT + 1));
    assert_eq!(
        (two.status, two.agent_id.as_str()),
        (TaskStatus::Failed, "b")
    );
    assert_eq!(two.input.as_deref(), Some("ß".repeat(1000).as_str()));
    assert_eq!(early.created_at, at(MIDNIGHT - 7_200_000_000));

    let revisions = platform.revisions("early").unwrap();
    let bodies: Vec<&str> = revisions
        .iter()
        .map(|revision| revision.body.as_str())
        .collect();
    assert_eq!(bodies, ["{\"n\":0}", "{\"n\":1}", "{\"n\":2}"]);

    let found = |filter: Filter| {
        platform
            .list(&filter, Paging::Newest, 10)
            .unwrap()
            .tasks
            .len()
    };
    assert_eq!(found(Filter::new().search("WHALE")), 1);
    assert_eq!(found(Filter::new().tool("z")), 4);
    assert_eq!(found(Filter::new().from(at(MIDNIGHT))), 3);
    let total = platform.metrics(&MetricsQuery::new()).unwrap().total;
    assert_eq!(
        (total.requests(), total.failed(), total.tool_calls()),
        (4, 1, 16)
    );
    assert_eq!(get(&platform, "/org-1/agents/idle").status, 404);

    // And it works on.
    report(&platform, r#"{"id":"two","result":"new"}"#);
    assert_eq!(platform.revisions("two").unwrap().len(), 3);
    platform.stop();
    assert_eq!(
        start().task("two").unwrap().unwrap().result.as_deref(),
        Some("new")
    );
}

#[test]
fn a_migrated_file_can_shrink() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    write_v1(&path);
    LocalPlatform::builder()
        .port(0)
        .data(&path)
        .start()
        .unwrap()
        .stop();
    let file = Connection::open(&path).unwrap();
    let incremental: u32 = file
        .pragma_query_value(None, "auto_vacuum", |row| row.get(0))
        .unwrap();
    assert_eq!(incremental, 2);
    let left: u32 = file
        .query_row(
            "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name LIKE '%\\_1' ESCAPE '\\'",
            (),
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(left, 0, "nothing of the old tables is left");
}
