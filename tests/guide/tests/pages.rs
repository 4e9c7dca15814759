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

/// The targets of the links of a page, but for those to other sites and to items of a crate.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    let links = text.split("](").skip(1);
    let targets = links.map(|link| link.split(')').next().unwrap());
    targets.filter(|target| !target.contains("://") && !target.contains("::"))
}

/// What a link's `#…` may be on a page: its headings, as forges spell them.
fn anchors(text: &str) -> Vec<String> {
    let mut is_code = false;
    let mut anchors = Vec::new();
    for line in text.lines() {
        is_code ^= line.starts_with("```");
        let heading = line.trim_start_matches('#');
        if !is_code && heading.len() < line.len() && heading.starts_with(' ') {
            let heading = heading.trim().to_lowercase().replace(' ', "-");
            let is_kept = |it: &char| it.is_alphanumeric() || matches!(it, '-' | '_');
            anchors.push(heading.chars().filter(is_kept).collect());
        }
    }
    anchors
}

fn all_pages() -> impl Iterator<Item = (PathBuf, String)> {
    let folders = [".", "docs", "benches", "xpander-report/src"];
    folders.into_iter().flat_map(pages)
}

#[test]
fn every_link_to_a_file_leads_to_one() {
    for (path, text) in all_pages() {
        for target in targets(&text) {
            let file = target.split('#').next().unwrap();
            let file = path.parent().unwrap().join(file);
            assert!(file.exists(), "{}: {target}", path.display());
        }
    }
}

#[test]
fn every_link_to_a_heading_leads_to_one() {
    let mut links = 0;
    for (path, text) in all_pages() {
        for target in targets(&text) {
            let Some((file, anchor)) = target.split_once('#') else {
                continue;
            };
            let there = match file {
                "" => text.clone(),
                file => fs::read_to_string(path.parent().unwrap().join(file)).unwrap(),
            };
            let anchors = anchors(&there);
            assert!(
                anchors.iter().any(|it| it == anchor),
                "{}: {target} is none of {anchors:?}",
                path.display()
            );
            links += 1;
        }
    }
    assert!(links > 5, "{links}");
}
