"""A wave that was held is let go in the order in which it was held, by the command that the operations page gives."""

import asyncio
import json
import os
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rows import audit
from tests.stories.company import Company, Person
from tests.stories.test_operators import left, look, wave

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()


def documented(words: str) -> str:
    """The one block of commands on the page that has these words in it."""
    (block,) = [block for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if words in block]
    return str(block)


async def release_all(company: Company) -> dict[str, Any]:
    """Type what is documented."""
    commands = documented("api() {") + documented("api members/release -X POST -d '{}'")
    bash = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        commands,
        env=os.environ | {"APP": str(company.host.base_url).rstrip("/"), "KEY": "any, on this machine"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    answer, errors = await bash.communicate()
    assert bash.returncode == 0, errors.decode()
    released: dict[str, Any] = json.loads(answer)
    return released


async def released_at(company: Company, person: Person) -> datetime:
    async with company.tables() as tables:
        acts = [act async for act in audit.of_person(tables, person.okta_user_id)]
    (at,) = [act.at for act in acts if (act.act, act.outcome) == ("operator_command", "asked")]
    return at


async def test_who_was_held_first_is_released_first(company: Company) -> None:
    async with wave(company):
        people = [await left(company, name=f"P{number}") for number in range(3)]
        # Held in another order than that of their ids, which is the order in which they are listed.
        people.append(first := people.pop(0))
        (await company.host.post(f"/api/members/{first.okta_user_id}/discard")).raise_for_status()
        await company.pass_time(timedelta(minutes=5))
        (await company.host.post(f"/api/members/{first.okta_user_id}/deactivate")).raise_for_status()
        await company.settle()
        held = [(await look(company, person))["instance"] for person in people]
        assert [(await look(company, person))["phase"] for person in people] == ["held"] * 3

        answer = await release_all(company)
        await company.settle()

    assert [person["instance"] for person in answer["released"]] == held
    assert (answer["not_released"], answer["still_held"]) == ([], 0)
    times = [await released_at(company, person) for person in people[:-1]]
    assert times == sorted(times)
    assert [(await company.account(person)).enabled for person in people] == [False] * 3
