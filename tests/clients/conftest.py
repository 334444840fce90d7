"""Scripted servers the clients talk to in tests."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from clients.graph import Graph
from clients.okta import Okta
from tests.clients import graph_answers, okta_answers
from tests.clients.script import Script


@pytest.fixture
def table() -> str:
    """The name of a table that no other test uses."""
    return f"T{uuid4().hex}"


@pytest.fixture
async def script() -> AsyncIterator[Script]:
    async with Script() as running:
        yield running


@pytest.fixture
async def okta(script: Script) -> AsyncIterator[Okta]:
    client = Okta(script.url + "/", token=okta_answers.TOKEN, timeout=5.0)
    yield client
    await client.close()


@pytest.fixture
async def graph(script: Script) -> AsyncIterator[Graph]:
    client = Graph(f"{script.url}/v1.0/", access_token=graph_answers.TOKEN)
    yield client
    await client.close()
