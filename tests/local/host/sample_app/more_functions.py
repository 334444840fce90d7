"""A blueprint: the orchestrations the tests need beside the quick starts."""

import os
import time
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any, TypedDict

import azure.durable_functions as df
import azure.functions as func

blueprint = df.Blueprint()
Steps = Generator[Any, Any, Any]


def note(line: str) -> None:
    """Leave a trace the tests can count."""
    path = os.environ.get("TRACE_FILE")
    if path:
        with Path(path).open("a", encoding="utf-8") as trace:
            trace.write(f"{line}\n")


QUICK_RETRY = df.RetryOptions(first_retry_interval_in_milliseconds=1000, max_number_of_attempts=3)


@blueprint.orchestration_trigger(context_name="context")
def failing(context: df.DurableOrchestrationContext) -> Steps:
    yield context.call_activity("fail_until", {"key": context.instance_id, "failures": context.get_input() or 99})
    return "recovered"


@blueprint.orchestration_trigger(context_name="context")
def retrying(context: df.DurableOrchestrationContext) -> Steps:
    order = {"key": context.instance_id, "failures": context.get_input()}
    return (yield context.call_activity_with_retry("fail_until", QUICK_RETRY, order))


_failures: dict[str, int] = {}


class Order(TypedDict):
    key: str
    failures: int


@blueprint.activity_trigger(input_name="order")
def fail_until(order: Order) -> str:
    """Fails as often as ordered, per key."""
    _failures[order["key"]] = _failures.get(order["key"], 0) + 1
    if _failures[order["key"]] <= order["failures"]:
        raise ValueError(f"failure {_failures[order['key']]}")
    return f"after {_failures[order['key']]} attempts"


@blueprint.orchestration_trigger(context_name="context")
def parent(context: df.DurableOrchestrationContext) -> Steps:
    return (yield context.call_sub_orchestrator("failing", context.get_input()))


@blueprint.orchestration_trigger(context_name="context")
def waiter(context: df.DurableOrchestrationContext) -> Steps:
    first = yield context.wait_for_external_event("go")
    return first


@blueprint.orchestration_trigger(context_name="context")
def sleeper(context: df.DurableOrchestrationContext) -> Steps:
    yield context.create_timer(context.current_utc_datetime + timedelta(days=context.get_input()))
    return "awake"


@blueprint.orchestration_trigger(context_name="context")
def unknown_activity(context: df.DurableOrchestrationContext) -> Steps:
    yield context.call_activity("no_such_activity", 1)


@blueprint.route(route="raise/{id}", methods=[func.HttpMethod.POST])
@blueprint.durable_client_input(client_name="client")
async def raise_go(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    await client.raise_event(req.route_params["id"], "go", req.get_json())
    return func.HttpResponse(status_code=202)


def block_until_there_is(release: str) -> None:
    while not Path(release).exists():
        time.sleep(0.005)


@blueprint.orchestration_trigger(context_name="context")
def holding(context: df.DurableOrchestrationContext) -> Steps:
    yield context.call_activity("hold", context.get_input())


@blueprint.activity_trigger(input_name="release")
def hold(release: str) -> None:
    """A sync activity that blocks its thread until a test makes the file."""
    note(f"hold {release}")
    block_until_there_is(release)


@blueprint.orchestration_trigger(context_name="context")
def blocking(context: df.DurableOrchestrationContext) -> str:
    """What an orchestrator must never do: block."""
    block_until_there_is(context.get_input())
    return "blocked"


@blueprint.route(route="answers/{kind}")
async def answers(req: func.HttpRequest) -> func.HttpResponse:
    """Returns what the path asks for, right or wrong, whatever it promises."""
    kinds: dict[str, Any] = {
        "text": "plain text",
        "sniffed": '{"statusCode": 418, "body": {"short": true}, "headers": {"X-Pot": "tea"}}',
        "none": None,
        "dict": {"a": 1},
        "html": func.HttpResponse("<p>hi</p>", mimetype="text/html"),
        "empty": func.HttpResponse(status_code=204),
        "bytes": func.HttpResponse(b"\x00\x01", mimetype="application/octet-stream"),
    }
    answer: func.HttpResponse = kinds[req.route_params["kind"]]
    return answer


@blueprint.route(route="answers/special")
def special(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("the literal route")


@blueprint.orchestration_trigger(context_name="context")
def adopting(context: df.DurableOrchestrationContext) -> Steps:
    """Calls a sub-orchestration under an id somebody else may have."""
    return (yield context.call_sub_orchestrator("waiter", None, context.get_input()))
