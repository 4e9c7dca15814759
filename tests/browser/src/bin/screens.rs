//! Takes pictures of every page, light and dark, wide and narrow, to be looked at: into the folder that the first
//! argument names, of the platform at the address that the second one names, or of one with ten tasks.
#![allow(clippy::unwrap_used, reason = "it is for looking at pages")]

use std::env;
use std::fs;
use std::path::PathBuf;

use xpander_report_local::LocalPlatform;
use xpander_report_tests_browser::{Browser, varied};

const PAGES: [(&str, &str); 10] = [
    ("tasks", "/"),
    ("filtered", "/?status=failed&last=24h"),
    ("none", "/?q=nothing+has+these+words"),
    ("task", "/tasks/q4-summary"),
    ("two-models", "/tasks/research-7"),
    ("by-cost", "/?sort=cost"),
    ("failed", "/tasks/batch-2"),
    ("hostile", "/tasks/ticket-48215"),
    ("metrics", "/metrics"),
    ("agents", "/agents"),
];

fn main() {
    let mut arguments = env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap());
    fs::create_dir_all(&folder).unwrap();
    let platform = LocalPlatform::builder().port(0).start().unwrap();
    let mut browser = Browser::start();
    let url = arguments.next().unwrap_or_else(|| {
        browser.open(&platform.url());
        browser.screenshot(&folder.join("empty.png"));
        varied(&platform);
        platform.url()
    });
    for dark in [false, true] {
        browser.dark(dark);
        for (width, height) in [(1400, 900), (400, 860)] {
            browser.size(width, height);
            for (name, path) in PAGES {
                browser.open(&format!("{url}{path}"));
                let tone = if dark { "dark" } else { "light" };
                browser.screenshot(&folder.join(format!("{name}-{tone}-{width}.png")));
            }
        }
    }
}
