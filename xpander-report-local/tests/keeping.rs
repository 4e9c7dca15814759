//! The data file, the port, and the end.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;

use crate::support::{platform, receive, report};
use rusqlite::Connection;
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
    platform.stop();

    let platform = with_data(&path).unwrap();
    assert_eq!(tasks.len(), 1);
    assert_eq!(platform.tasks().unwrap(), tasks);
    assert_eq!(platform.revisions("t").unwrap(), revisions);
    assert_eq!(crate::support::get(&platform, "/agents/a").status, 200);
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

    // The files that a killed process leaves behind.
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
    assert_eq!(crate::support::platform().tasks().unwrap(), []);
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
fn data_of_another_version_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    with_data(&path).unwrap().stop();
    for version in [1, 99] {
        let other = Connection::open(&path).unwrap();
        other.pragma_update(None, "user_version", version).unwrap();
        other.close().unwrap();
        let error = refused_untouched(&path);
        assert!(
            matches!(error, Error::OtherVersion { found, .. } if found == version),
            "{error}"
        );
    }
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
mod the_users_of_the_machine {
    use super::*;
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, symlink};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn cannot_read_what_is_created() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/er/tasks.db");
        let platform = with_data(&path).unwrap();
        report(&platform, "{}");
        assert!(!platform.data_was_open_to_others());
        for file in fs::read_dir(path.parent().unwrap()).unwrap() {
            let file = file.unwrap().path();
            assert_eq!(mode(&file), 0o600, "{}", file.display());
        }
        assert_eq!(mode(&folder.path().join("new")), 0o700);
        assert_eq!(mode(&folder.path().join("new/er")), 0o700);
    }

    #[test]
    fn can_no_longer_read_an_old_file_that_they_could() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tasks.db");
        with_data(&path).unwrap().stop();
        for open in [0o644, 0o660, 0o604] {
            set_mode(&path, open);
            let platform = with_data(&path).unwrap();
            assert!(platform.data_was_open_to_others());
            report(&platform, "{}");
            for file in ["tasks.db", "tasks.db-wal"] {
                assert_eq!(mode(&folder.path().join(file)), 0o600, "{file}");
            }
        }
        assert!(!with_data(&path).unwrap().data_was_open_to_others());
    }

    #[test]
    fn keep_their_access_to_a_file_that_is_none_of_ours() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        fs::write(&path, "my diary").unwrap();
        set_mode(&path, 0o644);
        refused_untouched(&path);
        assert_eq!(mode(&path), 0o644);
    }

    #[test]
    fn cannot_put_links_and_pipes_where_the_data_goes() {
        let folder = tempfile::tempdir().unwrap();
        let precious = folder.path().join("precious");
        fs::write(&precious, "precious").unwrap();
        for planted in [
            "tasks.db-wal",
            "tasks.db-journal",
            "tasks.db-shm",
            "tasks.db.lock",
        ] {
            for kind in ["symbolic", "hard", "pipe", "folder"] {
                let place = folder.path().join(format!("{planted}-{kind}"));
                fs::create_dir(&place).unwrap();
                let link = place.join(planted);
                match kind {
                    "symbolic" => symlink(&precious, &link).unwrap(),
                    "hard" => fs::hard_link(&precious, &link).unwrap(),
                    "folder" => fs::DirBuilder::new().mode(0o700).create(&link).unwrap(),
                    _ => make_pipe(&link),
                }
                let error = with_data(&place.join("tasks.db")).unwrap_err();
                assert!(matches!(error, Error::DataFile { .. }), "{error}");
                assert!(error.to_string().contains(planted), "{kind}: {error}");
                assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
                fs::remove_dir_all(&place).unwrap();
            }
        }
    }

    #[test]
    fn cannot_make_their_file_the_data_file() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("tasks.db");
        with_data(&own).unwrap().stop();
        // Only root can give a file to another user. Other users find a file of root.
        let theirs = match fs::metadata(&own).unwrap().uid() {
            0 => {
                std::os::unix::fs::chown(&own, Some(65_534), None).unwrap();
                own
            }
            _ => "/etc/passwd".into(),
        };
        let error = with_data(&theirs).unwrap_err().to_string();
        assert!(error.contains("belongs to another user (id "), "{error}");
    }

    fn make_pipe(path: &Path) {
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.unwrap().success());
    }

    #[test]
    fn what_is_no_file_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        make_pipe(&pipe);
        for path in [&pipe, Path::new("/dev/null"), Path::new("/dev/zero")] {
            let error = with_data(path).unwrap_err().to_string();
            assert!(
                error.contains("is a pipe, a socket or a device; give the path of a file"),
                "{error}"
            );
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(!Path::new("/dev/null.lock").exists());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_with_two_names_has_no_second_platform() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tasks.db");
        let other = folder.path().join("other.db");
        let first = with_data(&path).unwrap();
        report(&first, "{}");
        fs::hard_link(&path, &other).unwrap();
        let error = with_data(&other).unwrap_err();
        assert!(matches!(error, Error::DataFileInUse { .. }), "{error}");
        assert!(error.to_string().contains("by another name"), "{error}");
        report(&first, "{}");
        first.stop();
        assert_eq!(with_data(&other).unwrap().tasks().unwrap().len(), 2);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_renamed_file_has_no_second_platform() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tasks.db");
        let first = with_data(&path).unwrap();
        let renamed = folder.path().join("renamed.db");
        fs::rename(&path, &renamed).unwrap();
        let error = with_data(&renamed).unwrap_err();
        assert!(matches!(error, Error::DataFileInUse { .. }), "{error}");
        assert!(error.to_string().contains("by another name"), "{error}");
        first.stop();
        with_data(&renamed).unwrap().stop();
    }
}

#[test]
fn a_data_file_has_one_platform_and_the_second_is_told_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    let first = with_data(&path).unwrap();
    report(&first, r#"{"id":"1"}"#);

    // The names do not matter.
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
    let answer = crate::support::post(&platform, "/agent-execution/a/report_task", "{}");
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
    platform.stop();
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

    let end = std::thread::spawn(move || platform.stop());
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
