"""`offstage preview`: what would happen to somebody now, and nothing happens."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from local.admin.foresight import Foresight, foresee, foresee_group
from local.admin.options import AsJson
from local.admin.settings_file import read_values, wired
from local.admin.shown import Failed, err, failing_plainly, say, show_facts, show_json, show_table
from settings import Settings, SettingsError, read_settings


def preview(
    login: Annotated[str | None, typer.Argument(help="A login, or an Okta user id.")] = None,
    group: Annotated[str | None, typer.Option(help="Everybody in this Okta group (id or name), as a table.")] = None,
    settings: Annotated[
        Path, typer.Option("--settings", help="The app's settings, in the form of local.settings.json.", dir_okay=False)
    ] = Path("local.settings.json"),
    as_json: AsJson = False,
) -> None:
    """What would happen to somebody who left now: the account, the licenses, the date, the mail. Nothing is changed."""
    if (login is None) == (group is None):
        raise typer.BadParameter("Name a person, or a group with --group.")
    with failing_plainly():
        try:
            found = read_settings(read_values(settings))
        except SettingsError as error:
            raise Failed(str(error)) from None
        people = asyncio.run(_look(found, login, group))
    if as_json:
        shown = [asdict(each) for each in people]
        show_json(shown if group else shown[0])
    elif group:
        _show_table(people)
    else:
        _show_person(people[0])


async def _look(settings: Settings, login: str | None, group: str | None) -> list[Foresight]:
    async with wired(settings):
        if login is not None:
            return [await foresee(login)]
        people = []
        with err.status("Looking at the first") as status:
            async for each in foresee_group(group or ""):
                people.append(each)
                status.update(f"{len(people)} people looked at")
        return people


def _show_person(person: Foresight) -> None:
    show_facts(
        {
            "person": f"{person.login} ({person.okta_user_id})",
            "now": "entitled, so nothing happens" if person.entitled else "not entitled",
            "because": person.why,
            "known as": person.phase,
            "account": _account(person),
            "claimed by": ", ".join(person.claimed_by),
            "would stop": person.hindrance,
            "licenses that go": ", ".join(person.licenses_go) or "none",
            "licenses that stay": ", ".join(person.licenses_stay),
            "they go at": _day(person),
            "who is told": person.told,
            "subject": person.subject,
        }
    )
    if person.mail:
        say(f"\n{person.mail}")


def _show_table(people: Sequence[Foresight]) -> None:
    rows = [
        (
            each.login,
            "entitled" if each.entitled else "not entitled",
            _account(each),
            len(each.licenses_go),
            len(each.licenses_stay),
            _day(each),
            each.hindrance,
        )
        for each in people
    ]
    show_table(("login", "now", "account", "licenses go", "stay", "at", "would stop"), rows)


def _account(person: Foresight) -> str:
    if person.account is None:
        return ""
    return f"{person.account} ({'enabled' if person.account_enabled else 'disabled'})"


def _day(person: Foresight) -> str:
    return f"{person.go_at:%Y-%m-%d %H:%M}" if person.go_at else ""
