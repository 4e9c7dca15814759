//! The pages show reported content only as text.

use crate::support::{Answer, get, patch, platform, post, report};
use serde_json::json;
use xpander_report_local::{LocalPlatform, Prices};

/// The one script of all pages.
const SCRIPT: &str = "<script src=\"/assets/pages.js\" defer></script>";

#[track_caller]
fn page(platform: &LocalPlatform, path: &str) -> String {
    let answer = get(platform, path);
    assert_eq!(answer.status, 200, "{path}");
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    answer.body
}

#[test]
fn without_tasks_the_list_says_how_to_start() {
    let platform = platform();
    let html = page(&platform, "/");
    assert!(html.contains(&format!("export XPANDER_BASE_URL={}", platform.url())));
    assert!(html.contains("XPANDER_API_KEY=") && html.contains("XPANDER_AGENT_ID="));
    assert!(html.contains("#[external_task]"));
}

#[test]
fn the_list_shows_what_happened() {
    let platform = platform();
    report(
        &platform,
        r#"{"id":"one","input":"What grew?","result":"Revenue","duration":4.7,
            "tokens":{"prompt_tokens":2140,"completion_tokens":380},"used_tools":["search","fetch","think"]}"#,
    );
    report(
        &platform,
        r#"{"id":"two","is_success":false,"result":"429 Too Many Requests"}"#,
    );
    report(&platform, r#"{"id":"three","is_success":false}"#);

    let html = page(&platform, "/");
    for shown in [
        "What grew?",
        "Revenue",
        "4.7 s",
        "2,140 → 380",
        "search, fetch +1",
        "429 Too Many Requests",
        "✕",
        "✓",
    ] {
        assert!(html.contains(shown), "{shown}");
    }
    assert!(html.contains("no reason was given") && html.contains("no input"));
    assert!(html.contains("<b>3</b> runs") && html.contains("<b>33.3 %</b> ok"));
    assert!(html.contains("<b>2,520</b> tokens") && html.contains("(2 runs reported none)"));
    let places = ["/tasks/three", "/tasks/two", "/tasks/one"]
        .map(|link| html.find(&format!("\"{link}\"")).unwrap());
    assert!(places.is_sorted(), "newest first");
}

#[test]
fn the_list_is_paged() {
    let platform = platform();
    for number in 1..=51 {
        report(&platform, &format!(r#"{{"id":"n{number}"}}"#));
    }
    let first = page(&platform, "/");
    assert!(first.contains("\"/tasks/n51\"") && first.contains("\"/tasks/n2\""));
    assert!(!first.contains("\"/tasks/n1\"") && !first.contains("Newer"));
    assert!(first.contains("51 in all"));

    let second = page(&platform, &link(&first, "next"));
    assert!(second.contains("\"/tasks/n1\"") && !second.contains("\"/tasks/n2\""));
    assert!(!second.contains("Older"));

    // A page keeps its position when tasks arrive.
    report(&platform, r#"{"id":"n52"}"#);
    let back = page(&platform, &link(&second, "prev"));
    assert!(back.contains("\"/tasks/n51\"") && back.contains("\"/tasks/n2\""));
    assert!(!back.contains("\"/tasks/n52\"") && back.contains("Newer"));
}

/// The target of the link to the next or the previous page.
#[track_caller]
fn link(html: &str, rel: &str) -> String {
    let end = html.find(&format!("\" rel=\"{rel}\"")).unwrap();
    let start = html[..end].rfind('"').unwrap() + 1;
    html[start..end].replace("&#38;", "&")
}

#[test]
fn the_link_of_the_failed_runs_shows_all_that_it_counts() {
    let platform = platform();
    report(&platform, r#"{"id":"one"}"#);
    report(&platform, r#"{"id":"two","is_success":false}"#);
    report(&platform, r#"{"id":"three"}"#);
    let broken = r#"{"status":"error"}"#;
    patch(&platform, "/agent-execution/three/update", broken).json();
    let html = page(&platform, "/");
    let link = "/?status=failed%2Cerror";
    assert!(
        html.contains(&format!("href=\"{link}\"><b>2</b> failed")),
        "{html}"
    );
    let failed = page(&platform, link);
    for (id, is_shown) in [("one", false), ("two", true), ("three", true)] {
        assert_eq!(
            failed.contains(&format!("\"/tasks/{id}\"")),
            is_shown,
            "{id}"
        );
    }
    assert!(failed.contains("<option value=\"failed,error\" selected>failed or error</option>"));
}

#[test]
fn the_address_filters_the_list() {
    let platform = platform();
    report(
        &platform,
        r#"{"id":"one","input":"the blue whale","used_tools":["look up"]}"#,
    );
    report(
        &platform,
        r#"{"id":"two","is_success":false,"result":"whale too large"}"#,
    );
    post(
        &platform,
        "/agent-execution/b/report_task",
        r#"{"id":"three"}"#,
    )
    .json();
    for (query, shown) in [
        ("", &["three", "two", "one"][..]),
        ("?status=failed", &["two"]),
        ("?agent=b", &["three"]),
        ("?tool=look%20up", &["one"]),
        ("?q=WHALE", &["two", "one"]),
        ("?q=%22blue+whale%22&status=&agent=", &["one"]),
        ("?q=wha*&last=1h&status=failed", &["two"]),
        ("?from=2020-01-01&to=2020-12-31", &[]),
        ("?tool=never&agent=nobody", &[]),
    ] {
        let html = page(&platform, &format!("/{query}"));
        for id in ["one", "two", "three"] {
            let found = html.contains(&format!("\"/tasks/{id}\""));
            assert_eq!(found, shown.contains(&id), "{query}: {id}");
        }
    }
    for query in [
        "status=done",
        "from=yesterday",
        "last=7",
        "older=x",
        "newer=",
    ] {
        let answer = get(&platform, &format!("/?{query}"));
        assert_eq!(
            answer.status,
            if query == "newer=" { 200 } else { 422 },
            "{query}"
        );
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8")
        );
    }
}

#[test]
fn ids_that_are_paths_have_pages() {
    let platform = platform();
    for id in [".", "..", "~", "~..", "a/../b", "%2e%2e"] {
        report(
            &platform,
            &json!({"id": id, "input": format!("of {id}")}).to_string(),
        );
        let url = platform.task_url(id);
        let path = url.strip_prefix(&platform.url()).unwrap();
        assert!(!path.contains("/.."), "{path}");
        assert!(
            page(&platform, path).contains(&format!("of {id}")),
            "{path}"
        );
        assert_eq!(
            get(&platform, &format!("{path}/input")).body,
            format!("of {id}")
        );
    }
}

#[test]
fn a_task_has_a_page() {
    let platform = platform();
    report(
        &platform,
        r#"{"id":"t","input":"in","result":"first","llm_response":{"b":1180591620717411303424,"a":[1.10]},
            "tokens":{"prompt_tokens":1000,"completion_tokens":2,"cache_read_tokens":900}}"#,
    );
    report(
        &platform,
        r#"{"id":"t","is_success":false,"result":"broken\nhere","used_tools":["y","x","y"]}"#,
    );

    let html = page(&platform, "/tasks/t");
    assert!(html.contains("failed") && html.contains("<bdi class=\"reason\">broken</bdi>"));
    assert!(html.contains("broken\nhere"));
    let in_order = |shown: &[&str]| {
        let places: Vec<usize> = shown
            .iter()
            .scan(0, |from, text| {
                let rest = html.get(*from..).unwrap();
                *from += rest.find(text).unwrap_or_else(|| panic!("no {text}")) + text.len();
                Some(*from)
            })
            .collect();
        assert!(places.is_sorted());
    };
    in_order(&[
        "{ 2 keys }",
        "<bdi class=\"key\">b</bdi>: <bdi class=\"number\">1180591620717411303424</bdi>",
        "<bdi class=\"key\">a</bdi>: ",
        "[ 1 item ]",
        "<bdi class=\"number\">1.10</bdi>",
    ]);
    in_order(&["1,000", "1,002", "Read from cache", "900"]);
    in_order(&[
        "<bdi>y</bdi></a></li>",
        "<bdi>x</bdi></a></li>",
        "<bdi>y</bdi></a></li>",
    ]);
    in_order(&[
        "<b>status</b>: <bdi class=\"before\">completed</bdi> → <bdi>failed</bdi>",
        "<b>result</b>: <bdi class=\"before\">first</bdi> → <bdi>broken",
        "it made the task",
    ]);
    assert!(html.contains("/tasks/t/revisions/1") && html.contains("/tasks/t/revisions/2"));
    assert!(
        get(&platform, "/tasks/t/revisions/2")
            .body
            .contains("broken\\nhere")
    );
}

#[test]
fn texts_keep_their_first_empty_lines() {
    let platform = platform();
    report(&platform, r#"{"id":"t","input":"\n\nx"}"#);
    // HTML drops one line break at the start of `pre`.
    assert!(page(&platform, "/tasks/t").contains(">\n\n\nx</pre>"));
}

#[test]
fn a_long_text_is_cut_and_can_be_had_whole() {
    let platform = platform();
    let long = "ß".repeat(42_000);
    let response = format!(r#"["{long}"]"#);
    let body = json!({"id": "t", "input": long, "result": long}).to_string();
    report(
        &platform,
        &body.replacen('{', &format!(r#"{{"llm_response":{response},"#), 1),
    );

    let html = page(&platform, "/tasks/t");
    assert!(html.len() < 60_000, "{}", html.len());
    assert_eq!(html.matches("Show all (84 KB)").count(), 3);
    assert!(page(&platform, "/").len() < 10_000);
    for part in ["input", "result"] {
        let whole = get(&platform, &format!("/tasks/t/{part}"));
        assert_eq!(
            whole.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
        assert!(whole.body == long);
    }
    let whole = get(&platform, "/tasks/t/response");
    assert_eq!(whole.header("content-type"), Some("application/json"));
    assert!(whole.body == response);
}

#[test]
fn endless_tools_do_not_make_an_endless_page() {
    let platform = platform();
    let tools = vec!["tool".repeat(1000); 300];
    report(
        &platform,
        &json!({"id": "t", "used_tools": tools}).to_string(),
    );
    assert!(page(&platform, "/").contains("+298"));
    assert!(page(&platform, "/").len() < 10_000);
    let html = page(&platform, "/tasks/t");
    assert!(html.contains("100 more are not listed"));
    assert!(html.len() < 150_000, "{}", html.len());
}

#[test]
fn hostile_text_is_only_text() {
    let platform = platform();
    let hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}";
    let body = json!({"id": hostile, "input": hostile, "result": hostile, "is_success": false,
                      "used_tools": [hostile], "llm_response": {hostile: hostile}});
    let encoded: String = hostile.bytes().map(|byte| format!("%{byte:02X}")).collect();
    post(
        &platform,
        &format!("/{encoded}/agent-execution/{encoded}/report_task"),
        &body.to_string(),
    )
    .json();

    for path in [
        "/".to_owned(),
        format!("/tasks/{encoded}"),
        format!("/tasks/{encoded}?organization={encoded}"),
    ] {
        let html = page(&platform, &path);
        assert!(html.contains("&#60;script&#62;alert(1)"), "{path}");
        assert!(
            !html.replace(SCRIPT, "").contains("<script") && !html.contains("<img"),
            "{path}"
        );
        assert!(!html.contains("\"'>"), "{path}");
    }
    let missing = get(&platform, "/tasks/%3Cscript%3Ealert(1)%3C%2Fscript%3E");
    assert_eq!(missing.status, 404);
    assert!(!missing.body.replace(SCRIPT, "").contains("<script"));
    let whole = get(&platform, &format!("/tasks/{encoded}/input"));
    assert_eq!(whole.body, hostile);
    assert_eq!(whole.header("x-content-type-options"), Some("nosniff"));
}

#[test]
fn pages_carry_no_inline_style_or_script() {
    let platform = platform();
    assert!(page(&platform, "/").contains("/assets/style.css"));
    report(&platform, r#"{"id":"t","result":"x"}"#);
    for path in [
        "/",
        "/?q=none",
        "/tasks/t",
        "/tasks/t/delete",
        "/delete",
        "/metrics",
        "/agents",
    ] {
        let html = page(&platform, path);
        assert!(html.contains(SCRIPT), "{path}");
        let html = html.replace(SCRIPT, "");
        for inline in ["<style", "style=", "<script", "javascript:", " onclick"] {
            assert!(!html.contains(inline), "{path}: {inline}");
        }
    }
    assert_eq!(
        get(&platform, "/assets/style.css").header("content-type"),
        Some("text/css; charset=utf-8")
    );
    assert_eq!(
        get(&platform, "/assets/pages.js").header("content-type"),
        Some("text/javascript; charset=utf-8")
    );
    assert_eq!(
        get(&platform, "/assets/icon.svg").header("content-type"),
        Some("image/svg+xml")
    );
}

#[test]
fn an_unknown_task_is_a_page_too() {
    let platform = platform();
    report(&platform, r#"{"id":"t"}"#);
    let check = |answer: Answer, path: &str| {
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8"),
            "{path}"
        );
    };
    for path in [
        "/tasks/none",
        "/tasks/none/input",
        "/tasks/t/input",
        "/tasks/t/response",
        "/tasks/t/revisions/0",
        "/tasks/t/revisions/2",
        "/tasks/t/revisions/x",
        "/tasks/t?organization=other",
    ] {
        check(get(&platform, path), path);
    }
    assert!(get(&platform, "/tasks/none").body.contains("none"));
}

#[test]
fn a_task_leads_to_its_agent_in_its_organization() {
    let platform = platform();
    report(&platform, r#"{"id":"ours"}"#);
    post(
        &platform,
        "/org-1/agent-execution/theirs/report_task",
        r#"{"id":"t"}"#,
    )
    .json();
    let theirs = page(&platform, "/tasks/t?organization=org-1");
    let link = "/?agent=theirs&#38;organization=org-1";
    assert!(theirs.contains(link), "{theirs}");
    assert!(page(&platform, &link.replace("&#38;", "&")).contains("/tasks/t"));
    let ours = page(&platform, "/tasks/ours");
    let (_, link) = ours.split_once("/?agent=").unwrap();
    let (link, _) = link.split_once('"').unwrap();
    assert!(!link.contains("organization"), "{link}");
}

/// A platform that knows the price of one model: a dollar for a million tokens.
fn priced_platform() -> LocalPlatform {
    let prices = Prices::from_toml("[m]\ninput = 1\noutput = 1").unwrap();
    LocalPlatform::builder()
        .port(0)
        .prices(prices)
        .start()
        .unwrap()
}

/// A run of a model with this many input tokens and no output tokens.
fn run_of(platform: &LocalPlatform, id: &str, model: &str, tokens: u64, duration: f64) {
    let usage = json!({"prompt_tokens": tokens, "completion_tokens": 0});
    let response = json!({"object": "chat.completion", "model": model, "usage": usage,
        "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]});
    let run = json!({"id": id, "tokens": usage, "llm_response": response, "duration": duration});
    report(platform, &run.to_string());
}

/// The ids of a list, in its order.
fn listed(html: &str) -> Vec<&str> {
    let links = html.split("class=\"texts\" href=\"/tasks/").skip(1);
    links.map(|link| link.split('"').next().unwrap()).collect()
}

#[test]
fn models_and_costs_are_in_the_list_and_what_has_none_is_counted() {
    let platform = priced_platform();
    run_of(&platform, "one", "m", 2_000_000, 1.0);
    run_of(&platform, "two", "other", 50, 2.0);
    report(&platform, r#"{"id":"three"}"#);
    let html = page(&platform, "/");
    assert!(html.contains("<b>$ 2.00</b> <small>(1 run without a price)</small>"));
    assert!(html.contains(r#"<option value="m">m</option><option value="other">other</option>"#));
    let html = page(&platform, "/?model=other");
    assert_eq!(listed(&html), ["two"]);
    assert!(html.contains("1 run without a price") && !html.contains("$ "));
    assert_eq!(listed(&page(&platform, "/?model=nothing")).len(), 0);

    let html = page(&platform, "/delete?model=m");
    assert!(html.contains("Delete 1 task?") && html.contains("<dt>Model</dt>"));

    let csv = get(&platform, "/tasks.csv").body;
    assert!(csv.contains(",cache_write_tokens,model,cost_usd,used_tools,"));
    assert!(csv.contains(",m,2,") && csv.contains(",other,,"));
    let jsonl = get(&platform, "/tasks.jsonl?model=m").body;
    assert!(jsonl.contains(r#""model":"m","cost_usd":2.0,"#), "{jsonl}");
    assert!(!jsonl.contains("other"));
    let jsonl = get(&platform, "/tasks.jsonl").body;
    assert!(jsonl.contains(r#""model":"other","cost_usd":null,"#));
}

#[test]
fn a_list_can_begin_with_the_largest_of_a_range_of_time() {
    let platform = priced_platform();
    run_of(&platform, "a", "m", 10, 3.0);
    run_of(&platform, "b", "m", 30, 1.0);
    run_of(&platform, "c", "other", 20, 2.0);
    for (sort, expected, order) in [
        ("cost", ["b", "a", "c"], "highest cost first"),
        ("tokens", ["b", "c", "a"], "most tokens first"),
        ("duration", ["a", "c", "b"], "longest first"),
    ] {
        let html = page(&platform, &format!("/?sort={sort}&last=1h"));
        assert_eq!(listed(&html), expected, "{sort}");
        assert!(html.contains(&format!("aria-label=\"Tasks, {order}\"")));
        assert!(!html.contains("data-live"), "new rows have no place in it");
    }
    // The default range is the last day.
    let html = page(&platform, "/?sort=cost");
    assert!(html.contains(r#"<option value="24h" selected>last 24 hours</option>"#));
    let html = page(&platform, "/?sort=cost&from=2020-01-01&to=2020-12-31");
    assert!(html.contains("No tasks match"));
    assert_eq!(
        listed(&page(&platform, "/?sort=cost&model=m&last=1h")),
        ["b", "a"]
    );
    assert_eq!(get(&platform, "/?sort=size").status, 422);
}

#[test]
fn a_list_of_the_largest_is_paged() {
    let platform = priced_platform();
    for number in 1..=51 {
        run_of(&platform, &format!("n{number}"), "m", number, 1.0);
    }
    let first = page(&platform, "/?sort=tokens&last=1h");
    assert_eq!(listed(&first).len(), 50);
    assert_eq!(listed(&first)[0], "n51");
    let second = page(&platform, &link(&first, "next"));
    assert_eq!(listed(&second), ["n1"]);
    assert_eq!(
        listed(&page(&platform, &link(&second, "prev"))),
        listed(&first)
    );
}

#[test]
fn the_only_day_with_runs_is_shown_by_the_hour_in_a_time_zone_that_is_named() {
    let platform = LocalPlatform::builder()
        .port(0)
        .clock(|| "2026-11-15T12:34:56Z".parse().unwrap())
        .start()
        .unwrap();
    report(&platform, r#"{"id":"one"}"#);
    let html = page(&platform, "/metrics?last=all");
    assert!(html.contains("2026, which is shown by the hour."));
    assert!(html.contains("By hour, as a table") && html.contains("Days and hours are those of "));
    assert!(html.contains("percentiles of the runs"));
    assert_eq!(
        html.matches("class=\"column\"").count() % 24,
        0,
        "all hours of the day"
    );
}

#[test]
fn several_days_with_runs_are_shown_by_day() {
    use std::sync::atomic::{AtomicI64, Ordering};
    static DAY: AtomicI64 = AtomicI64::new(0);
    let platform = LocalPlatform::builder()
        .port(0)
        .clock(|| {
            let first: jiff::Timestamp = "2026-11-15T12:00:00Z".parse().unwrap();
            first + jiff::SignedDuration::from_hours(48 * DAY.fetch_add(1, Ordering::Relaxed))
        })
        .start()
        .unwrap();
    report(&platform, r#"{"id":"one"}"#);
    report(&platform, r#"{"id":"two"}"#);
    let html = page(&platform, "/metrics?last=all");
    assert!(html.contains("By day, as a table") && !html.contains("by the hour"));
}

#[test]
fn the_page_of_a_task_says_what_each_response_cost() {
    let platform = priced_platform();
    let usage = json!({"prompt_tokens": 1_000, "completion_tokens": 0});
    let response = |model: &str| {
        json!({"object": "chat.completion", "model": model, "usage": usage,
            "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]})
    };
    let run = json!({"id": "t", "llm_response": [response("m"), response("<b>other</b>")]});
    report(&platform, &run.to_string());
    let html = page(&platform, "/tasks/t");
    for shown in [
        "your own price",
        "$ 0.0010",
        "no price is known",
        "&#60;b&#62;other",
        "The run has no cost, because the cost of a response is unknown.",
    ] {
        assert!(html.contains(shown), "{shown}");
    }
}
