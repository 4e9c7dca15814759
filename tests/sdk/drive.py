"""Drives the official SDK against the platform at XPANDER_BASE_URL; each check is one behaviour.

With SDK_RECORD, what the SDK sends is written into that file, a JSON line for each request, with what of the
answer is to be the same whenever it is sent again.
"""

import json
import os
import sys
import traceback

import httpx
from xpander_sdk import (
    Agents,
    AgentExecutionStatus,
    Backend,
    Configuration,
    ModuleException,
    Task,
    Tasks,
    Tokens,
    User,
)

AGENT = "agent-sdk"
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def record(file):
    """Writes down every request that goes out, on whichever client of httpx."""

    def write(request, response):
        try:
            answer = response.json()
        except ValueError:
            answer = None
        line = {
            "method": request.method,
            "path": request.url.raw_path.decode(),
            "body": request.content.decode(),
            "status": response.status_code,
            "id": answer.get("id") if isinstance(answer, dict) else None,
            "fields": sorted(answer) if isinstance(answer, dict) else None,
            "length": len(answer) if isinstance(answer, list) else None,
        }
        file.write(json.dumps(line, ensure_ascii=False) + "\n")

    send, send_async = httpx.Client.send, httpx.AsyncClient.send

    def recorded(client, request, **options):
        response = send(client, request, **options)
        write(request, response)
        return response

    async def recorded_async(client, request, **options):
        response = await send_async(client, request, **options)
        write(request, response)
        return response

    httpx.Client.send, httpx.AsyncClient.send = recorded, recorded_async


def report(**fields):
    return Backend().report_external_task(agent_id=AGENT, **fields)


@check
def a_report_comes_back_as_a_task():
    task = report(
        id="full",
        input="Summarise the quarter",
        llm_response={"id": "resp", "big": 2**70, "text": "grüße 🚀"},
        tokens=Tokens(completion_tokens=380, prompt_tokens=2140, cache_read_tokens=900),
        result="Revenue grew",
        duration=4.7,
        used_tools=["web_search", "fetch_pdf"],
    )
    assert isinstance(task, Task)
    assert (task.id, task.agent_id, task.organization_id) == ("full", AGENT, "local")
    assert task.status == AgentExecutionStatus.Completed
    assert task.input.text == "Summarise the quarter" and task.result == "Revenue grew"
    assert task.tokens.total_tokens == 2520 and task.tokens.cache_read_tokens == 900
    assert task.used_tools == ["web_search", "fetch_pdf"] and task.duration == 4.7
    assert task.source and (task.finished_at - task.started_at).total_seconds() > 4


@check
def a_report_without_an_id_gets_one():
    first, second = report(), report()
    assert first.id and second.id and first.id != second.id


@check
def a_failure_is_failed():
    task = report(id="failed", is_success=False, result="429 Too Many Requests")
    assert task.status == AgentExecutionStatus.Failed
    assert Tasks().get("failed").result == "429 Too Many Requests"


@check
def the_same_id_updates_and_the_defaults_keep_what_is_stored():
    report(id="twice", input="in", duration=2.5, used_tools=["a"], is_success=False)
    task = report(id="twice", result="out")
    assert task.status == AgentExecutionStatus.Completed
    assert (task.input.text, task.result) == ("in", "out")
    assert (task.duration, task.used_tools) == (2.5, ["a"])


@check
def a_task_can_be_loaded_and_reloaded():
    report(id="loaded", result="one")
    task = Task.load("loaded")
    report(id="loaded", result="two")
    task.reload()
    assert task.result == "two"


@check
def a_missing_task_is_a_404():
    try:
        Tasks().get("no-such-task")
    except ModuleException as error:
        assert "404" in str(error) and "no-such-task" in str(error), error
    else:
        raise AssertionError("no error")


@check
def tasks_are_listed_newest_first_and_filtered():
    for number in range(3):
        Backend().report_external_task(
            agent_id="listed", id=f"l{number}", is_success=number != 1
        )
    ids = lambda **filters: [item.id for item in Tasks().list("listed", **filters)]
    assert ids() == ["l2", "l1", "l0"]
    assert ids(filters={"status": AgentExecutionStatus.Completed}) == ["l2", "l0"]
    assert ids(filters={"status": "failed"}) == ["l1"]
    assert ids(filters={"page": 2, "per_page": 2}) == ["l0"]
    assert ids(filters={"user_id": ""}) == ["l2", "l1", "l0"]
    assert Tasks().list("listed")[0].load().id == "l2"


@check
def a_task_is_created_pending_updated_saved_and_stopped():
    user = User(id="user-1", email="u@example.com")
    task = Tasks().create(
        agent_id=AGENT,
        prompt="do it",
        user_details=user,
        title="A headline",
        file_urls=["https://example.com/a.txt"],
        expected_output="three lines",
    )
    assert task.status == AgentExecutionStatus.Pending and task.finished_at is None
    assert task.input.text == "do it" and task.input.files == ["https://example.com/a.txt"]
    assert task.input.user.id == "user-1" and task.title == "A headline"
    assert task.expected_output == "three lines"

    assert [item.id for item in Tasks().list_user_tasks("user-1")] == [task.id]
    assert [item.id for item in Tasks().list_user_tasks("user-2")] == []

    updated = Tasks().update(task_id=task.id, status=AgentExecutionStatus.Executing)
    assert updated.status == AgentExecutionStatus.Executing and updated.started_at
    updated = Tasks().update(task_id=task.id, tool_call_payload_extension={"a": {"b": 1}})
    assert updated.status == AgentExecutionStatus.Executing

    task.reload()
    task.result, task.internal_status = "half-way", "thinking"
    task.save()
    assert (task.result, task.internal_status) == ("half-way", "thinking")
    task.set_status(status=AgentExecutionStatus.Completed, result="done")
    stored = Tasks().get(task.id)
    assert (stored.status, stored.result) == (AgentExecutionStatus.Completed, "done")
    assert stored.finished_at and stored.input.user.email == "u@example.com"

    other = Tasks().create(agent_id=AGENT, prompt="never")
    assert Tasks().stop(other.id).status == AgentExecutionStatus.Stopped
    assert Tasks().get(other.id).status == AgentExecutionStatus.Stopped
    other.stop()


@check
def metrics_are_merged_into_the_task():
    task = report(id="measured", input="q", duration=3.0)
    task.tokens = Tokens(completion_tokens=4, prompt_tokens=3)
    task.used_tools = ["a"]
    task.report_metrics()
    stored = Tasks().get("measured")
    assert stored.tokens.total_tokens == 7 and stored.used_tools == ["a"]
    assert stored.duration == 3.0 and stored.input.text == "q"


@check
def the_activity_log_tells_the_run():
    task = report(id="told", input="q", result="a", used_tools=["search"])
    log = task.get_activity_log()
    assert log.id == "told"
    user, tool, agent = log.messages
    assert (user.role, user.content.text) == ("user", "q")
    assert tool.tool_name == "search" and not tool.is_error
    assert (agent.role, agent.content.text) == ("agent", "a")


@check
def agents_are_listed_and_loaded():
    report()
    listed = {agent.id: agent for agent in Agents().list()}
    assert AGENT in listed and listed[AGENT].name == AGENT
    agent = Agents().get(AGENT)
    assert (agent.id, agent.organization_id) == (AGENT, "local")
    assert Agents().get(AGENT, version=2).id == AGENT
    assert listed[AGENT].load().id == AGENT
    assert Backend().report_external_task(agent=agent, input="by agent").agent_id == AGENT


@check
def an_unknown_agent_is_a_404():
    try:
        Agents().get("no-such-agent")
    except ModuleException as error:
        assert "no-such-agent" in str(error), error
    else:
        raise AssertionError("no error")


@check
def an_organization_in_the_path_is_kept_apart():
    url = os.environ["XPANDER_BASE_URL"]
    for base in (f"{url}/agent-controller", f"{url}/agent-controller/"):
        there = Configuration(base_url=base, api_key="any", organization_id="org-1")
        task = Backend(there).report_external_task(agent_id="there", id="same", result="1")
        assert task.organization_id == "org-1"
        assert Tasks(there).get("same").result == "1"
    try:
        Tasks().get("same")
    except ModuleException:
        pass
    else:
        raise AssertionError("the local organization sees another's task")


def main():
    failed = 0
    if "SDK_RECORD" in os.environ:
        record(open(os.environ["SDK_RECORD"], "w", buffering=1, encoding="utf-8"))
    for function in CHECKS:
        name = function.__name__.replace("_", " ")
        try:
            function()
            print(f"ok: {name}")
        except Exception:
            failed += 1
            print(f"FAILED: {name}")
            traceback.print_exc()
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
