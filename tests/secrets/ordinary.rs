//! Ordinary prompts and documents pass byte for byte: those of `ordinary/`, with many words of secrets, this project's
//! own, and providers' answers.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::{input, random_of};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The files of a folder with one of these endings, in order.
fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(Path::new(ROOT).join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|it| endings.iter().any(|ending| it == *ending))
        })
        .collect();
    files.sort();
    files
}

fn stays(from: &str, text: &str) {
    let shown = input(text);
    if shown != text {
        let at = shown
            .bytes()
            .zip(text.bytes())
            .take_while(|(one, other)| one == other)
            .count();
        let around = at.saturating_sub(80)..(at + 80).min(text.len());
        let around = String::from_utf8_lossy(&text.as_bytes()[around]);
        panic!("{from} is taken for a secret: {around}");
    }
}

#[test]
fn prompts_and_documents_stay() {
    let mut documents = 0;
    for file in files("tests/secrets/ordinary", &["jsonl", "txt"]) {
        let text = fs::read_to_string(&file).unwrap();
        stays(&file.display().to_string(), &text);
        // Each paragraph or line, alone and as a message.
        let separator = if file.extension().is_some_and(|it| it == "txt") {
            "\n\n"
        } else {
            "\n"
        };
        for part in text.split(separator).filter(|part| !part.trim().is_empty()) {
            documents += 1;
            stays(&file.display().to_string(), part);
            stays(
                &file.display().to_string(),
                &json!({"role": "user", "content": part}).to_string(),
            );
        }
    }
    assert!(documents >= 80, "{documents}");
}

#[test]
fn the_project_s_own_documents_stay() {
    let folders = [
        ("", &["md"][..]),
        ("docs", &["md"]),
        ("xpander-report/src", &["md", "rs"]),
        ("benches", &["md"]),
        ("examples", &["rs"]),
    ];
    for (folder, endings) in folders {
        let files = files(folder, endings);
        assert!(!files.is_empty(), "{folder}");
        for file in files {
            stays(
                &file.display().to_string(),
                &fs::read_to_string(&file).unwrap(),
            );
        }
    }
}

#[test]
fn what_providers_answer_stays() {
    for file in [
        files("tests/ordinary", &["jsonl"]),
        files("fuzz/seeds", &["json"]),
    ]
    .concat()
    {
        let text = fs::read_to_string(&file).unwrap();
        // A webhook of Slack contains a secret.
        let text = text.replace("Jhj5dZrVaK7ZwHHjRyZWjbDl", "its token");
        stays(&file.display().to_string(), &text);
        for line in text
            .lines()
            .filter(|_| file.extension().is_some_and(|it| it == "jsonl"))
        {
            stays(&file.display().to_string(), line);
        }
    }
}

#[test]
fn hashes_numbers_and_base64_stay() {
    for alphabet in [
        "0123456789abcdef",
        "0123456789",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        BASE64,
    ] {
        for length in [8, 20, 32, 40, 64, 128, 1_000, 100_000] {
            let text = random_of(alphabet, length);
            stays(alphabet, &text);
            stays(
                alphabet,
                &json!({"sha": text, "data": text, "embedding": [text], "n": 1}).to_string(),
            );
        }
    }
}
