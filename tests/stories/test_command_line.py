"""The administrators' command line over a running stack: what it shows is what is there."""

import asyncio
import json

from typer.testing import CliRunner, Result

from local.admin.cli import app as command_line
from tests.stories.company import E3, Company


async def run(company: Company, *arguments: str) -> Result:
    """In a thread, since a command has an event loop of its own."""
    env = {"OFFSTAGE_URL": str(company.host.base_url), "OFFSTAGE_KEY": ""}
    return await asyncio.to_thread(CliRunner().invoke, command_line, arguments, env=env)


async def test_a_leaver_is_listed_shown_and_kept_by_command(company: Company) -> None:
    maya = await company.hire(licenses={E3: set()})
    await company.settle()
    await company.leave(maya)
    await company.settle()

    listed = await run(company, "members", "list", "--phase", "grace_period", "--json")
    kept = await run(company, "members", "keep", maya.login)
    await company.settle()
    shown = await run(company, "members", "show", maya.login)

    assert maya.login in {each["login"] for each in json.loads(listed.stdout)}
    assert kept.exit_code == 0, kept.output
    assert "carried out" in shown.output


async def test_the_doctor_asks_the_running_app(company: Company) -> None:
    done = await run(company, "doctor", "--json")

    found = {check["name"]: check["outcome"] for check in json.loads(done.stdout)["checks"]}
    assert (found["The app"], found["Function key"]) == ("ok", "ok")
    assert (found["Okta event hook"], found["Tables"], found["Sender's mailbox"]) == ("ok", "ok", "ok")


async def test_the_catalog_is_stored_and_listed_by_command(company: Company) -> None:
    stored = await run(company, "licenses", "store")
    listed = await run(company, "licenses", "list")

    assert stored.exit_code == 0, stored.output
    assert "SPE_E3" in listed.output
