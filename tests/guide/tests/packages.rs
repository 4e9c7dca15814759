//! Each published package has its metadata, licences and README.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails panics"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The packages that are published, as cargo sees them.
fn packages() -> Vec<Value> {
    let mut metadata = Command::new(env!("CARGO"));
    metadata.args(["metadata", "--no-deps", "--format-version", "1"]);
    let output = metadata.current_dir(root()).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let is_published = |package: &&Value| package["publish"].is_null();
    let published: Vec<_> = packages.iter().filter(is_published).cloned().collect();
    assert!(published.len() >= 4);
    published
}

fn folder(package: &Value) -> PathBuf {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().to_owned()
}

#[test]
fn each_says_what_it_is() {
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        for field in ["description", "readme", "documentation", "license"] {
            let value = package[field].as_str().unwrap_or_default();
            assert!(!value.is_empty(), "{name} has no {field}");
        }
        for field in ["keywords", "categories"] {
            let count = package[field].as_array().unwrap().len();
            assert!((1..=5).contains(&count), "{name} has {count} {field}");
        }
        let manifest = fs::read_to_string(folder(&package).join("Cargo.toml")).unwrap();
        assert!(manifest.contains("\ninclude = ["), "{name} lists no files");
    }
}

#[test]
fn each_readme_says_which_rust_it_needs() {
    for package in packages() {
        let rust = package["rust_version"].as_str().unwrap();
        let readme = fs::read_to_string(folder(&package).join("README.md")).unwrap();
        let says = format!("The minimum supported Rust version is {rust}.");
        assert!(readme.contains(&says), "{}", package["name"]);
    }
}

#[test]
fn each_has_both_licences() {
    for package in packages() {
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            let here = fs::read_to_string(folder(&package).join(licence)).unwrap();
            let there = fs::read_to_string(root().join(licence)).unwrap();
            assert!(here == there, "{licence} of {}", package["name"]);
        }
    }
}

#[test]
fn each_builds_from_its_own_folder() {
    for package in packages() {
        let folder = folder(&package);
        for source in sources(&folder.join("src")) {
            let text = fs::read_to_string(&source).unwrap();
            for path in text.split("include_str!(\"").skip(1) {
                let path = source
                    .parent()
                    .unwrap()
                    .join(path.split('"').next().unwrap());
                let path = path.canonicalize().unwrap();
                assert!(
                    path.starts_with(folder.canonicalize().unwrap()),
                    "{}",
                    path.display()
                );
            }
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|it| it == "rs"))
        .collect()
}

#[test]
fn the_front_page_has_each_feature_in_its_table() {
    for package in packages() {
        let library = folder(&package).join("src/lib.rs");
        // The front page of a program is its README.
        let front = match library.exists() {
            true => library,
            false => folder(&package).join("README.md"),
        };
        let features = package["features"].as_object().unwrap();
        let public = features
            .keys()
            .filter(|it| !it.starts_with('_') && *it != "default");
        for feature in public {
            let text = fs::read_to_string(&front).unwrap();
            let row = format!("| `{feature}` |");
            assert!(text.contains(&row), "{}: {feature}", package["name"]);
        }
    }
}

#[test]
fn the_readme_has_each_feature_of_the_library() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let packages = packages();
    let library = packages
        .iter()
        .find(|package| package["name"] == "xpander-report")
        .unwrap();
    for feature in library["features"].as_object().unwrap().keys() {
        let is_public = !feature.starts_with('_') && feature != "default";
        let has_row = readme.contains(&format!("| `{feature}`"));
        assert!(has_row || !is_public, "{feature}");
    }
}
