//! The help texts, completions, man pages and version.

use std::fs;

use crate::support::run;
use tempfile::TempDir;

/// The words of each command, the program itself first.
fn commands() -> Vec<Vec<String>> {
    let mut found = vec![Vec::new()];
    let mut next = 0;
    while let Some(command) = found.get(next).cloned() {
        next += 1;
        let help = help(&command);
        let listed = help.split("\nCommands:\n").nth(1).unwrap_or_default();
        let lines = listed.lines().take_while(|line| !line.is_empty());
        for line in lines.filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
            let name = line.split_whitespace().next().unwrap();
            if name != "help" {
                found.push([command.clone(), vec![name.to_owned()]].concat());
            }
        }
    }
    assert!(found.len() > 20, "{found:?}");
    found
}

fn help(command: &[String]) -> String {
    let words: Vec<_> = command.iter().map(String::as_str).collect();
    run(&[&*words, &["--help"]].concat(), &[]).ends_with(0).out
}

#[test]
fn every_command_has_examples_that_begin_with_it() {
    for command in commands() {
        let help = help(&command);
        let name = [&["xpander-report".to_owned()], &*command]
            .concat()
            .join(" ");
        let examples = help.split("\nExamples:\n").nth(1);
        let examples = examples.unwrap_or_else(|| panic!("{name} has no examples"));
        assert!(examples.contains(&name), "{name}: {examples}");
    }
}

#[test]
fn every_example_is_one_line_that_fits_into_80_columns() {
    for command in commands() {
        let help = help(&command);
        let examples = help.split("\nExamples:\n").nth(1).unwrap();
        for line in examples.lines() {
            let mut words = line.split([' ', '(']);
            assert!(words.any(|word| word == "xpander-report"), "{line}");
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

#[test]
fn the_version_names_the_build() {
    let said = run(&["--version"], &[]).ends_with(0);
    let first = run(&["-V"], &[]).ends_with(0).out;
    assert!(said.out.starts_with(&first));
    said.says("target: ");
    said.says("compiler: rustc 1.");
}

#[test]
fn each_shell_gets_completions_with_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let said = run(&["completions", shell], &[]);
        assert_eq!(said.code, Some(0), "{shell}: {}", said.err);
        for name in ["retry-dead", "dead-letters", "--llm-response"] {
            let name = name.trim_start_matches("--");
            assert!(said.out.contains(name), "{shell} completes {name}");
        }
    }
    run(&["completions", "csh"], &[])
        .ends_with(2)
        .complains("[possible values: bash, elvish, fish, powershell, zsh]");
}

#[test]
fn the_man_page_of_a_command_is_printed() {
    let page = run(&["man", "spool", "drain"], &[]).ends_with(0).out;
    assert!(page.contains(".TH xpander-report-spool-drain 1"), "{page}");
    assert!(page.contains(".SH EXAMPLES\n"), "{page}");
    assert!(page.contains("\\fB\\-\\-timeout\\fR"), "{page}");

    let program = run(&["man"], &[]).ends_with(0).out;
    assert!(program.contains(".TH xpander-report 1"), "{program}");
}

#[test]
fn a_man_page_keeps_the_indentation_of_lists_and_examples() {
    let page = run(&["man", "send"], &[]).ends_with(0).out;
    let codes = "Exit codes:\n.PD 0\n.IP \"0\" 4\nthe platform has the report\n";
    assert!(page.contains(codes), "{page}");
    let last = ".IP \"75\" 4\nno answer, or a temporary error: try again later; with \\-\\-id, repeated\nattempts create one task only\n.PD\n.SH OPTIONS\n";
    assert!(page.contains(last), "{page}");
    let examples = page.split(".SH EXAMPLES\n").nth(1).unwrap();
    assert!(examples.starts_with(".nf\n  xpander"), "{page}");

    let page = run(&["man", "doctor"], &[]).ends_with(0).out;
    let item = ".IP \"\\-\" 4\nIt may have another environment. ";
    assert!(page.contains(item), "{page}");

    for command in commands() {
        let words: Vec<_> = command.iter().map(String::as_str).collect();
        let page = run(&[&["man"], &*words].concat(), &[]).ends_with(0).out;
        let mut is_filled = true;
        for line in page.lines() {
            match line {
                ".nf" => is_filled = false,
                ".fi" => is_filled = true,
                _ => assert!(!is_filled || !line.starts_with(' '), "{words:?}: {line}"),
            }
        }
    }
}

#[test]
fn a_directory_gets_the_man_page_of_every_command() {
    let dir = TempDir::new().unwrap();
    let man1 = dir.path().join("share/man1");
    run(&["man", "--dir", man1.to_str().unwrap()], &[]).ends_with(0);
    let commands = commands();
    for command in &commands {
        let name = [&["xpander-report".to_owned()], &**command]
            .concat()
            .join("-");
        let page = fs::read_to_string(man1.join(format!("{name}.1"))).unwrap();
        assert!(page.contains(".SH EXAMPLES\n"), "{name}");
    }
    assert_eq!(fs::read_dir(&man1).unwrap().count(), commands.len());
}

#[test]
fn a_page_that_cannot_be_made_is_named() {
    run(&["man", "spool", "dran"], &[])
        .ends_with(2)
        .complains("there is no command `dran`: `spool` has list, show, drain");
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    run(&["man", "--dir", file.to_str().unwrap()], &[])
        .ends_with(2)
        .complains(file.to_str().unwrap());
}
