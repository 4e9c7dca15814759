//! The data file, the port, and the end.
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;

use rusqlite::Connection;
use support::{platform, receive, report};
use xpander_report_local::{Error, LocalPlatform};

fn with_data(path: &Path) -> Result<LocalPlatform, Error> {
    LocalPlatform::builder().port(0).data(path).start()
}

#[test]
fn tasks_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/tasks.db");
    let platform = with_data(&path).unwrap();
    report(
        &platform,
        r#"{"id":"t","input":"in","llm_response":{"b":1.10},"tokens":{},"used_tools":["x"]}"#,
    );
    let (tasks, revisions) = (platform.tasks().unwrap(), platform.revisions("t").unwrap());
    platform.shutdown();

    let platform = with_data(&path).unwrap();
    assert_eq!(tasks.len(), 1);
    assert_eq!(platform.tasks().unwrap(), tasks);
    assert_eq!(platform.revisions("t").unwrap(), revisions);
    assert_eq!(support::get(&platform, "/agents/a").status, 200);
    report(&platform, r#"{"id":"t","result":"out"}"#);
    assert_eq!(
        platform.task("t").unwrap().unwrap().input.as_deref(),
        Some("in")
    );
}

#[test]
fn an_answered_report_is_in_the_file_before_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let platform = with_data(&path).unwrap();
    report(&platform, r#"{"id":"t"}"#);

    // What a killed process leaves behind: the files, without a clean end.
    let copy = tempfile::tempdir().unwrap();
    for file in fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let second = with_data(&copy.path().join("tasks.db")).unwrap();
    assert_eq!(second.tasks().unwrap(), platform.tasks().unwrap());
}

#[test]
fn memory_forgets() {
    let platform = LocalPlatform::builder()
        .port(0)
        .data("unused")
        .ephemeral()
        .start()
        .unwrap();
    report(&platform, "{}");
    drop(platform);
    assert!(!Path::new("unused").exists());
    assert_eq!(support::platform().tasks().unwrap(), []);
}

#[track_caller]
fn refused_untouched(path: &Path) -> Error {
    let before = fs::read(path).unwrap();
    let error = with_data(path).unwrap_err();
    assert!(fs::read(path).unwrap() == before);
    assert_eq!(
        fs::read_dir(path.parent().unwrap()).unwrap().count(),
        1,
        "no file beside it"
    );
    assert!(error.to_string().contains("untouched"), "{error}");
    error
}

#[test]
fn a_file_that_is_no_database_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    for text in ["x".to_owned(), "my diary, ".repeat(100)] {
        fs::write(&path, text).unwrap();
        assert!(matches!(
            refused_untouched(&path),
            Error::NotADatabase { .. }
        ));
    }
}

#[test]
fn a_database_of_another_program_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("browser.db");
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE history (url TEXT); INSERT INTO history VALUES ('x')")
        .unwrap();
    other.close().unwrap();
    assert!(matches!(
        refused_untouched(&path),
        Error::ForeignDatabase { .. }
    ));
}

#[test]
fn data_of_a_newer_version_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    with_data(&path).unwrap().shutdown();
    let newer = Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    newer.close().unwrap();
    assert!(matches!(
        refused_untouched(&path),
        Error::NewerData {
            found: 99,
            known: 1,
            ..
        }
    ));
}

#[test]
fn a_path_that_cannot_be_a_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        with_data(folder.path()),
        Err(Error::DataFile { .. })
    ));
    fs::write(folder.path().join("file"), "").unwrap();
    let error = with_data(&folder.path().join("file/tasks.db")).unwrap_err();
    assert!(error.to_string().contains("file/tasks.db"), "{error}");
}

#[cfg(unix)]
#[test]
fn the_data_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let _platform = with_data(&path).unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn a_data_file_has_one_platform_and_the_second_is_told_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let first = with_data(&path).unwrap();
    report(&first, r#"{"id":"1"}"#);

    // Under whatever name.
    let other_name = folder
        .path()
        .join("../")
        .join(folder.path().file_name().unwrap());
    for path in [&path, &other_name.join("tasks.db")] {
        let error = with_data(path).unwrap_err();
        assert!(matches!(error, Error::DataFileInUse { .. }), "{error}");
        let message = error.to_string();
        assert!(
            message.contains("tasks.db") && message.contains(&first.url()),
            "{message}"
        );
        assert!(
            message.contains(&std::process::id().to_string()),
            "{message}"
        );
    }
    report(&first, r#"{"id":"2"}"#);
    let tasks = first.tasks().unwrap();
    assert_eq!(tasks.len(), 2);

    first.stop();
    assert_eq!(with_data(&path).unwrap().tasks().unwrap(), tasks);
}

#[test]
fn a_locked_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    with_data(&path).unwrap().stop();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = with_data(&path).unwrap_err();
    assert!(matches!(error, Error::DataFileLocked { .. }), "{error}");
    other.execute_batch("ROLLBACK").unwrap();

    let platform = with_data(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = support::post(&platform, "/agent-execution/a/report_task", "{}");
    assert!(answer.detail(503).as_str().unwrap().contains("locked"));

    other.execute_batch("ROLLBACK").unwrap();
    report(&platform, "{}");
}

#[test]
fn a_taken_port_is_named() {
    let platform = platform();
    let port = platform.address().port();
    let error = LocalPlatform::builder().port(port).start().unwrap_err();
    assert!(matches!(error, Error::PortTaken { port: taken } if taken == port));
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}

#[test]
fn the_end_frees_the_port_even_with_idle_connections() {
    let platform = platform();
    let address = platform.address();
    let silent = TcpStream::connect(address).unwrap();
    let mut kept_alive = TcpStream::connect(address).unwrap();
    kept_alive
        .write_all(b"GET /agents/list HTTP/1.1\r\nhost: localhost\r\nx-api-key: k\r\n\r\n")
        .unwrap();
    let mut start = [0];
    std::io::Read::read_exact(&mut kept_alive, &mut start).unwrap();

    let before = std::time::Instant::now();
    platform.shutdown();
    assert!(before.elapsed().as_secs() < 10);
    assert!(TcpStream::connect(address).is_err());
    drop(silent);
}

#[test]
fn an_answer_in_progress_is_finished() {
    let platform = platform();
    let mut connection = TcpStream::connect(platform.address()).unwrap();
    let head = "POST /agent-execution/a/report_task HTTP/1.1\r\nhost: localhost\r\nx-api-key: k\r\n\
                expect: 100-continue\r\ncontent-length: 2\r\n\r\n";
    connection.write_all(head.as_bytes()).unwrap();
    // The server asks for the body, so the request is in progress.
    let mut interim = [0; 25];
    std::io::Read::read_exact(&mut connection, &mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");

    let end = std::thread::spawn(move || platform.shutdown());
    connection.write_all(b"{}").unwrap();
    assert_eq!(receive(connection).status, 200);
    end.join().unwrap();
}

#[test]
fn it_starts_and_stops_inside_an_async_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let platform = platform();
        report(&platform, "{}");
        assert_eq!(platform.tasks().unwrap().len(), 1);
    });
}
