//! The pages in a real browser: their functions, their look, and their use by keyboard and screen reader.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::sync::OnceLock;

use jiff::Timestamp;
use serde_json::json;
use xpander_report_local::{Filter, LocalPlatform, TaskStatus};
use xpander_report_tests_browser::{Browser, many, report, varied};

fn platform() -> LocalPlatform {
    LocalPlatform::builder().port(0).start().unwrap()
}

fn opened(platform: &LocalPlatform, path: &str) -> Browser {
    let mut browser = Browser::start();
    browser.open(&format!("{}{path}", platform.url()));
    browser
}

const ROWS: &str = "document.querySelectorAll('.tasks > .row').length";

#[test]
fn the_failure_and_its_reason_are_two_clicks_away() {
    let platform = platform();
    varied(&platform);
    let mut browser = opened(&platform, "/");
    browser.follow("#totals a.failures");
    assert!(browser.text().contains("rate limited: 429"));
    browser.follow(".tasks > .row:last-child a");
    let text = browser.text();
    assert!(
        text.contains("rate limited: 429 Too Many Requests") && text.contains("support-triage")
    );
}

#[test]
fn a_choice_filters_the_list_and_stands_in_the_address() {
    let platform = platform();
    varied(&platform);
    let mut browser = opened(&platform, "/");
    assert_eq!(browser.eval(ROWS), 10);
    browser.eval("document.querySelector('[name=agent]').focus()");
    browser.eval(
        "(field => { field.value = 'research'; field.dispatchEvent(new Event('change', {bubbles: true})) })\
         (document.querySelector('[name=agent]'))",
    );
    browser.wait("location.search === '?agent=research'");
    browser.wait(&format!("{ROWS} === 2"));
    browser.press("/");
    browser.write("sugar");
    browser.press("Enter");
    browser.wait("location.search === '?q=sugar&agent=research'");
    browser.wait(&format!("{ROWS} === 1"));
    // Back and forward work as on any page.
    browser.eval("history.back()");
    browser.wait(&format!(
        "location.search === '?agent=research' && {ROWS} === 2"
    ));
    assert_eq!(
        browser.eval("document.querySelector('[name=agent]').disabled"),
        false
    );
}

#[test]
fn without_scripts_the_pages_are_read_filtered_paged_and_deleted() {
    let platform = platform();
    many(&platform, 0..60);
    let mut browser = Browser::start();
    browser.scripts(false);
    browser.open(&platform.url());
    browser.follow("a[rel=next]");
    assert_eq!(browser.eval(ROWS), 10);
    browser.follow("a[rel=prev]");
    assert_eq!(browser.eval(ROWS), 50);
    browser.click("[name=q]");
    browser.write("timed");
    browser.follow(".filter button");
    assert_eq!(browser.eval(ROWS), 2);
    browser.follow(".tasks a");
    assert!(browser.text().contains("timed out after"));
    browser.follow("a.danger");
    browser.follow("button.danger");
    assert!(browser.text().contains("is deleted"));
    assert_eq!(platform.tasks().unwrap().len(), 59);
    for hidden in ["[data-help]", "[data-pause]", "[data-copy]"] {
        browser.open(&platform.url());
        let shown = format!("document.querySelectorAll('{hidden}:not([hidden])').length");
        assert_eq!(browser.eval(&shown), 0, "{hidden}");
    }
}

#[test]
fn what_matches_is_deleted_once_it_is_confirmed() {
    let platform = platform();
    varied(&platform);
    let mut browser = opened(&platform, "/?status=failed");
    browser.follow(".actions .danger");
    assert!(browser.text().contains("Delete 3 tasks?"));
    // Tasks that arrive in the meantime are not part of the confirmation.
    report(&platform, "late", &json!({"is_success": false}));
    browser.follow("button.danger");
    assert!(browser.text().contains("3 tasks are deleted"));
    let failed = Filter::new().status(TaskStatus::Failed);
    assert_eq!(platform.summary(&failed).unwrap().tasks.number, 1);
    assert_eq!(platform.tasks().unwrap().len(), 8);
}

#[test]
fn the_first_run_replaces_the_way_to_start() {
    let platform = platform();
    let mut browser = opened(&platform, "/");
    assert!(browser.text().contains("export XPANDER_AGENT_ID=my-agent"));
    browser.click("[data-copy-of=start-environment]");
    browser.wait(
        "document.querySelector('[data-copy-of=start-environment]').textContent === 'Copied'",
    );
    let copied = browser.eval("navigator.clipboard.readText()");
    assert!(
        copied
            .as_str()
            .unwrap()
            .starts_with("export XPANDER_BASE_URL=http://127.0.0.1:")
    );
    browser.point_away();
    browser.wait("document.querySelector('[data-state]').textContent === 'live'");
    report(&platform, "a", &json!({"id": "first", "input": "hello"}));
    browser.wait(&format!("{ROWS} === 1"));
    report(&platform, "a", &json!({"id": "second"}));
    browser.wait(&format!("{ROWS} === 2"));
}

#[test]
fn new_rows_wait_while_the_person_reads() {
    let platform = platform();
    many(&platform, 0..3);
    let mut browser = opened(&platform, "/");
    browser.wait("document.querySelector('[data-state]').textContent === 'live'");
    report(&platform, "a", &json!({"id": "one"}));
    browser.wait(&format!("{ROWS} === 4"));

    browser.point(".tasks > .row:nth-child(2)");
    let place = "document.querySelector('a[href=\"/tasks/one\"]').getBoundingClientRect().y";
    let before = browser.eval(place);
    report(&platform, "a", &json!({"id": "two"}));
    browser.wait("document.getElementById('news').textContent === '1 new'");
    // Existing rows are updated in place.
    report(
        &platform,
        "a",
        &json!({"id": "one", "is_success": false, "result": "now it failed"}),
    );
    browser.wait("document.querySelector('.tasks').innerText.includes('now it failed')");
    assert_eq!(browser.eval(ROWS), 4);
    assert_eq!(browser.eval(place), before);

    browser.click("#news");
    assert_eq!(browser.eval(ROWS), 5);
    assert_eq!(browser.eval("document.getElementById('news').hidden"), true);
}

#[test]
fn rows_of_another_filter_do_not_appear() {
    let platform = platform();
    report(&platform, "a", &json!({"id": "one"}));
    let mut browser = opened(&platform, "/?agent=a&status=failed");
    browser.wait("document.querySelector('[data-state]').textContent === 'live'");
    report(&platform, "b", &json!({"is_success": false}));
    report(&platform, "a", &json!({"is_success": true}));
    report(&platform, "a", &json!({"id": "mine", "is_success": false}));
    browser.wait(&format!("{ROWS} === 1"));
    assert!(
        browser
            .eval("document.querySelector('.tasks a').href")
            .as_str()
            .unwrap()
            .ends_with("/tasks/mine")
    );
}

#[test]
fn a_paused_list_stays_as_it_is_until_it_is_resumed() {
    let platform = platform();
    report(&platform, "a", &json!({"id": "one"}));
    let mut browser = opened(&platform, "/");
    browser.wait("document.querySelector('[data-state]').textContent === 'live'");
    browser.press("l");
    browser.wait("document.querySelector('[data-state]').textContent === 'paused'");
    report(&platform, "a", &json!({"id": "two"}));
    // It stays paused when the filter changes.
    browser.open(&format!("{}/?agent=a", platform.url()));
    assert_eq!(
        browser.eval("document.querySelector('[data-pause]').textContent"),
        "Resume"
    );
    report(&platform, "a", &json!({"id": "three"}));
    assert!(
        browser.eval("live.source").is_null(),
        "nothing is asked for"
    );
    assert_eq!(browser.eval(ROWS), 2);
    browser.click("[data-pause]");
    browser.point_away();
    browser.wait(&format!("{ROWS} === 3"));
}

#[test]
fn an_open_task_tells_that_it_has_changed() {
    let platform = platform();
    report(&platform, "a", &json!({"id": "t", "result": "first"}));
    let mut browser = opened(&platform, "/tasks/t");
    // When it delivers something, the connection is open.
    browser.wait("live.source.readyState === 1");
    report(&platform, "a", &json!({"id": "other"}));
    report(&platform, "a", &json!({"id": "t", "result": "second"}));
    browser.wait("!document.getElementById('news').hidden");
    assert!(!browser.text().contains("second"));
    browser.click("#news");
    browser.wait("document.body.innerText.includes('second')");
}

#[test]
fn everything_is_done_with_keys() {
    let platform = platform();
    many(&platform, 0..60);
    let mut browser = opened(&platform, "/");
    for key in ["j", "j", "j", "k"] {
        browser.press(key);
    }
    assert_eq!(
        browser.eval("[...document.querySelectorAll('a.texts')].indexOf(document.activeElement)"),
        1
    );
    browser.press("Enter");
    browser.wait("location.pathname === '/tasks/task-58'");
    browser.press("Escape");
    browser.wait(&format!("location.pathname === '/' && {ROWS} === 50"));
    browser.press("n");
    browser.wait(&format!(
        "location.search.startsWith('?older=') && {ROWS} === 10"
    ));
    browser.press("p");
    browser.wait(&format!(
        "location.search.startsWith('?newer=') && {ROWS} === 50"
    ));
    browser.press("?");
    assert_eq!(browser.eval("document.getElementById('help').open"), true);
    browser.press("Escape");
    browser.wait("!document.getElementById('help').open");
    browser.press("/");
    assert_eq!(browser.eval("document.activeElement.name"), "q");
    // In a field, a letter is only a letter.
    browser.press("j");
    assert_eq!(browser.eval("document.activeElement.value"), "j");
}

#[test]
fn a_response_folds_and_its_keys_are_found() {
    let platform = platform();
    let choices: Vec<_> = (0..40)
        .map(|index| json!({"index": index, "message": {"content": format!("text {index}")}}))
        .collect();
    report(
        &platform,
        "a",
        &json!({"id": "t", "llm_response": {"choices": choices, "model": "m"}}),
    );
    let mut browser = opened(&platform, "/tasks/t");
    let open = "document.querySelectorAll('#response details[open]').length";
    assert_eq!(browser.eval(open), 2);
    browser.click("[data-tree-all=open]");
    assert_eq!(browser.eval(open), 82);
    browser.click("[data-tree-all='']");
    assert_eq!(browser.eval(open), 0);
    browser.click("[data-tree-find]");
    browser.write("TEXT 31");
    browser.wait("document.querySelectorAll('#response .found').length === 1");
    assert_eq!(browser.eval(open), 4);
    browser.click("[data-copy$='/response']");
    browser.wait("document.querySelector('[data-copy$=\"/response\"]').textContent === 'Copied'");
    let copied = browser
        .eval("navigator.clipboard.readText().then(text => JSON.parse(text).choices.length)");
    assert_eq!(copied, 40);
}

#[test]
fn a_known_model_has_its_price_and_says_what_it_assumes() {
    let platform = platform();
    let run = |id: &str, model: &str| {
        let usage =
            json!({"prompt_tokens": 10_000, "completion_tokens": 1_000, "total_tokens": 11_000});
        let response = json!({"object": "chat.completion", "model": model, "usage": usage,
            "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]});
        let run = json!({"id": id, "tokens": usage, "llm_response": response});
        report(&platform, "a", &run);
    };
    run("known", "gpt-4o-mini");
    run("unknown", "mine");
    let mut browser = opened(&platform, "/tasks/known");
    let text = browser.text();
    assert!(text.contains("$ 0.0021") && text.contains("the price list: openai gpt-4o-mini"));
    assert!(text.contains("The price assumes that openai answered as gpt-4o-mini"));
    browser.open(&platform.task_url("unknown"));
    let text = browser.text();
    assert!(!text.contains('$') && text.contains("no price is known"));
    browser.open(&platform.url());
    let text = browser.text();
    assert!(text.contains("$ 0.0021 (1 run without a price)"), "{text}");
    assert!(text.contains("Costs are by the price list of 20"));
}

#[test]
fn hostile_text_stays_text() {
    let platform = platform();
    let hostile = "</pre></bdi></title><script>window.owned = 1</script><img src=x onerror='window.owned = 1'>\
                   <svg onload='window.owned = 1'>";
    for id in [hostile, "</script><script>window.owned=1</script>"] {
        report(
            &platform,
            "a",
            &json!({"id": id, "input": hostile, "result": hostile, "is_success": false, "used_tools": [hostile],
                    "llm_response": {hostile: [hostile]}}),
        );
    }
    report(
        &platform,
        "%3Cscript%3Ewindow.owned=1%3C%2Fscript%3E",
        &json!({"id": hostile, "result": "changed"}),
    );
    let mut browser = opened(&platform, "/");
    let task = platform.task_url(hostile);
    for url in [
        platform.url(),
        task.clone(),
        format!("{task}/delete"),
        format!("{}/metrics", platform.url()),
        format!("{}/agents", platform.url()),
        format!(
            "{}/?q=%3Cscript%3Ewindow.owned%3D1%3C%2Fscript%3E",
            platform.url()
        ),
    ] {
        browser.open(&url);
        assert!(browser.text().contains("<script>window.owned"), "{url}");
        assert!(browser.eval("window.owned").is_null(), "{url}");
        assert_eq!(
            browser.eval("document.scripts.length + document.images.length"),
            1,
            "{url}"
        );
        browser.assert_accessible(&url);
    }
    for part in ["input", "result", "response", "revisions/1"] {
        browser.open(&format!("{task}/{part}"));
        assert!(browser.eval("window.owned").is_null(), "{part}");
    }
    // Live rows arrive in another way.
    browser.open(&platform.url());
    browser.wait("document.querySelector('[data-state]').textContent === 'live'");
    report(&platform, "a", &json!({"id": "new", "input": hostile}));
    browser.wait(&format!("{ROWS} === 3"));
    assert!(browser.eval("window.owned").is_null());
}

#[test]
fn a_page_of_another_origin_deletes_and_reads_nothing() {
    let platform = platform();
    report(&platform, "a", &json!({"id": "t"}));
    let mut browser = Browser::start();
    browser.open("about:blank");
    let url = platform.url();
    browser.eval(&format!(
        "fetch('{url}/tasks/t/delete', {{method: 'POST', mode: 'no-cors'}}).catch(() => null)"
    ));
    let read = format!("fetch('{url}/tasks.jsonl').then(() => 'read', () => 'refused')");
    assert_eq!(browser.eval(&read), "refused");
    browser.eval(&format!(
        "document.body.innerHTML = `<form method=post action='{url}/delete?to=2100-01-01'><button>x</button></form>`"
    ));
    browser.follow("button");
    assert!(browser.text().contains("The request comes from a page"));
    assert_eq!(platform.tasks().unwrap().len(), 1);
}

#[test]
fn all_pages_are_accessible_dark_and_light_narrow_and_wide() {
    let platform = platform();
    let mut browser = opened(&platform, "/");
    let empty = ["/", "/metrics", "/agents", "/tasks/none"];
    let full = [
        "/",
        "/?status=failed&last=24h&q=limit",
        "/?from=2026-01-01&to=2100-01-01",
        "/?q=nothing",
        "/tasks/q4-summary",
        "/tasks/ticket-48214",
        "/tasks/ticket-48215",
        "/tasks/0198c0de-0001-7000-8000-5eed00000001",
        "/tasks/q4-summary/delete",
        "/delete?status=failed",
        "/metrics",
        "/metrics?agent=research&last=7d",
        "/metrics?from=2026-01-01&to=2026-01-31",
        "/agents",
    ];
    for (pages, seeded) in [(&empty[..], false), (&full[..], true)] {
        if seeded {
            varied(&platform);
        }
        for (dark, width) in [(false, 1400), (true, 1400), (false, 400), (true, 400)] {
            browser.dark(dark);
            browser.size(width, 900);
            for path in pages {
                browser.open(&format!("{}{path}", platform.url()));
                browser.eval("for (const part of document.querySelectorAll('main > details')) part.open = true");
                browser.assert_accessible(&format!(
                    "{path} at {width}, dark: {dark}, seeded: {seeded}"
                ));
            }
        }
    }
}

#[test]
fn metrics_show_a_bar_and_its_number() {
    // All runs are within one hour, which does not end while the test runs.
    static NOW: OnceLock<Timestamp> = OnceLock::new();
    let builder = LocalPlatform::builder().port(0);
    let builder = builder.clock(|| *NOW.get_or_init(Timestamp::now));
    let platform = builder.start().unwrap();
    many(&platform, 0..37);
    let mut browser = opened(&platform, "/metrics?last=7d");
    let charts = "[...document.querySelectorAll('figure')].map(figure => figure.querySelector('figcaption').textContent \
                  + ': ' + [...figure.querySelectorAll('.number')].map(number => number.textContent).join())";
    let shown = browser.eval(charts);
    assert_eq!(shown[0], "Requests: 37");
    assert_eq!(shown[1], "Failed requests: 1");
    assert_eq!(shown[2], "Success rate: 97.2 %");
    assert_eq!(
        browser.eval("document.querySelectorAll('figure:first-child .column').length"),
        24,
        "the hours of the only day with runs"
    );
    browser.click(".numbers summary");
    let text = browser.text();
    assert!(text.contains("By tool") && text.contains("web_search"));
    assert_eq!(
        browser.eval("document.querySelectorAll('.numbers tbody tr').length"),
        1
    );
    browser.follow(".numbers tbody tr:first-child a");
    assert_eq!(browser.eval(ROWS), 37);
}

#[test]
fn no_label_of_a_chart_is_cut() {
    let platform = platform();
    for (agent, duration) in [("a", 1.2), ("b", 257.0), ("c", 90_000.0)] {
        report(
            &platform,
            agent,
            &json!({"duration": duration, "tokens": {"prompt_tokens": 1_234_567}}),
        );
    }
    let mut browser = opened(&platform, "/metrics");
    let cut = "[...document.querySelectorAll('.chart text')].filter(text => {
        const [box, chart] = [text, text.closest('svg')].map(part => part.getBoundingClientRect());
        return box.left < chart.left || box.right > chart.right;
    }).map(text => text.textContent).join()";
    for width in [400, 1400] {
        browser.size(width, 900);
        for agent in ["a", "b", "c"] {
            browser.open(&format!("{}/metrics?agent={agent}", platform.url()));
            assert_eq!(browser.eval(cut), "", "{agent} at {width}");
        }
    }
}

#[test]
fn the_first_agent_appears() {
    let platform = platform();
    let mut browser = opened(&platform, "/agents");
    assert!(browser.text().contains("No runs yet"));
    browser.wait("live.source.readyState === 1");
    report(&platform, "first-agent", &json!({}));
    browser.wait("document.querySelector('tbody').innerText.includes('first-agent')");
}

#[test]
fn agents_lead_to_their_tasks() {
    let platform = platform();
    varied(&platform);
    let mut browser = opened(&platform, "/agents");
    browser.follow("tbody tr:first-child th a");
    browser.wait("location.search === '?agent=support-triage'");
    assert_eq!(browser.eval(ROWS), 4);
}
