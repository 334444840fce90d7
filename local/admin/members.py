"""`offstage members …`: where everybody stands, and the commands to their runs."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from lifecycle.commands import StartCommand
from lifecycle.orders import Command
from lifecycle.stages import Phase
from local.admin.options import AsJson, KeyFile, Url
from local.admin.reach import App, read_key, segment
from local.admin.shown import FAILED, failing_plainly, say, show_facts, show_json, show_table

members = typer.Typer(no_args_is_help=True, help="The people whom Offstage looks after.")

User = Annotated[str, typer.Argument(help="A login, or an Okta user id.")]
PAGE = 500

WHAT_THEY_DO: Mapping[str, str] = {
    Command.KEEP: "Let the licenses stay; the account stays disabled.",
    Command.REMOVE_NOW: "Remove the licenses now, without waiting for the date.",
    Command.DISCARD: "End the run where it is; what it did so far stays done.",
    Command.RETRY: "Try the step again that needs attention.",
    Command.SKIP: "Leave out the step that needs attention, and go on.",
    StartCommand.DEACTIVATE: "Start a deactivation, as if the person had left now.",
    StartCommand.ACTIVATE: "Start an activation, as if the person had joined now.",
}


@members.command("list")
def list_members(
    url: Url = None,
    key_file: KeyFile = None,
    phase: Annotated[Phase | None, typer.Option(help="Only people in this phase.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show where everybody stands."""
    with failing_plainly():
        people = list(_everybody(App(url, read_key(key_file)), phase))
    if as_json:
        show_json(people)
        return
    rows = [(each["login"], each["phase"], minute(each["due_at"]), each["reason"] or "") for each in people]
    show_table(("login", "phase", "licenses go", "reason"), rows)
    say(f"\n{len(people)} {'person' if len(people) == 1 else 'people'}")


@members.command()
def show(user: User, url: Url = None, key_file: KeyFile = None, as_json: AsJson = False) -> None:
    """Show where a person stands, and what was done."""
    with failing_plainly():
        found = App(url, read_key(key_file)).get(f"members/{segment(user)}")
    if as_json:
        show_json(found)
        return
    show_facts(
        {
            "login": found["login"],
            "name": found["display_name"],
            "phase": found["phase"],
            "reason": found["reason"],
            "licenses go": minute(found["due_at"]),
            "group": found["group_name"],
            "account": found["user_principal_name"],
            "manager": found["manager_mail"],
            "commands": ", ".join(found["commands"]),
            "run": found["instance"],
        }
    )
    acts = [
        (minute(each["at"]), each["act"], each["outcome"], each["actor"], each["detail"]) for each in found["audit"]
    ]
    show_table(("when", "act", "outcome", "by", "detail"), acts, title="\nActs")
    mails = [(minute(each["at"]), each["state"], each["subject"], each["error"]) for each in found["mails"]]
    show_table(("when", "state", "subject", "error"), mails, title="\nMails")


@members.command()
def extend(
    user: User,
    until: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%z"],
            help="The new date, in UTC unless it says another zone.",
        ),
    ],
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Let the licenses go on another date."""
    instant = until if until.tzinfo else until.replace(tzinfo=UTC)
    with failing_plainly():
        _tell(App(url, read_key(key_file)), user, Command.EXTEND, {"until": instant.isoformat()}, as_json=as_json)


@members.command()
def release(
    user: Annotated[list[str] | None, typer.Argument(help="Logins or Okta user ids of people who are held.")] = None,
    url: Url = None,
    key_file: KeyFile = None,
    everybody: Annotated[
        bool, typer.Option("--all", help="Everybody who is held, whoever was held first first.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let people through whom the brake holds: those named, or everybody."""
    if bool(user) == everybody:
        raise typer.BadParameter("Name people, or say --all.")
    with failing_plainly():
        app = App(url, read_key(key_file))
        found = app.post("members/release", {"members": user} if user else {})
        while everybody and found["still_held"] and found["released"]:  # a large wave takes several requests
            more = app.post("members/release", {})
            found = {**more, **{name: found[name] + more[name] for name in ("released", "not_released")}}
    if as_json:
        show_json(found)
    else:
        say(f"{len(found['released'])} released, {found['still_held']} still held.")
        for each in found["not_released"]:
            say(f"{each['login']}: {each['reason']}", "yellow")
    if found["not_released"] or (everybody and found["still_held"]):
        raise typer.Exit(FAILED)


def minute(instant: str | None) -> str:
    """An instant to the minute, in UTC."""
    return datetime.fromisoformat(instant).astimezone(UTC).strftime("%Y-%m-%d %H:%M") if instant else ""


def _everybody(app: App, phase: Phase | None) -> Iterator[Mapping[str, Any]]:
    continuation = None
    while True:
        page = app.get("members", phase=phase, top=PAGE, continuation=continuation)
        yield from page["members"]
        if not (continuation := page["continuation"]):
            return


def _tell(app: App, user: str, word: str, body: Mapping[str, object] | None = None, *, as_json: bool) -> None:
    accepted = app.post(f"members/{segment(user)}/{word}", body)
    if as_json:
        show_json(accepted)
    else:
        say(f"Accepted: {word} for {user}. What becomes of it: offstage members show {user}")


def _teller(word: str) -> Callable[..., None]:
    def tell(user: User, url: Url = None, key_file: KeyFile = None, as_json: AsJson = False) -> None:
        with failing_plainly():
            _tell(App(url, read_key(key_file)), user, word, as_json=as_json)

    tell.__doc__ = WHAT_THEY_DO[word]
    return tell


for each_word in WHAT_THEY_DO:
    members.command(str(each_word))(_teller(each_word))
