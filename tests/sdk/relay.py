"""Reports through the relay at XPANDER_BASE_URL with the official SDK, and finds the tasks at PLATFORM_URL behind it.
"""

import os
import time
import urllib.request

from prometheus_client.parser import text_string_to_metric_families
from xpander_sdk import (
    Agents,
    AgentExecutionStatus,
    Backend,
    Configuration,
    ModuleException,
    Task,
    Tasks,
    Tokens,
)

AGENT = "agent-relayed"
# Another task for each relay.
TASK = f"relayed-{os.getpid()}"
platform = Tasks(
    Configuration(base_url=os.environ["PLATFORM_URL"], api_key="any", organization_id="local")
)


def arrived(task_id):
    for _ in range(600):
        try:
            return platform.get(task_id)
        except ModuleException:
            time.sleep(0.1)
    raise AssertionError(f"{task_id} did not arrive")


def the_sdk_takes_the_answer_for_a_task():
    task = Backend().report_external_task(
        agent_id=AGENT,
        id=TASK,
        input="Summarise the quarter",
        llm_response={"id": "resp", "big": 2**70, "text": "grüße 🚀"},
        tokens=Tokens(completion_tokens=380, prompt_tokens=2140, cache_read_tokens=900),
        result="Revenue grew",
        duration=4.7,
        used_tools=["web_search"],
    )
    assert isinstance(task, Task), task
    assert (task.id, task.agent_id) == (TASK, AGENT)
    assert task.status == AgentExecutionStatus.Completed
    assert "relay" in task.internal_status, task.internal_status
    stored = arrived(TASK)
    assert (stored.input.text, stored.result) == ("Summarise the quarter", "Revenue grew")
    assert stored.tokens.total_tokens == 2520 and stored.tokens.cache_read_tokens == 900
    assert stored.duration == 4.7 and stored.used_tools == ["web_search"]


def a_report_without_an_id_gets_one():
    task = Backend().report_external_task(agent_id=AGENT, is_success=False, result="429")
    assert task.id and task.status == AgentExecutionStatus.Failed
    assert arrived(task.id).result == "429"


def an_agent_can_be_loaded_and_reported_for():
    agent = Agents().get(AGENT)
    assert agent.id == AGENT
    task = Backend().report_external_task(agent=agent, input="by agent")
    assert arrived(task.id).agent_id == AGENT


def what_a_relay_does_not_have_is_an_error():
    try:
        Tasks().get(TASK)
    except ModuleException as error:
        assert "This is a relay" in str(error), error
    else:
        raise AssertionError("no error")


def metrics_are_read_by_the_reference_parser():
    url = os.environ["XPANDER_BASE_URL"] + "/metrics"
    request = urllib.request.Request(url, headers={"x-api-key": "any"})
    text = urllib.request.urlopen(request).read().decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families["xpander_relay_accepted"].samples[0].value == 3, text
    assert families["xpander_relay_request_duration_seconds"].type == "histogram"


for check in (
    the_sdk_takes_the_answer_for_a_task,
    a_report_without_an_id_gets_one,
    an_agent_can_be_loaded_and_reported_for,
    what_a_relay_does_not_have_is_an_error,
    metrics_are_read_by_the_reference_parser,
):
    check()
    print("ok: through a relay:", check.__name__.replace("_", " "))
