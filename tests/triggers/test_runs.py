"""How a run is doing, for whoever holds a function key: no more than that."""

import json
from typing import Any

import azure.functions as func
import pytest

from tests.triggers.durable_client import FakeDurableClient
from triggers import runs

RUN = "activation-d41c7e80"
ASKED = f"https://offstage.example/api/runs/{RUN}?code=secret"


@pytest.fixture
def client() -> FakeDurableClient:
    made = FakeDurableClient()
    made.flows[RUN] = "activation"
    return made


async def show(client: FakeDurableClient, instance: str = RUN) -> tuple[func.HttpResponse, Any]:
    request = func.HttpRequest("GET", ASKED, route_params={"instance": instance}, body=b"")
    function: Any = runs.show_run._function.get_user_function()
    response = await function.client_function(request, client)
    return response, json.loads(response.get_body())


async def test_run_that_goes_on_is_a_202_that_says_when_to_ask_again(client: FakeDurableClient) -> None:
    client.instances[RUN], client.stages[RUN] = "Running", "grace_period"

    response, shown = await show(client)

    assert (response.status_code, response.headers["Retry-After"]) == (202, "10")
    assert response.headers["Location"] == f"https://offstage.example/api/runs/{RUN}"
    assert (shown["runtimeStatus"], shown["customStatus"]) == ("Running", {"stage": "grace_period"})


@pytest.mark.parametrize("word", ["Completed", "Failed", "Terminated"])
async def test_run_that_has_ended_is_a_200_with_what_it_answered(client: FakeDurableClient, word: str) -> None:
    client.instances[RUN] = word

    response, shown = await show(client)

    assert (response.status_code, shown["runtimeStatus"], shown["name"]) == (200, word, "activation")
    assert shown["output"] == ({"phase": "active"} if word == "Completed" else None)


async def test_neither_input_nor_history_nor_any_key_is_shown(client: FakeDurableClient) -> None:
    client.instances[RUN] = "Running"

    response, shown = await show(client)

    assert set(shown) == {
        *("name", "instanceId", "runtimeStatus", "customStatus", "output", "createdTime", "lastUpdatedTime")
    }
    everything = response.get_body().decode() + str(dict(response.headers))
    assert "secret" not in everything
    assert "maya.lin" not in everything


async def test_unknown_run_is_a_404_that_names_it(client: FakeDurableClient) -> None:
    response, shown = await show(client, "activation-unheard-of")

    assert response.status_code == 404
    assert "'activation-unheard-of'" in shown["detail"]


async def test_host_that_cannot_answer_is_a_503(client: FakeDurableClient) -> None:
    client.broken = True

    assert (await show(client))[0].status_code == 503
