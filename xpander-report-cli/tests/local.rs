//! `xpander-report local`, run as its users run it. Its signals are Unix's.

#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::running::Running;
use crate::support::terminal::in_a_terminal;
use crate::support::{KEY, program, run};
use xpander_report::{Client, Config, Error};
use xpander_report_tests::LONG;

/// The program in a shell that has run this command before.
fn after(command: &str, arguments: &[&str]) -> Command {
    let script = format!("{command} && exec \"$@\"");
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_xpander-report")])
        .args(["local", "--port", "0"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    shell
}

fn client(url: &str) -> Client {
    let config = Config::builder()
        .variables([("", "")])
        .base_url(url)
        .api_key("any")
        .build();
    Client::new(config.unwrap())
}

fn input_of(url: &str, id: &str) -> Option<String> {
    client(url).task_blocking(id).unwrap().input.text
}

/// Whether the platform has this task.
fn has(url: &str, id: &str) -> bool {
    match client(url).task_blocking(id) {
        Ok(_) => true,
        Err(Error::Status(error)) if error.status == 404 => false,
        Err(error) => panic!("{error}"),
    }
}

/// Waits until the condition holds.
#[track_caller]
fn until(condition: impl Fn() -> bool) {
    let since = Instant::now();
    while !condition() {
        assert!(since.elapsed() < LONG, "it never came true");
        thread::park_timeout(Duration::from_millis(5));
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_lines_that_it_prints_are_all_that_a_program_needs() {
    let running = Running::local(&["--ephemeral"], &[]);
    let said = running
        .in_a_shell("send --id first --input hello", &[])
        .ends_with(0);
    assert_eq!(
        said.out,
        format!(
            "reported task first (completed), see {0}/tasks/first\n",
            running.url()
        )
    );
    assert_eq!(input_of(&running.url(), "first").as_deref(), Some("hello"));
    running
        .in_a_shell("doctor --send", &[])
        .ends_with(0)
        .says("Nothing is wrong.");
}

mod its_days {
    use super::*;
    use jiff::Timestamp;
    use jiff::tz::{Offset, TimeZone};

    /// A page of the platform.
    fn page(url: &str, path: &str) -> String {
        let mut connection = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
        write!(
            connection,
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut page = String::new();
        connection.read_to_string(&mut page).unwrap();
        assert!(page.starts_with("HTTP/1.1 200 "), "{path}: {page}");
        page
    }

    /// The offset of a time zone where a day has just begun, and the variable that sets it.
    fn of_midnight() -> Offset {
        const DAY: i64 = 24 * 60 * 60;
        let seconds = 30 - Timestamp::now().as_second().rem_euclid(DAY);
        let seconds = if seconds < -DAY / 2 {
            seconds + DAY
        } else {
            seconds
        };
        Offset::from_seconds(seconds.try_into().unwrap()).unwrap()
    }

    /// The offset as the variable TZ has it, where the sign is the other way round.
    fn variable(offset: Offset) -> String {
        let seconds = offset.seconds().abs();
        let sign = if offset.is_negative() { "" } else { "-" };
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        format!("XYZ{sign}{hours:02}:{minutes:02}:{:02}", seconds % 60)
    }

    #[test]
    fn are_those_of_its_time_zone_on_every_page_and_in_every_link() {
        // In one of these, today has another date than in UTC. In the last one, a day has just begun.
        for offset in [Offset::constant(14), Offset::constant(-12), of_midnight()] {
            let zone = variable(offset);
            let running = Running::local(&["--ephemeral"], &[("TZ", &zone)]);
            let url = running.url();
            running
                .in_a_shell("send --id first --input hello", &[])
                .ends_with(0);
            let at = client(&url).task_blocking("first").unwrap().created_at;
            let at: Timestamp = at.parse().unwrap();
            let day = at.to_zoned(TimeZone::fixed(offset));

            let metrics = page(&url, "/metrics");
            let said = day.strftime("All runs of this range are of %A, %B %-d, %Y");
            assert!(metrics.contains(&said.to_string()), "{zone}: {said}");
            let before = &metrics[..metrics.find("\">dates…</a>").unwrap()];
            let dates = before.rsplit('"').next().unwrap().replace("&#38;", "&");
            let of_day = format!("from={0}&to={0}", day.date());
            for path in [
                &dates,
                &format!("/metrics?{of_day}"),
                &format!("/?{of_day}"),
            ] {
                let shown = page(&url, path);
                assert!(shown.contains("<b>1</b> run<"), "{zone}: {path}");
                assert!(shown.contains("<small>in UTC"), "{zone}: {path}");
            }
            let tomorrow = day.tomorrow().unwrap().date();
            let path = format!("/metrics?from={tomorrow}&to={tomorrow}");
            assert!(
                page(&url, &path).contains("No runs in this range"),
                "{zone}: {path}"
            );
        }
    }
}

mod its_prices {
    use super::*;

    const RESPONSE: &str = r#"{"object": "chat.completion", "model": "my-own-7b",
        "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 100}}"#;

    #[test]
    fn come_from_a_file_that_is_given() {
        let folder = tempfile::tempdir().unwrap();
        let prices = folder.path().join("prices.toml");
        fs::write(&prices, "\u{feff}[my-own-7b]\ninput = 2\noutput = 5\n").unwrap();
        let response = folder.path().join("response.json");
        fs::write(&response, RESPONSE).unwrap();
        let running = Running::local(&["--ephemeral", "--prices", text(&prices)], &[]);
        let send = format!("send --id priced --llm-response @{}", text(&response));
        running.in_a_shell(&send, &[]).ends_with(0);
        // 1000 × 2 + 100 × 5 millionths of a dollar
        running
            .in_a_shell("tasks list --json", &[])
            .ends_with(0)
            .says("\"cost_usd\":0.0025");
        running
            .in_a_shell("tasks show priced", &[])
            .ends_with(0)
            .says("Cost $ 0.0025");
    }

    #[test]
    fn that_cannot_be_read_are_named_with_their_line() {
        let folder = tempfile::tempdir().unwrap();
        let prices = folder.path().join("prices.toml");
        fs::write(&prices, "[m]\ninput = 2\noutptu = 5\n").unwrap();
        let start = |file: &str| {
            run(
                &["local", "--port", "0", "--ephemeral", "--prices", file],
                &[],
            )
        };
        let said = start(text(&prices)).ends_with(2);
        said.complains("the prices cannot be read: line 3: unknown field `outptu`");
        said.complains(text(&prices));
        fs::write(&prices, b"[m]\ninput = 2 # \xe9\noutput = 5\n").unwrap();
        start(text(&prices)).ends_with(2).complains(&format!(
            "--prices {}: the file is not text in UTF-8",
            prices.display()
        ));
        start("/nowhere/prices.toml")
            .ends_with(2)
            .complains("--prices /nowhere/prices.toml: No such file");
    }

    #[test]
    fn have_a_date_that_the_version_names() {
        let date = xpander_report_local::PRICE_LIST_DATE.expect("a price list");
        let said = run(&["-V"], &[]).ends_with(0);
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            said.out,
            format!("xpander-report {version} (prices of {date})\n")
        );
    }
}

mod its_data {
    use super::*;

    #[test]
    fn is_in_the_users_folder_and_there_again_after_a_stop() {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("share");
        let variables = [("HOME", text(home.path())), ("XDG_DATA_HOME", text(&data))];
        for (signal, id) in [("TERM", "a"), ("INT", "b")] {
            let running = Running::local(&[], &variables);
            running
                .in_a_shell(&format!("send --id {id} --input {signal}"), &[])
                .ends_with(0);
            running.signal(signal);
            assert_eq!(
                running.end(),
                ("Stopping …\nStopped.\n".to_owned(), Some(0))
            );
        }
        let running = Running::local(&[], &variables);
        assert_eq!(input_of(&running.url(), "a").as_deref(), Some("TERM"));
        assert_eq!(input_of(&running.url(), "b").as_deref(), Some("INT"));

        if cfg!(target_os = "linux") {
            let file = data.join("xpander-report/tasks.db");
            assert_eq!(running.after("Its data is in "), text(&file));
            for file in fs::read_dir(file.parent().unwrap()).unwrap() {
                let file = file.unwrap();
                let mode = file.metadata().unwrap().permissions().mode();
                assert_eq!(mode & 0o077, 0, "{file:?} is the user's alone");
            }
        }
    }

    #[test]
    fn is_the_users_alone_whatever_the_umask() {
        let folder = tempfile::tempdir().unwrap();
        let db = folder.path().join("new/er/tasks.db");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let running = Running::of(&mut after("umask 000", &["--db", text(&db)]));
        running.in_a_shell("send", &[]).ends_with(0);
        for folder in [db.parent().unwrap(), &folder.path().join("new")] {
            assert_eq!(mode(folder), 0o700, "{}", folder.display());
        }
        let private = |running: &Running| {
            for file in fs::read_dir(db.parent().unwrap()).unwrap() {
                let file = file.unwrap().path();
                assert_eq!(mode(&file), 0o600, "{}", file.display());
            }
            running.signal("TERM");
        };
        private(&running);
        assert_eq!(errors(running), "");

        fs::set_permissions(&db, fs::Permissions::from_mode(0o644)).unwrap();
        let running = Running::of(&mut after("umask 000", &["--db", text(&db)]));
        running.in_a_shell("send", &[]).ends_with(0);
        private(&running);
        assert_eq!(
            errors(running),
            format!(
                "Other users could read {}; its permissions are now restricted to you.\n",
                db.display()
            )
        );
    }

    /// The error messages until it ends.
    fn errors(mut running: Running) -> String {
        let mut errors = String::new();
        let mut output = running.process.stderr.take().unwrap();
        output.read_to_string(&mut errors).unwrap();
        errors
    }

    #[test]
    fn survives_being_killed() {
        let folder = tempfile::tempdir().unwrap();
        let db = folder.path().join("new/tasks.db");
        let running = Running::local(&["--db", text(&db)], &[]);
        running
            .in_a_shell("send --id a --input b", &[])
            .ends_with(0);
        drop(running);
        let running = Running::local(&["--db", text(&db)], &[]);
        assert_eq!(running.after("Its data is in "), text(&db));
        assert_eq!(input_of(&running.url(), "a").as_deref(), Some("b"));
    }

    #[test]
    fn stays_only_as_long_as_the_retention_says() {
        let folder = tempfile::tempdir().unwrap();
        let db = folder.path().join("tasks.db");
        let data = ["--db", text(&db)];
        let running = Running::local(&data, &[]);
        running.in_a_shell("send --id old", &[]).ends_with(0);
        drop(running);

        let running = Running::local(&[&data[..], &["--retention", "1h"]].concat(), &[]);
        running.in_a_shell("send --id new", &[]).ends_with(0);
        assert!(has(&running.url(), "old") && has(&running.url(), "new"));
        drop(running);

        let running = Running::local(&[&data[..], &["--retention", "1ms"]].concat(), &[]);
        until(|| !has(&running.url(), "old") && !has(&running.url(), "new"));
    }

    #[test]
    fn is_nowhere_if_it_is_ephemeral() {
        let home = tempfile::tempdir().unwrap();
        let variables = [("HOME", text(home.path()))];
        let running = Running::local(&["--ephemeral"], &variables);
        assert_eq!(
            running.after("Its data is in "),
            "memory and is lost when it stops"
        );
        running.in_a_shell("send", &[]).ends_with(0);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }
}

#[test]
fn the_link_to_a_task_works_whatever_its_id_is() {
    let running = Running::local(&["--ephemeral"], &[]);
    for id in [".", "..", "~.", "a/b", "a?b#c", "%2e", "é "] {
        let quoted = format!("send --id '{id}' --input 'text of {id}'");
        let said = running.in_a_shell(&quoted, &[]).ends_with(0);
        let link = said.out.trim_end().rsplit_once("see ").unwrap().1;
        let path = link.strip_prefix(&running.url()).unwrap();
        // A browser resolves these segments anywhere in a path.
        for segment in path.split('/') {
            assert!(![".", "..", "%2e", "%2E"].contains(&segment), "{link}");
        }
        let mut connection = TcpStream::connect(running.url().replace("http://", "")).unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).unwrap();
        let mut page = String::new();
        connection.read_to_string(&mut page).unwrap();
        assert!(page.starts_with("HTTP/1.1 200"), "{link}: {page}");
        assert!(page.contains(&format!("text of {id}")), "{link}");
    }
}

mod connections_of_strangers {
    use super::*;

    /// Starts the platform with this limit of open files.
    fn with_files(limit: &str) -> Running {
        Running::of(&mut after(
            &format!("ulimit {limit}"),
            &["--ephemeral", "--token", KEY],
        ))
    }

    #[test]
    fn do_not_stop_it_however_few_files_it_may_open() {
        let running = with_files("-n 64");
        let address = running.url().replace("http://", "");
        let strangers: Vec<TcpStream> = (0..200)
            .map(|_| {
                let mut stranger = TcpStream::connect(&address).unwrap();
                let start = format!("GET / HTTP/1.1\r\nhost: {address}\r\nx-begun: ");
                stranger.write_all(start.as_bytes()).unwrap();
                stranger
            })
            .collect();
        let key = [("PUT_THE_TOKEN_HERE", KEY)];
        running.in_a_shell("send --id a", &key).ends_with(0);
        drop(strangers);
    }

    #[test]
    fn have_room_as_far_as_the_system_allows_it() {
        if !cfg!(target_os = "linux") {
            return;
        }
        let running = with_files("-S -n 64 && ulimit -H -n 500");
        let limits = fs::read_to_string(format!("/proc/{}/limits", running.process.id())).unwrap();
        let files = limits
            .lines()
            .find(|line| line.starts_with("Max open files"))
            .unwrap();
        let files: Vec<&str> = files.split_whitespace().collect();
        assert_eq!(files[3..5], ["500", "500"]);
    }
}

mod a_second_start {
    use super::*;

    #[test]
    fn on_the_same_file_says_where_the_first_is() {
        let folder = tempfile::tempdir().unwrap();
        let db = folder.path().join("tasks.db");
        let first = Running::local(&["--db", text(&db)], &[]);
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(&db, &link).unwrap();
        for file in [&db, &link] {
            let second = run(&["local", "--port", "0", "--db", text(file)], &[]).ends_with(1);
            second.complains(&format!(
                "{} is in use by another local platform: {}",
                db.display(),
                first.url()
            ));
            second.complains("choose another file; see --db and --ephemeral");
        }
    }

    #[test]
    fn on_a_taken_port_names_the_port() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        let second = run(&["local", "--ephemeral", "--port", &port], &[]).ends_with(1);
        second.complains(&format!("port {port} is taken by another program"));
        second.complains("choose another port (0 takes any free one); see --port");
        assert_eq!(second.out, "");
    }
}

mod what_cannot_start {
    use super::*;

    #[test]
    fn says_what_is_wrong_with_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = folder.path().join("notes.txt");
        fs::write(
            &foreign,
            "not a database, but long enough to be taken for one",
        )
        .unwrap();
        run(&["local", "--port", "0", "--db", text(&foreign)], &[])
            .ends_with(1)
            .complains("is not a database of the local platform and was left untouched");
        assert!(
            fs::read_to_string(&foreign)
                .unwrap()
                .starts_with("not a database")
        );

        let pipe = folder.path().join("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        run(&["local", "--port", "0", "--db", text(&pipe)], &[])
            .ends_with(1)
            .complains("pipe is a pipe, a socket or a device; give the path of a file; see --db");

        let below = foreign.join("tasks.db");
        let said = run(&["local", "--port", "0", "--db", text(&below)], &[]).ends_with(1);
        said.complains(text(&foreign));
        said.complains("; see --db and --ephemeral");
    }

    #[test]
    fn says_which_argument_is_wrong() {
        for arguments in [
            &["--port", "70000"][..],
            &["--retention", "30"],
            &["--retention", "soon"],
            &["--retention", "-1d"],
            &["--db", "a", "--ephemeral"],
            &["--token", "", "--ephemeral"],
            &["--token", "a", "--token-file", "b"],
            &["--token-file", "/no/such/file", "--ephemeral"],
        ] {
            run(&[&["local"], arguments].concat(), &[]).ends_with(2);
        }
        for (arguments, complaint) in [
            (
                ["--host", "platform.example"],
                "it is not an IP address of this machine",
            ),
            (["--retention", "0d"], "a retention of zero"),
        ] {
            let arguments = [&["local", "--ephemeral", "--port", "0"][..], &arguments].concat();
            run(&arguments, &[]).ends_with(1).complains(complaint);
        }
    }
}

mod other_machines {
    use super::*;

    const EVERYWHERE: [&str; 3] = ["--ephemeral", "--host", "0.0.0.0"];

    #[test]
    fn get_in_only_with_a_token() {
        let arguments = [&["local", "--port", "0"][..], &EVERYWHERE].concat();
        run(&arguments, &[])
            .ends_with(1)
            .complains("set a token (--token)");
    }

    #[test]
    fn give_the_token_as_their_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("it's a token");
        fs::write(&file, format!("{KEY}\n")).unwrap();
        let variable = [("XPANDER_LOCAL_TOKEN", KEY)];
        let by_file = Running::local(
            &[&EVERYWHERE[..], &["--token-file", text(&file)]].concat(),
            &[],
        );
        let by_variable = Running::local(&EVERYWHERE, &variable);
        for (running, variables) in [(by_file, &[][..]), (by_variable, &variable)] {
            running.in_a_shell("send", variables).ends_with(0);
            let refused = running.in_a_shell(
                "send --api-key-file /dev/stdin <<'END'\nwrong\nEND",
                variables,
            );
            refused.ends_with(1).complains("401");
            assert!(
                running.says.contains("--allow-host NAME"),
                "{}",
                running.says
            );
        }
    }

    #[test]
    fn whose_name_is_allowed_get_no_further_word() {
        let arguments = [&EVERYWHERE[..], &["--allow-host", "lab", "--token", KEY]].concat();
        let running = Running::local(&arguments, &[]);
        assert!(!running.says.contains("refused"), "{}", running.says);
    }
}

mod the_token_of_the_command_line {
    use super::*;

    #[test]
    fn is_asked_for_by_a_line_that_goes_to_a_file() {
        let running = Running::local(&["--ephemeral", "--token", KEY], &[]);
        let copied = running.in_a_shell("send", &[]);
        assert_ne!(copied.code, Some(0), "{copied:?}");
        assert_eq!(copied.out, "", "nothing is sent without the token");
        copied.complains("PUT_THE_TOKEN_HERE: replace this with the value of --token");
        running
            .in_a_shell("send", &[("PUT_THE_TOKEN_HERE", KEY)])
            .ends_with(0);
    }

    #[test]
    fn is_in_the_line_that_a_terminal_shows() {
        let token = r#"it's-$HOME-"`id`"-\\n!;#"#;
        let arguments = ["local", "--port", "0", "--ephemeral", "--token", token];
        let Some(mut terminal) = in_a_terminal(&arguments, &[]) else {
            return;
        };
        let mut running = Running::of(&mut terminal);
        running.in_a_shell("send --id copied", &[]).ends_with(0);
        let mut keyboard = running.process.stdin.take().unwrap();
        keyboard.write_all(b"\x03").unwrap();
        let (says, code) = running.end();
        assert!(says.contains("Stopped."), "{says}");
        assert_eq!(code, Some(0));
    }

    #[test]
    fn does_not_steer_the_terminal() {
        let arguments = [
            "local",
            "--port",
            "0",
            "--ephemeral",
            "--token",
            "a\u{1b}[2J",
        ];
        let Some(mut terminal) = in_a_terminal(&arguments, &[]) else {
            return;
        };
        let running = Running::of(&mut terminal);
        assert!(!running.says.contains('\u{1b}'), "{:?}", running.says);
        let key = running.after("export XPANDER_API_KEY=");
        assert!(key.contains("PUT_THE_TOKEN_HERE"), "{key}");
    }
}

#[test]
fn the_pages_open_in_the_browser() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let opened = folder.path().join("opened");
    let browser = folder.path().join("xdg-open");
    fs::write(
        &browser,
        format!(
            "#!/bin/sh\ncd '{}' && echo \"$1\" > new && mv new opened\n",
            folder.path().display()
        ),
    )
    .unwrap();
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o700)).unwrap();
    let path = format!(
        "{}:{}",
        folder.path().display(),
        std::env::var("PATH").unwrap()
    );
    let running = Running::local(&["--ephemeral", "--open"], &[("PATH", &path)]);
    until(|| opened.exists());
    let url = fs::read_to_string(&opened).unwrap();
    assert_eq!(url.trim_end(), running.url());
}

#[test]
fn no_browser_is_no_reason_to_stop() {
    let mut program = program(&["local", "--port", "0", "--ephemeral", "--open"], &[]);
    let running = Running::of(program.env("PATH", "/no/such/folder"));
    running.in_a_shell("send", &[]).ends_with(0);
}

#[test]
fn nobody_need_read_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("tasks.db");
    let mut program = program(&["local", "--port", "0", "--db", text(&db)], &[]);
    let mut process = program.spawn().unwrap();
    let mut first = String::new();
    let mut output = BufReader::new(process.stdout.take().unwrap());
    output.read_line(&mut first).unwrap();
    drop(output);
    let url = first.trim_end().rsplit(' ').next().unwrap();
    let variables = [
        ("XPANDER_BASE_URL", url),
        ("XPANDER_API_KEY", "k"),
        ("XPANDER_AGENT_ID", "a"),
    ];
    run(&["send"], &variables).ends_with(0);
    process.kill().unwrap();
    process.wait().unwrap();
}
