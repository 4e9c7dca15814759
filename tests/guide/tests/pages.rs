//! The guide is complete: the snippets of every page are compiled, and every link has a target.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails panics"
)]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The Markdown files in a folder of the repository, with their text.
fn pages(folder: &str) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let pages = paths.filter(|path| path.extension().is_some_and(|it| it == "md"));
    let mut pages: Vec<_> = pages
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect();
    pages.sort();
    assert!(!pages.is_empty(), "there are pages in {folder}");
    pages
}

#[test]
fn the_snippets_of_every_page_are_compiled() {
    let compiled = include_str!("../src/lib.rs");
    for (path, text) in pages("docs") {
        let name = path.file_name().unwrap().to_str().unwrap();
        if text.contains("\n```rust") {
            assert!(compiled.contains(&format!("\"{name}\"")), "{name}");
        }
    }
}

#[test]
fn the_index_names_every_page() {
    let index = fs::read_to_string(root().join("docs/README.md")).unwrap();
    for (path, _) in pages("docs") {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(
            name == "README.md" || index.contains(&format!("({name})")),
            "{name}"
        );
    }
}

#[test]
fn every_link_to_a_file_leads_to_one() {
    for (path, text) in pages(".").into_iter().chain(pages("docs")) {
        for link in text.split("](").skip(1) {
            let target = link.split(')').next().unwrap();
            let file = target.split('#').next().unwrap();
            if file.is_empty() || target.contains("://") {
                continue;
            }
            let target = path.parent().unwrap().join(file);
            assert!(target.exists(), "{}: {file}", path.display());
        }
    }
}
