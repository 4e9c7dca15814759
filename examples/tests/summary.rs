//! Properties of summaries.

use std::collections::HashSet;

use xpander_report_examples::summary::summarise;

const README: &str = r#"
<!-- badges -->
[![build](https://ci/x.svg)](https://ci)

# Tidepool

Tidepool is a library that predicts tides from harmonic constituents, e.g. for harbours. It reads
the constituents from `harmonics.toml` and predicts the height of the water. Coffee is nice.

## Usage

```rust
let tide = Tidepool::predict("This code predicts tides tides tides tides tides.");
```

| Harbour | Height. |
|---------|---------|
| Tides predict tides and tides. | 1.5 |

- Predictions of tides are *exact* to [a centimetre](https://tides/x).
- Small

For example:

## License

Tides, tides, predictions and constituents of tides are licensed under the MIT license.
"#;

#[test]
fn a_summary_is_of_the_sentences_that_carry_the_frequent_terms() {
    assert_eq!(
        summarise(README, 1),
        "Tidepool is a library that predicts tides from harmonic constituents, e.g. for harbours."
    );
    assert_eq!(
        summarise(README, 3),
        "Tidepool is a library that predicts tides from harmonic constituents, e.g. for harbours. \
         It reads the constituents from harmonics.toml and predicts the height of the water. \
         Predictions of tides are exact to a centimetre."
    );
}

#[test]
fn position_decides_between_equals_and_frequency_over_position() {
    let equals = "Red apples grow on trees. Blue plums hang in gardens.";
    assert_eq!(summarise(equals, 1), "Red apples grow on trees.");
    let frequent = "The weather was fine all day. Whales sing, and whales hear whales sing. Whales \
                    sing when other whales hear. Nobody knows why whales sing.";
    assert!(summarise(frequent, 1).contains("Whales"));
}

#[test]
fn a_summary_keeps_the_order_and_does_not_repeat() {
    let text = "Bees make honey from nectar. Rain fell over the whole valley. Bees make honey \
                from nectar. Honey of bees keeps for years in jars.";
    assert_eq!(
        summarise(text, 9),
        "Bees make honey from nectar. Rain fell over the whole valley. Honey of bees keeps for \
         years in jars."
    );
}

#[test]
fn a_term_counts_less_once_a_picked_sentence_carries_it() {
    let text = "Storks build nests on chimneys. Storks build big nests on poles. Storks build old \
                nests on roofs. Frogs croak in ponds nearby. Frogs croak in ditches nearby.";
    assert_eq!(
        summarise(text, 2),
        "Storks build nests on chimneys. Frogs croak in ponds nearby."
    );
}

#[test]
fn a_text_without_sentences_gives_its_first_words() {
    assert_eq!(summarise("# Title\n\n- one\n- **two**", 2), "Title one two");
    assert_eq!(summarise("```\nlet a = 1;\n```", 2), "``` let a = 1; ```");
    let words = vec!["word"; 100].join(" ");
    assert_eq!(summarise(&words, 1), vec!["word"; 24].join(" "));
    assert_eq!(summarise("", 3), "");
    assert_eq!(summarise(README, 0), "");
}

#[test]
fn sections_about_licences_count_when_there_is_nothing_else() {
    let text = "# License\n\nThis is licensed under the terms of the moon.";
    assert_eq!(
        summarise(text, 1),
        "This is licensed under the terms of the moon."
    );
}

/// Joins fragments of Markdown at random. The result is mostly broken Markdown.
#[test]
fn odd_input_gives_a_summary_of_words_it_contains() {
    const FRAGMENTS: [&str; 40] = [
        "",
        " ",
        "\n",
        "\n\n",
        "\r\n",
        "\t",
        "    ",
        "#",
        "---",
        "===",
        "```",
        "~~~",
        "`",
        "``",
        "*",
        "**",
        "_",
        "[",
        "]",
        "](",
        "(",
        ")",
        "![",
        "<",
        ">",
        "<!--",
        "-->",
        "<pre>",
        "|",
        "|-|",
        "- ",
        "1. ",
        "[a]: b",
        "&amp;",
        "\\",
        "e.g. ",
        "Ünïcødé wörds 漢字。",
        "👩‍👩‍👧 e\u{301}\u{0}",
        "A sentence of some words. ",
        "Is it? Yes! \"No…\" ",
    ];
    let mut state = 7_u64;
    let mut next = |bound: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % bound
    };
    for _ in 0..20_000 {
        let text: String = (0..next(30))
            .map(|_| FRAGMENTS[next(FRAGMENTS.len())])
            .collect();
        let sentences = 1 + next(4);
        let summary = summarise(&text, sentences);
        assert_eq!(summary, summarise(&text, sentences), "{text:?}");
        let of_text: HashSet<char> = text.chars().chain("& ".chars()).collect();
        assert!(
            summary.chars().all(|c| of_text.contains(&c)),
            "{text:?} gave {summary:?}"
        );
        assert!(
            !summary.contains('\n') && summary == summary.trim(),
            "{text:?} gave {summary:?}"
        );
        assert!(
            summary.is_empty() == text.trim().is_empty(),
            "{text:?} gave {summary:?}"
        );
    }
}

#[test]
fn long_runs_of_markup_are_read_to_the_end() {
    let end = "\n\n\n# End\n\nThis sentence stands at the end.";
    for markup in [
        "[", "(", "`a``b", "![", "<", "*", "_a", "|", "> ", "- ", "\\", "[](", "a. ",
    ] {
        for run in [markup.repeat(20_000), format!("{markup}\n").repeat(5_000)] {
            let summary = summarise(&format!("{run}{end}"), 1);
            assert_eq!(summary, "This sentence stands at the end.", "{markup}");
        }
    }
}
