"""What production does silently wrong is refused when the app is loaded, by name."""

# mypy: disable-error-code="untyped-decorator"

from collections.abc import Callable
from typing import Any

import azure.durable_functions as df
import azure.functions as func
import pytest

from local.host.host_settings import StartError, expand, load_local_settings, parse_timespan, read_host_settings
from local.host.loading import read_functions

Decorate = Callable[[df.DFApp], None]


def wrong_context_name(app: df.DFApp) -> None:
    @app.orchestration_trigger(context_name="ctx")
    def flow(ctx: Any) -> Any:
        yield


def async_orchestrator(app: df.DFApp) -> None:
    @app.orchestration_trigger(context_name="context")
    async def flow(context: Any) -> Any:
        return 1


def aliased_orchestrator(app: df.DFApp) -> None:
    @app.orchestration_trigger(context_name="context", orchestration="Other")
    def flow(context: Any) -> Any:
        yield


def aliased_activity(app: df.DFApp) -> None:
    @app.activity_trigger(input_name="value", activity="Other")
    def act(value: int) -> int:
        return value


def renamed_activity(app: df.DFApp) -> None:
    @app.function_name("other")
    @app.activity_trigger(input_name="value")
    def act(value: int) -> int:
        return value


def sync_client(app: df.DFApp) -> None:
    @app.route(route="start")
    @app.durable_client_input(client_name="client")
    def start(req: func.HttpRequest, client: Any) -> func.HttpResponse:
        return func.HttpResponse()


def entity(app: df.DFApp) -> None:
    @app.entity_trigger(context_name="context")
    def counter(context: Any) -> None: ...


def queue_trigger(app: df.DFApp) -> None:
    @app.queue_trigger(arg_name="message", queue_name="q", connection="AzureWebJobsStorage")
    def consume(message: func.QueueMessage) -> None: ...


def queue_output(app: df.DFApp) -> None:
    @app.route(route="out")
    @app.queue_output(arg_name="message", queue_name="q", connection="AzureWebJobsStorage")
    def produce(req: func.HttpRequest, message: Any) -> func.HttpResponse:
        return func.HttpResponse()


def unbound_parameter(app: df.DFApp) -> None:
    @app.activity_trigger(input_name="value")
    def act(value: int, other: int) -> int:
        return value


def missing_parameter(app: df.DFApp) -> None:
    @app.activity_trigger(input_name="value")
    def act(other: int) -> int:
        return other


def same_name_in_another_case(app: df.DFApp) -> None:
    @app.activity_trigger(input_name="value")
    def act(value: int) -> int:
        return value

    @app.activity_trigger(input_name="value")
    def Act(value: int) -> int:
        return value


def unset_schedule(app: df.DFApp) -> None:
    @app.timer_trigger(schedule="%NOT_SET_ANYWHERE%", arg_name="timer")
    def tick(timer: func.TimerRequest) -> None: ...


@pytest.mark.parametrize(
    ("decorate", "words"),
    [
        (wrong_context_name, "orchestrator 'flow': context_name must be 'context', not 'ctx'"),
        (async_orchestrator, "orchestrator 'flow' is 'async def'"),
        (aliased_orchestrator, "orchestrator 'flow' has the alias 'Other'"),
        (aliased_activity, "activity 'act' has the alias 'Other'"),
        (renamed_activity, "activity 'act' is renamed to 'other'"),
        (sync_client, "function 'start' has a durable client, so it must be 'async def'"),
        (entity, "function 'counter' has a entityTrigger"),
        (queue_trigger, "function 'consume' has a queueTrigger"),
        (queue_output, "function 'produce' has a queue binding"),
        (unbound_parameter, "function 'act' has parameters without a binding: other"),
        (missing_parameter, "function 'act' lacks parameters for its bindings: value"),
        (same_name_in_another_case, "more than one function has the name: act"),
        (unset_schedule, "NOT_SET_ANYWHERE, which is not set"),
    ],
)
def test_what_cannot_work_is_refused_by_name(decorate: Decorate, words: str) -> None:
    app = df.DFApp()
    decorate(app)

    with pytest.raises(StartError, match=words):
        read_functions(app)


def test_both_orders_of_the_client_decorators_are_taken() -> None:
    app = df.DFApp()

    @app.route(route="one")
    @app.durable_client_input(client_name="client")
    async def one(req: func.HttpRequest, client: Any) -> func.HttpResponse:
        return func.HttpResponse()

    @app.durable_client_input(client_name="client")
    @app.route(route="two")
    async def two(req: func.HttpRequest, client: Any) -> func.HttpResponse:
        return func.HttpResponse()

    assert [function.client_parameters for function in read_functions(app)] == [("client",), ("client",)]


def test_an_activity_may_have_a_durable_client() -> None:
    app = df.DFApp()

    @app.activity_trigger(input_name="value")
    @app.durable_client_input(client_name="client")
    async def act(value: int, client: Any) -> int:
        return value

    (function,) = read_functions(app)

    assert (function.kind, function.parameter, function.client_parameters) == ("activity", "value", ("client",))


def test_local_settings_give_way_to_the_environment(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SET_BEFORE", "mine")
    monkeypatch.delenv("SET_LATER", raising=False)
    (tmp_path / "local.settings.json").write_text('{"Values": {"SET_BEFORE": "theirs", "SET_LATER": "theirs"}}')

    taken = load_local_settings(tmp_path)

    assert taken == 1
    assert (expand("%SET_BEFORE%"), expand("%SET_LATER%")) == ("mine", "theirs")
    monkeypatch.delenv("SET_LATER")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not JSON"),
        ('{"IsEncrypted": true}', "is encrypted"),
        ('{"Values": {"PORT": 1, "GOOD": "x"}}', "must be a text in quotes; these are not: PORT"),
    ],
)
def test_faulty_local_settings_are_explained(tmp_path: Any, content: str, words: str) -> None:
    (tmp_path / "local.settings.json").write_text(content)

    with pytest.raises(StartError, match=words):
        load_local_settings(tmp_path)


def test_host_json_settings_are_read_and_have_the_hosts_defaults(tmp_path: Any) -> None:
    (tmp_path / "host.json").write_text(
        '{"version": "2.0", "functionTimeout": "00:10:00", "extensions": {"http": {"routePrefix": ""},'
        ' "durableTask": {"hubName": "Mine", "maxConcurrentActivityFunctions": 3,'
        ' "overridableExistingInstanceStates": "AnyState"}}}'
    )

    settings = read_host_settings(tmp_path)

    assert (settings.route_prefix, settings.hub_name, settings.maximum_activities) == ("", "Mine", 3)
    assert settings.any_state_overridable
    assert settings.function_timeout == parse_timespan("0:10:00")
    assert settings.maximum_actions == 100_000


def test_a_missing_host_json_is_explained(tmp_path: Any) -> None:
    with pytest.raises(StartError, match=r"there is no host.json"):
        read_host_settings(tmp_path)
