//! Lists, searches and sums match the stored tasks.

use std::collections::HashSet;

use crate::support::{patch, platform, post, report};
use proptest::prelude::*;
use serde_json::json;
use xpander_report_local::query::{Cursor, ListedTask, Summary};
use xpander_report_local::{
    Cost, Filter, LocalPlatform, MetricsQuery, Paging, Prices, TaskRecord, TaskStatus,
};

/// All matching tasks, page by page from the newest to the oldest.
fn older(platform: &LocalPlatform, filter: &Filter, limit: u32) -> Vec<ListedTask> {
    let mut all = Vec::new();
    let mut paging = Paging::Newest;
    loop {
        let page = platform.list(filter, paging, limit).unwrap();
        assert!(page.tasks.len() <= limit as usize);
        all.extend(page.tasks);
        match page.older {
            Some(place) => paging = Paging::Older(place),
            None => return all,
        }
    }
}

/// The same from the oldest to the newest.
fn newer(platform: &LocalPlatform, filter: &Filter, limit: u32) -> Vec<ListedTask> {
    let mut all = Vec::new();
    let mut paging = Paging::Newer(Cursor::MIN);
    loop {
        let page = platform.list(filter, paging, limit).unwrap();
        all.splice(0..0, page.tasks);
        match page.newer {
            Some(place) => paging = Paging::Newer(place),
            None => return all,
        }
    }
}

#[derive(Debug, Clone)]
struct Report {
    id: u8,
    agent: u8,
    success: Option<bool>,
    words: Vec<u8>,
    tools: Vec<u8>,
    duration: f64,
    tokens: Option<(i64, i64)>,
    /// The models of the responses. Each response has 1000 input and 10 output tokens.
    models: Vec<u8>,
}

/// The price of a response of models 0 and 1, in dollars. Model 2 has no price.
const PRICES: &str = "[model-0]\ninput = 1\noutput = 10\n[model-1]\ninput = 0\noutput = 3";
const COSTS: [f64; 2] = [0.0011, 0.00003];

/// The cost of a task, if all its models have a price.
fn cost(task: &TaskRecord) -> Option<Cost> {
    let models = task.charges.iter().map(|charge| charge.model.as_deref());
    let costs = models.map(|model| match model {
        Some("model-0") => Some(Cost::from_dollars(COSTS[0])),
        Some("model-1") => Some(Cost::from_dollars(COSTS[1])),
        _ => None,
    });
    costs
        .sum::<Option<Cost>>()
        .filter(|_| !task.charges.is_empty())
}

fn is_unpriced(task: &TaskRecord) -> bool {
    cost(task).is_none() && task.tokens.is_some_and(|tokens| tokens.total_tokens > 0)
}

const WORDS: [&str; 6] = ["blue", "Whale", "größe", "web_search", "don't", "429"];

impl Report {
    fn send(&self, platform: &LocalPlatform) {
        let words: Vec<&str> = self
            .words
            .iter()
            .map(|word| WORDS[*word as usize])
            .collect();
        let tools: Vec<String> = self
            .tools
            .iter()
            .map(|tool| format!("tool {tool}"))
            .collect();
        let tokens = self.tokens.map(|(prompt, completion)| json!({"prompt_tokens": prompt, "completion_tokens": completion}));
        let body = json!({"id": format!("t{}", self.id), "is_success": self.success, "input": words.join(" "),
                          "used_tools": tools, "duration": self.duration, "tokens": tokens,
                          "llm_response": (!self.models.is_empty()).then(|| self.models.iter().map(response).collect::<Vec<_>>())});
        let path = format!("/agent-execution/agent-{}/report_task", self.agent);
        assert_eq!(post(platform, &path, &body.to_string()).status, 200);
    }
}

fn response(model: &u8) -> serde_json::Value {
    json!({"model": format!("model-{model}"), "object": "chat.completion",
           "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
           "usage": {"prompt_tokens": 1_000, "completion_tokens": 10, "total_tokens": 1_010}})
}

prop_compose! {
    fn any_report()(
        id in 0_u8..12, agent in 0_u8..3, success in any::<Option<bool>>(),
        words in prop::collection::vec(0_u8..6, 0..4), tools in prop::collection::vec(0_u8..4, 0..4),
        duration in prop_oneof![Just(0.0), 0.01_f64..100.0], tokens in prop::option::of((0_i64..5000, 0_i64..500)),
        models in prop::collection::vec(0_u8..3, 0..4),
    ) -> Report {
        Report { id, agent, success, words, tools, duration, tokens, models }
    }
}

/// A filter, and the same condition as a function of a task.
type Question = (Filter, Box<dyn Fn(&TaskRecord) -> bool>);

fn questions(tasks: &[TaskRecord]) -> Vec<Question> {
    let has_word = |task: &TaskRecord, word: &str| {
        task.input
            .as_deref()
            .is_some_and(|input| input.split(' ').any(|each| each == word))
    };
    let mut questions: Vec<Question> = vec![
        (Filter::new(), Box::new(|_| true)),
        (
            Filter::new().status(TaskStatus::Failed),
            Box::new(|task| task.status == TaskStatus::Failed),
        ),
        (
            Filter::new()
                .status(TaskStatus::Failed)
                .status(TaskStatus::Error)
                .status(TaskStatus::Stopped),
            Box::new(|task| task.status == TaskStatus::Failed),
        ),
        (
            Filter::new()
                .status(TaskStatus::Failed)
                .status(TaskStatus::Completed)
                .agent_id("agent-1"),
            Box::new(|task| {
                task.agent_id == "agent-1"
                    && matches!(task.status, TaskStatus::Failed | TaskStatus::Completed)
            }),
        ),
        (
            Filter::new()
                .search("blue")
                .status(TaskStatus::Failed)
                .status(TaskStatus::Error),
            Box::new(move |task| has_word(task, "blue") && task.status == TaskStatus::Failed),
        ),
        (
            Filter::new().agent_id("agent-1"),
            Box::new(|task| task.agent_id == "agent-1"),
        ),
        (Filter::new().agent_id("nobody"), Box::new(|_| false)),
        (
            Filter::new().organization_id("elsewhere"),
            Box::new(|_| false),
        ),
        (
            Filter::new()
                .agent_id("agent-1")
                .organization_id("local")
                .status(TaskStatus::Completed),
            Box::new(|task| task.agent_id == "agent-1" && task.status == TaskStatus::Completed),
        ),
        (
            Filter::new().tool("tool 2"),
            Box::new(|task| task.used_tools.iter().any(|tool| tool == "tool 2")),
        ),
        (Filter::new().tool("tool"), Box::new(|_| false)),
        (
            Filter::new().model("model-1"),
            Box::new(|task| task.models.iter().any(|model| model == "model-1")),
        ),
        (Filter::new().model("model"), Box::new(|_| false)),
        (
            Filter::new().model("model-0").tool("tool 1"),
            Box::new(|task| {
                task.models.iter().any(|model| model == "model-0")
                    && task.used_tools.iter().any(|tool| tool == "tool 1")
            }),
        ),
        (
            Filter::new().model("model-2").search("blue"),
            Box::new(move |task| {
                task.models.iter().any(|model| model == "model-2") && has_word(task, "blue")
            }),
        ),
        (
            Filter::new().search("whale"),
            Box::new(move |task| has_word(task, "Whale")),
        ),
        (Filter::new().search("Grosse grosse"), Box::new(|_| false)),
        (
            Filter::new().search("\"BLUE whale\""),
            Box::new(|task| {
                task.input
                    .as_deref()
                    .is_some_and(|input| input.contains("blue Whale"))
            }),
        ),
        (
            Filter::new().search("don't"),
            Box::new(move |task| has_word(task, "don't")),
        ),
        (
            Filter::new().search("web_search"),
            Box::new(move |task| has_word(task, "web_search")),
        ),
        (
            Filter::new().search("wha* 42*"),
            Box::new(move |task| has_word(task, "Whale") && has_word(task, "429")),
        ),
        (
            Filter::new().search("whalE* blu*"),
            Box::new(move |task| has_word(task, "Whale") && has_word(task, "blue")),
        ),
        (Filter::new().search("..."), Box::new(|_| false)),
        // Words of the index's own syntax are ordinary words of a search.
        (Filter::new().search("scompleted"), Box::new(|_| false)),
        (
            Filter::new().search("facts:scompleted OR a1"),
            Box::new(|_| false),
        ),
        (
            Filter::new().search("whale").agent_id("agent-1"),
            Box::new(move |task| has_word(task, "Whale") && task.agent_id == "agent-1"),
        ),
        (
            Filter::new()
                .agent_id("agent-1")
                .status(TaskStatus::Failed)
                .tool("tool 2"),
            Box::new(|task| {
                task.agent_id == "agent-1"
                    && task.status == TaskStatus::Failed
                    && task.used_tools.iter().any(|tool| tool == "tool 2")
            }),
        ),
        (
            Filter::new()
                .search("blue")
                .tool("tool 1")
                .status(TaskStatus::Completed),
            Box::new(move |task| {
                has_word(task, "blue")
                    && task.used_tools.iter().any(|tool| tool == "tool 1")
                    && task.status == TaskStatus::Completed
            }),
        ),
    ];
    if let Some(middle) = tasks.get(tasks.len() / 2) {
        let time = middle.created_at;
        questions.push((
            Filter::new().from(time),
            Box::new(move |task| task.created_at >= time),
        ));
        questions.push((
            Filter::new().to(time).search("blue"),
            Box::new(move |task| task.created_at < time && has_word(task, "blue")),
        ));
    }
    questions
}

fn sums(tasks: &[&TaskRecord]) -> Summary {
    let mut expected = Summary::default();
    expected.tasks.number = tasks.len() as u64;
    let mut durations = Vec::new();
    for task in tasks {
        match task.status {
            TaskStatus::Completed => expected.completed += 1,
            _ => expected.failed += 1,
        }
        if let Some(tokens) = task.tokens {
            expected.with_tokens += 1;
            expected.tokens += tokens.total_tokens as f64;
        }
        if let Some(cost) = cost(task) {
            expected.priced += 1;
            expected.cost = [expected.cost, cost].into_iter().sum();
        }
        expected.unpriced += u64::from(is_unpriced(task));
        durations.extend(task.duration.filter(|seconds| *seconds > 0.0));
    }
    durations.sort_by(f64::total_cmp);
    // The smallest duration that at least 95 % of the durations do not exceed.
    expected.p95_duration = durations.iter().copied().find(|most| {
        durations.iter().filter(|each| *each <= most).count() * 100 >= durations.len() * 95
    });
    expected
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// After any reports and deletions, every filter returns its tasks, page by page in both directions, and all sums
    /// match them.
    #[test]
    fn queries_agree_with_the_tasks(
        reports in prop::collection::vec(any_report(), 0..40),
        deleted in prop::collection::vec(0_u8..12, 0..3),
        limit in 1_u32..8,
    ) {
        let prices = Prices::from_toml(PRICES).unwrap();
        let platform = LocalPlatform::builder().port(0).prices(prices).start().unwrap();
        for report in &reports {
            report.send(&platform);
        }
        for id in deleted {
            platform.delete_task(&format!("t{id}")).unwrap();
        }
        let tasks = platform.tasks().unwrap();
        for (filter, matches) in questions(&tasks) {
            let expected: Vec<&TaskRecord> = tasks.iter().filter(|task| matches(task)).collect();
            let ids: Vec<&str> = expected.iter().map(|task| task.id.as_str()).collect();
            for listed in [older(&platform, &filter, limit), newer(&platform, &filter, limit)] {
                let listed: Vec<String> = listed.into_iter().map(|task| task.id).collect();
                prop_assert_eq!(&listed, &ids, "{:?}", filter);
            }
            prop_assert_eq!(platform.summary(&filter).unwrap(), sums(&expected), "{:?}", filter);
        }

        let metrics = platform.metrics(&MetricsQuery::new()).unwrap();
        let all = sums(&tasks.iter().collect::<Vec<_>>());
        prop_assert_eq!(metrics.total.requests(), all.tasks.number);
        prop_assert_eq!((metrics.total.completed(), metrics.total.failed()), (all.completed, all.failed));
        prop_assert_eq!(metrics.total.total_tokens(), all.tokens);
        prop_assert_eq!(metrics.total.tool_calls(), tasks.iter().map(|task| task.used_tools.len() as u64).sum::<u64>());
        match (metrics.total.duration_quantile(0.95), all.p95_duration) {
            (Some(found), Some(exact)) => prop_assert!((found / exact - 1.0).abs() < 0.023, "{found} {exact}"),
            (found, exact) => prop_assert_eq!(found, exact),
        }
        let by_day: u64 = metrics.days.iter().map(|day| day.totals.requests()).sum();
        prop_assert_eq!(by_day, all.tasks.number);
        for agent in &metrics.agents {
            let own = tasks.iter().filter(|task| task.agent_id == agent.agent_id).count() as u64;
            prop_assert_eq!(agent.totals.requests(), own);
            let alone = platform.metrics(&MetricsQuery::new().agent_id(&agent.agent_id)).unwrap();
            prop_assert_eq!(alone.total.requests(), own);
        }
        prop_assert_eq!(metrics.total.cost(), all.cost);
        prop_assert_eq!(metrics.total.unpriced(), all.unpriced);
        let used: HashSet<&String> = tasks.iter().flat_map(|task| &task.models).collect();
        prop_assert_eq!(metrics.models.len(), used.len());
        for model in &metrics.models {
            let mine = |task: &&TaskRecord| task.models.contains(&model.model);
            prop_assert_eq!(model.totals.requests(), tasks.iter().filter(mine).count() as u64);
            let charges = tasks.iter().flat_map(|task| &task.charges);
            let charges = charges.filter(|charge| charge.model.as_ref() == Some(&model.model));
            let known: Cost = charges.filter_map(|charge| charge.cost).sum();
            prop_assert_eq!(model.totals.cost(), known);
        }
        for tool in &metrics.tools {
            let calls = tasks.iter().flat_map(|task| &task.used_tools).filter(|name| **name == tool.tool).count() as u64;
            prop_assert_eq!(tool.totals.tool_calls(), calls);
        }
        let used: HashSet<&String> = tasks.iter().flat_map(|task| &task.used_tools).collect();
        prop_assert_eq!(platform.tools(100).unwrap().len(), used.len());
    }
}

#[test]
fn words_are_found_inside_text_without_spaces() {
    let platform = platform();
    for (id, input) in [
        ("japanese", "会議の議事録をGPT4で三行にまとめてください。"),
        ("halfwidth", "ｶﾀｶﾅのﾃｽﾄ"),
        ("chinese", "请把这份季度报告翻译成英文，谢谢"),
        ("thai", "ช่วยสรุปรายงานการประชุมให้หน่อย"),
        ("khmer", "សូមសង្ខេបអត្ថបទនេះ"),
        ("lao", "ກະລຸນາສະຫຼຸບບົດລາຍງານນີ້"),
        ("burmese", "ဒီစာကိုအကျဉ်းချုပ်ပေးပါ"),
        ("korean", "회의록을 요약해주세요"),
        (
            "emoji",
            "The build is green🚀🎉 and ❤️ to the 👩‍💻 who did it",
        ),
        ("rare", "𠮷野家で昼食"),
        ("plain", "Please summarise the minutes of the meeting"),
    ] {
        report(&platform, &json!({"id": id, "input": input}).to_string());
    }
    for (search, expected) in [
        ("議事録", vec!["japanese"]),
        ("議事", vec!["japanese"]),
        ("事録", vec!["japanese"]),
        ("録", vec!["japanese"]),
        ("まとめて", vec!["japanese"]),
        (
            "会議の議事録をGPT4で三行にまとめてください",
            vec!["japanese"],
        ),
        ("gpt4", vec!["japanese"]),
        ("gpt4で三", vec!["japanese"]),
        ("をGPT4", vec!["japanese"]),
        ("議録", vec![]),
        ("三行 議事録", vec!["japanese"]),
        ("三行 報告", vec![]),
        ("\"ください。\"", vec!["japanese"]),
        ("ﾃｽﾄ", vec!["halfwidth"]),
        ("报告", vec!["chinese"]),
        ("翻译", vec!["chinese"]),
        ("英文，谢谢", vec!["chinese"]),
        ("告翻", vec!["chinese"]),
        ("报翻", vec![]),
        ("报告*", vec!["chinese"]),
        ("รายงาน", vec!["thai"]),
        ("ประชุม", vec!["thai"]),
        ("สรุป", vec!["thai"]),
        ("ประมุข", vec![]),
        ("អត្ថបទ", vec!["khmer"]),
        ("ລາຍງານ", vec!["lao"]),
        ("အကျဉ်း", vec!["burmese"]),
        ("요약", vec!["korean"]),
        ("회의록", vec!["korean"]),
        ("🚀", vec!["emoji"]),
        ("🎉", vec!["emoji"]),
        ("green🚀🎉", vec!["emoji"]),
        ("🎉🚀", vec![]),
        ("❤", vec!["emoji"]),
        ("❤️", vec!["emoji"]),
        ("💻", vec!["emoji"]),
        ("𠮷野", vec!["rare"]),
        ("昼", vec!["rare"]),
        ("m*", vec!["plain"]),
        ("mi* mee* sum*", vec!["plain"]),
        ("meeti*", vec!["plain"]),
        ("MEETIN*", vec!["plain"]),
        ("meetings*", vec![]),
        ("eeting", vec![]),
    ] {
        let found = older(&platform, &Filter::new().search(search), 50);
        let found: Vec<&str> = found.iter().map(|task| task.id.as_str()).collect();
        assert_eq!(found, expected, "{search}");
    }
}

#[test]
fn a_page_stays_where_it_is_when_tasks_arrive() {
    let platform = platform();
    for number in 0..10 {
        report(&platform, &format!(r#"{{"id":"{number}"}}"#));
    }
    let first = platform.list(&Filter::new(), Paging::Newest, 4).unwrap();
    assert!(first.newer.is_none());
    let second = platform
        .list(&Filter::new(), Paging::Older(first.older.unwrap()), 4)
        .unwrap();
    report(&platform, r#"{"id":"new"}"#);
    report(&platform, r#"{"id":"9","result":"changed"}"#);
    let ids = |tasks: &[ListedTask]| tasks.iter().map(|task| task.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&second.tasks), ["5", "4", "3", "2"]);
    let again = platform
        .list(&Filter::new(), Paging::Older(first.older.unwrap()), 4)
        .unwrap();
    assert_eq!(again, second);
    let back = platform
        .list(&Filter::new(), Paging::Newer(second.newer.unwrap()), 4)
        .unwrap();
    assert_eq!(ids(&back.tasks), ["9", "8", "7", "6"]);
    assert!(back.newer.is_some(), "one has arrived meanwhile");
}

#[test]
fn counts_are_exact_up_to_ten_thousand() {
    let platform = platform();
    let mut events = platform.events();
    for _ in 0..10_000 {
        post(
            &platform,
            "/agent-execution/a/report_task",
            r#"{"input":"same"}"#,
        );
        events.try_recv().unwrap();
    }
    for filter in [
        Filter::new(),
        Filter::new().search("same"),
        Filter::new().agent_id("a"),
    ] {
        let exact = platform.summary(&filter).unwrap();
        assert_eq!(
            (exact.tasks.to_string().as_str(), exact.tasks.more),
            ("10,000", false)
        );
    }
    report(&platform, r#"{"input":"same","is_success":false}"#);
    let bounded = platform.summary(&Filter::new().search("same")).unwrap();
    assert_eq!(bounded.tasks.to_string(), "10,000+");
    assert_eq!(
        (bounded.completed, bounded.failed),
        (9_999, 1),
        "over the newest of them"
    );
}

#[test]
fn long_texts_are_cut_in_lists_and_whole_in_tasks() {
    let platform = platform();
    let long = format!("{} needle", "é".repeat(5_000));
    report(
        &platform,
        &json!({"id": "t", "input": long, "result": long, "used_tools": vec!["x".repeat(500); 9]})
            .to_string(),
    );
    let page = platform
        .list(&Filter::new().search("needle"), Paging::Newest, 1)
        .unwrap();
    let listed = &page.tasks[0];
    assert_eq!(listed.input, Some("é".repeat(240)));
    assert_eq!(
        (
            listed.tool_calls,
            listed.first_tools.len(),
            listed.first_tools[0].len()
        ),
        (9, 3, 80)
    );
    let task = platform.task("t").unwrap().unwrap();
    assert_eq!(
        (task.input.as_deref(), task.used_tools.len()),
        (Some(long.as_str()), 9)
    );

    // A text that becomes short again is not read from the table of long texts.
    report(
        &platform,
        r#"{"id":"t","input":"short","result":"r","used_tools":["y"]}"#,
    );
    let task = platform.task("t").unwrap().unwrap();
    assert_eq!(
        (task.input.as_deref(), task.used_tools.as_slice()),
        (Some("short"), &["y".to_owned()][..])
    );
    assert!(
        platform
            .list(&Filter::new().search("needle"), Paging::Newest, 1)
            .unwrap()
            .tasks
            .is_empty()
    );
    assert!(
        platform
            .list(&Filter::new().tool("x".repeat(500)), Paging::Newest, 1)
            .unwrap()
            .tasks
            .is_empty()
    );
}

#[test]
fn metrics_have_every_day_of_their_range() {
    let platform = platform();
    report(
        &platform,
        r#"{"id":"t","duration":2.0,"tokens":{"prompt_tokens":5,"completion_tokens":3},"used_tools":["x","x"]}"#,
    );
    report(&platform, r#"{"id":"t","is_success":false}"#);
    let now = platform.task("t").unwrap().unwrap().created_at;
    let week = MetricsQuery::new()
        .from(now - jiff::SignedDuration::from_hours(6 * 24))
        .time_zone(jiff::tz::TimeZone::UTC);
    let metrics = platform.metrics(&week).unwrap();
    assert_eq!(metrics.days.len(), 7);
    assert!(
        metrics
            .days
            .iter()
            .take(6)
            .all(|day| day.totals.requests() == 0)
    );
    let today = &metrics.days[6].totals;
    assert_eq!(
        (today.requests(), today.failed(), today.success_rate()),
        (1, 1, Some(0.0))
    );
    assert_eq!(
        (
            today.input_tokens(),
            today.output_tokens(),
            today.tool_calls()
        ),
        (5.0, 3.0, 2)
    );
    assert!((today.duration_quantile(0.5).unwrap() / 2.0 - 1.0).abs() < 0.023);
    assert_eq!(metrics.tools[0].tool, "x");
    assert_eq!(
        (
            metrics.tools[0].totals.requests(),
            metrics.tools[0].totals.tool_calls()
        ),
        (1, 2)
    );

    let before = MetricsQuery::new().to(now - jiff::SignedDuration::from_hours(2));
    assert_eq!(platform.metrics(&before).unwrap().total.requests(), 0);
    let nobody = platform
        .metrics(&MetricsQuery::new().agent_id("nobody"))
        .unwrap();
    assert_eq!((nobody.total.requests(), nobody.days.len()), (0, 0));
    assert_eq!(nobody.total.success_rate(), None);
}

#[test]
fn agents_come_with_their_figures() {
    let platform = platform();
    for agent in ["a", "b", "a"] {
        post(
            &platform,
            &format!("/agent-execution/{agent}/report_task"),
            r#"{"is_success":false}"#,
        );
    }
    report(&platform, r#"{"id":"moved"}"#);
    post(
        &platform,
        "/agent-execution/b/report_task",
        r#"{"id":"moved"}"#,
    );
    let agents = platform.agents().unwrap();
    let told: Vec<_> = agents
        .iter()
        .map(|agent| (agent.agent_id.as_str(), agent.totals.requests()))
        .collect();
    assert_eq!(told, [("b", 2), ("a", 2)]);
    assert!(agents[0].latest_task_at > agents[1].latest_task_at);
}

#[test]
fn running_tasks_are_neither_good_nor_bad() {
    let platform = platform();
    let id = post(&platform, "/agent-execution/a", r#"{"input":{"text":"x"}}"#).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    patch(
        &platform,
        &format!("/agent-execution/{id}/update"),
        r#"{"status":"executing"}"#,
    );
    let summary = platform.summary(&Filter::new()).unwrap();
    assert_eq!(
        (summary.tasks.number, summary.completed, summary.failed),
        (1, 0, 0)
    );
    let total = platform.metrics(&MetricsQuery::new()).unwrap().total;
    assert_eq!((total.requests(), total.success_rate()), (1, None));
}

/// Tasks of a day and a half, ten minutes apart, of two agents. Each second one used a tool and a model.
fn platform_of_many_hours() -> LocalPlatform {
    use std::sync::atomic::{AtomicI64, Ordering};
    static MINUTE: AtomicI64 = AtomicI64::new(0);
    let platform = LocalPlatform::builder()
        .port(0)
        .clock(|| {
            let first: jiff::Timestamp = "2026-11-15T03:05:00Z".parse().unwrap();
            first + jiff::SignedDuration::from_mins(MINUTE.fetch_add(10, Ordering::Relaxed))
        })
        .start()
        .unwrap();
    for number in 0..220_u8 {
        let is_even = number % 2 == 0;
        let report = Report {
            id: number,
            agent: number % 3,
            success: Some(is_even),
            words: Vec::new(),
            tools: if is_even { vec![0] } else { Vec::new() },
            duration: 1.0,
            tokens: None,
            models: if is_even { vec![1] } else { Vec::new() },
        };
        report.send(&platform);
    }
    platform
}

#[test]
fn a_run_counts_for_the_day_and_the_range_of_its_own_time_in_every_time_zone() {
    let platform = platform_of_many_hours();
    let tasks = platform.tasks().unwrap();
    for seconds in [
        0,
        5 * 3600 + 1800,
        5 * 3600 + 2700,
        -12_600,
        9 * 3600,
        12_345,
    ] {
        let zone = jiff::tz::TimeZone::fixed(jiff::tz::Offset::from_seconds(seconds).unwrap());
        let day_of = |task: &TaskRecord| task.created_at.to_zoned(zone.clone()).date();
        let metrics = platform
            .metrics(&MetricsQuery::new().time_zone(zone.clone()))
            .unwrap();
        assert_eq!(metrics.total.requests(), 220);
        for day in &metrics.days {
            let of_day: Vec<&TaskRecord> = tasks
                .iter()
                .filter(|task| day_of(task) == day.date)
                .collect();
            assert_eq!(
                day.totals.requests(),
                of_day.len() as u64,
                "{} with the offset {seconds}",
                day.date
            );

            let start = day.date.to_zoned(zone.clone()).unwrap();
            let of_agent = MetricsQuery::new()
                .from(start.timestamp())
                .to(start.tomorrow().unwrap().timestamp())
                .time_zone(zone.clone());
            let alone = platform.metrics(&of_agent).unwrap();
            assert_eq!(alone.total, day.totals);
            assert_eq!(alone.days.first(), Some(day));
            assert_eq!(alone.days.len(), 1);
            let even = of_day.iter().filter(|task| !task.models.is_empty()).count() as u64;
            assert_eq!(alone.tools[0].totals.requests(), even);
            assert_eq!(alone.models[0].totals.requests(), even);
            let by_hour: u64 = alone.hours.iter().map(|hour| hour.totals.requests()).sum();
            assert_eq!(by_hour, of_day.len() as u64);
            assert_eq!(alone.hours[0].starts_at, start.timestamp());

            let of_agent = platform.metrics(&of_agent.agent_id("agent-1")).unwrap();
            let expected = of_day.iter().filter(|task| task.agent_id == "agent-1");
            assert_eq!(of_agent.total.requests(), expected.count() as u64);
        }
    }
}
