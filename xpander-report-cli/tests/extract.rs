//! `xpander-report extract`, run as its users run it.

use std::io::Write;
use std::process::{Command, Output, Stdio};

const CHAT: &str = r#"{
    "id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-5",
    "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant",
        "content": "Let me look.\nOne moment.", "tool_calls": [{"id": "c1", "type": "function",
        "function": {"name": "get_weather", "arguments": "{}"}}]}}],
    "usage": {"prompt_tokens": 82, "completion_tokens": 17, "total_tokens": 99,
        "prompt_tokens_details": {"cached_tokens": 64}}
}"#;

const READ: &str = concat!(
    r#"{"shape":"openai.chat","model":"gpt-5","result":"Let me look.\nOne moment.","tokens":"#,
    r#"{"completion_tokens":17,"prompt_tokens":82,"cache_read_tokens":64,"cache_write_tokens":0,"#,
    r#""total_tokens":99},"used_tools":["get_weather"],"finish_reason":"tool_calls","failure":null}"#,
    "\n",
);

const NOTHING: &str = concat!(
    r#"{"shape":null,"model":null,"result":null,"tokens":null,"used_tools":[],"#,
    r#""finish_reason":null,"failure":null}"#,
    "\n",
);

fn extract(arguments: &[&str], input: impl AsRef<[u8]>) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_xpander-report"))
        .arg("extract")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // If the program refuses its arguments, it may exit before it reads its input.
    let _ = program.stdin.take().unwrap().write_all(input.as_ref());
    program.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).unwrap()
}

/// The message on standard error when it fails.
fn complaint(arguments: &[&str], input: impl AsRef<[u8]>) -> String {
    let output = extract(arguments, input);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    String::from_utf8(output.stderr).unwrap()
}

mod one_response {
    use super::*;

    #[test]
    fn is_one_object_on_one_line() {
        let output = extract(&[], CHAT);
        assert_eq!(stdout(&output), READ);
        assert!(output.status.success());
        assert!(output.stderr.is_empty());
    }

    #[test]
    fn may_stand_behind_a_mark_that_an_editor_put_there() {
        assert_eq!(stdout(&extract(&[], format!("\u{feff}{CHAT}\n"))), READ);
    }

    #[test]
    fn without_usage_has_null_tokens() {
        let output = extract(&[], r#"{"choices": [{"message": {"content": "Hello!"}}]}"#);
        assert!(stdout(&output).contains(r#""tokens":null"#));
    }

    #[test]
    fn that_failed_says_why() {
        let error = r#"{"error": {"message": "You are out of credit.", "type": "billing"}}"#;
        let output = extract(&[], error);
        let failure =
            r#""failure":"the provider answered with an error (billing): You are out of credit.""#;
        assert!(stdout(&output).contains(failure), "{}", stdout(&output));
        assert!(output.status.success());
    }
}

mod what_is_no_response {
    use super::*;

    #[test]
    fn is_said_not_to_be_recognised() {
        let complaint = complaint(&[], r#"{"name": "left-pad", "version": "1.0.0"}"#);
        assert!(complaint.starts_with("error: this is not the response of a known provider"));
    }

    #[test]
    fn because_it_is_no_json_is_shown_where() {
        let complaint = complaint(&[], "{\n  \"choices\": [,]\n}");
        assert!(complaint.contains("not JSON"), "{complaint}");
        assert!(complaint.contains("line 2 column 15"), "{complaint}");
    }

    #[test]
    fn because_it_is_empty_is_said() {
        assert!(complaint(&[], " \n").contains("standard input is empty"));
    }

    #[test]
    fn because_it_is_no_text_is_said() {
        assert!(complaint(&[], b"{\"a\": \"\xff\"}").contains("not UTF-8"));
    }

    #[test]
    fn because_it_is_one_per_line_names_the_flag() {
        assert!(complaint(&[], "{\"a\": 1}\n{\"b\": 2}\n").contains("--jsonl"));
    }
}

mod one_response_per_line {
    use super::*;

    #[test]
    fn is_one_object_per_line_in_order() {
        let chat = CHAT.replace('\n', " ");
        let output = extract(
            &["--jsonl"],
            format!("{{\"a\":1}}\n{chat}\nno json\n{chat}"),
        );
        assert_eq!(stdout(&output), format!("{NOTHING}{READ}{NOTHING}{READ}"));
        assert!(output.status.success());
    }

    #[test]
    fn keeps_its_place_behind_an_empty_line_and_one_that_is_no_text() {
        let mut input = b"\n\xff\r\n".to_vec();
        input.extend_from_slice(CHAT.replace('\n', " ").as_bytes());
        let output = extract(&["--jsonl"], input);
        assert_eq!(stdout(&output), format!("{NOTHING}{NOTHING}{READ}"));
    }

    #[test]
    fn of_nothing_is_nothing() {
        let output = extract(&["--jsonl"], "");
        assert_eq!(stdout(&output), "");
        assert!(output.status.success());
    }
}

mod a_recorded_stream {
    use super::*;

    const STREAM: &str = concat!(
        ": OPENROUTER PROCESSING\n\n",
        "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"gpt-5\",\"choices\":[{\"index\":0,",
        "\"delta\":{\"role\":\"assistant\",\"content\":\"Let me look.\\nOne moment.\"}}]}\n\n",
        "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"gpt-5\",\"choices\":[{\"index\":0,",
        "\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"get_weather\",\"arguments\":\"{}\"}}]},",
        "\"finish_reason\":\"tool_calls\"}]}\n\n",
        "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"gpt-5\",\"choices\":[],\"usage\":",
        "{\"prompt_tokens\":82,\"completion_tokens\":17,\"prompt_tokens_details\":{\"cached_tokens\":64}}}\n\n",
        "data: [DONE]\n\n",
    );

    #[test]
    fn is_one_object_on_one_line() {
        let output = extract(&["--stream"], STREAM);
        assert_eq!(stdout(&output), READ);
        assert!(output.status.success());
        assert!(output.stderr.is_empty());
    }

    #[test]
    fn that_was_cut_off_says_what_came() {
        let (cut, _) = STREAM.split_at(STREAM.find("17").unwrap());
        let output = extract(&["--stream"], cut);
        assert_eq!(
            stdout(&output).replace(r#""tokens":null"#, ""),
            READ.replace(
                r#""tokens":{"completion_tokens":17,"prompt_tokens":82,"cache_read_tokens":64,"cache_write_tokens":0,"total_tokens":99}"#,
                "",
            )
        );
    }

    #[test]
    fn may_be_binary() {
        let headers = b"\x0b:event-type\x07\0\x11contentBlockDelta";
        let payload = br#"{"contentBlockIndex":0,"delta":{"text":"Hello!"}}"#;
        let mut recording = Vec::new();
        for length in [12 + headers.len() + payload.len() + 4, headers.len()] {
            recording.extend(u32::try_from(length).unwrap().to_be_bytes());
        }
        recording.extend([0; 4]);
        recording.extend(headers);
        recording.extend(payload);
        recording.extend([0; 4]);
        let output = extract(&["--stream"], recording);
        let read = r#"{"shape":"bedrock.converse","model":null,"result":"Hello!","#;
        assert!(stdout(&output).starts_with(read), "{}", stdout(&output));
    }

    #[test]
    fn may_be_a_response_that_was_not_streamed() {
        assert_eq!(stdout(&extract(&["--stream"], CHAT)), READ);
    }

    #[test]
    fn of_nobody_is_said_not_to_be_recognised() {
        let complaint = complaint(&["--stream"], "data: {\"a\": 1}\n\n");
        assert!(complaint.starts_with("error: this is not the streamed response"));
    }

    #[test]
    fn of_nothing_is_said_to_be_empty() {
        assert!(complaint(&["--stream"], " \n").contains("standard input is empty"));
    }

    #[test]
    fn is_not_one_per_line() {
        let complaint = complaint(&["--stream", "--jsonl"], STREAM);
        assert!(
            complaint.contains("--jsonl and --stream cannot be combined"),
            "{complaint}"
        );
    }
}

#[test]
fn an_unknown_option_is_refused_with_what_there_is() {
    let output = extract(&["--json"], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--jsonl"));
}

mod what_is_pasted_without_a_flag {
    use super::*;

    const TOLD: &str =
        r#""result":"Ebb and flow","tokens":{"completion_tokens":3,"prompt_tokens":7,"#;

    #[track_caller]
    fn says(input: impl AsRef<[u8]>) -> String {
        let output = extract(&[], input);
        assert!(output.status.success(), "{output:?}");
        stdout(&output).to_owned()
    }

    #[test]
    fn may_be_server_sent_events() {
        let said = says(
            "data: {\"response\":\"Ebb\",\"p\":\"abc\"}\n\ndata: {\"response\":\" and flow\",\"p\":\"a\"}\n\n\
             data: {\"response\":\"\",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n",
        );
        assert!(said.contains(TOLD), "{said}");
    }

    #[test]
    fn may_be_a_list_of_chunks() {
        let said = says(
            r#"[{"candidates":[{"content":{"role":"model","parts":[{"text":"Ebb and"}]}}]},
                {"candidates":[{"content":{"role":"model","parts":[{"text":" flow"}]},"finishReason":"STOP"}],
                 "usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":3}}]"#,
        );
        assert!(said.contains(TOLD), "{said}");
    }

    #[test]
    fn may_be_a_recording_of_a_session() {
        let said = says(
            r#"{"type":"session.created","session":{"type":"realtime"}}
{"type":"response.done","response":{"object":"realtime.response","id":"r","status":"completed","output":[{"type":"message","content":[{"type":"output_audio","transcript":"Ebb and flow"}]}],"usage":{"input_tokens":7,"output_tokens":3}}}
"#,
        );
        assert!(said.contains(TOLD), "{said}");
        assert_eq!(said.lines().count(), 1);
    }

    #[test]
    fn may_be_what_an_agent_prints() {
        let said = says(
            r#"{"type":"result","subtype":"success","is_error":false,"result":"Ebb and flow",
                "session_id":"s","usage":{"input_tokens":7,"output_tokens":3}}"#,
        );
        assert!(said.contains(TOLD), "{said}");
    }

    #[test]
    fn may_be_a_file_of_a_batchs_results() {
        let body = r#"{"choices":[{"message":{"content":"Ebb and flow"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3}}"#;
        let lines = format!(
            "{{\"custom_id\":\"1\",\"response\":{{\"status_code\":200,\"body\":{body}}},\"error\":null}}\n\
             {{\"custom_id\":\"2\",\"response\":null,\"error\":{{\"code\":\"expired\",\"message\":\"Late.\"}}}}\n\
             {{\"custom_id\":\"3\",\"response\":{{\"status_code\":200,\"body\":{body}}},\"error\":null}}\n"
        );
        let said = says(&lines);
        let said = said.lines().collect::<Vec<_>>();
        assert_eq!(said.len(), 3);
        assert!(said[0].contains(TOLD) && said[2].contains(TOLD), "{said:?}");
        assert!(said[1].contains("(expired): Late."), "{said:?}");
    }

    #[test]
    fn may_be_whole_responses_line_by_line() {
        let line = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"Ebb and flow"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":3}}"#;
        let said = says(format!("{line}\n{line}\n"));
        assert_eq!(said.lines().filter(|line| line.contains(TOLD)).count(), 2);
    }

    #[test]
    fn may_be_events_line_by_line() {
        let said = says(
            "{\"model\":\"m\",\"done\":false,\"message\":{\"role\":\"assistant\",\"content\":\"Ebb and\"}}\n\
             {\"model\":\"m\",\"done\":true,\"done_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":\" flow\"},\"prompt_eval_count\":7,\"eval_count\":3}\n",
        );
        assert!(said.contains(TOLD), "{said}");
        assert_eq!(said.lines().count(), 1);
    }
}
