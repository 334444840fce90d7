"""What phases, commands and acts are called on the pages. A state has a word and a shape, never colour alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lifecycle.audit import DONE, AuditEntry, operator_actor
from lifecycle.commands import StartCommand
from lifecycle.licenses import with_plan_names
from lifecycle.mail_ledger import MailState
from lifecycle.members import Member
from lifecycle.orders import Command
from lifecycle.stages import Phase
from pages import instants
from pages.frame import Frame

SkuNames = Mapping[str, str]
MAIL = "mail_"  # begins the act of sending one
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00")


@dataclass(frozen=True, slots=True)
class State:
    """A word, and the class of its shape and colour in style.css."""

    word: str
    kind: str


STATES: Mapping[Phase, State] = {
    Phase.NEEDS_ATTENTION: State("needs you", "bad"),
    Phase.HELD: State("held", "warn"),
    Phase.GRACE_PERIOD: State("disabled", "wait"),
    Phase.CLAIMED: State("being looked at", "wait"),
    Phase.UNLICENSED: State("licenses removed", "off"),
    Phase.ACTIVE: State("active", "good"),
    Phase.NOT_CURRENT: State("left as is", "off"),
    Phase.SUPERSEDED: State("left as is", "off"),
}
WAITS_FOR_A_SEAT = State("tries again by itself", "wait")

# What the filter of the people's list offers, in the order in which a person's leave goes.
FILTERS: Mapping[Phase, str] = {
    Phase.NEEDS_ATTENTION: "Need you",
    Phase.HELD: "Held",
    Phase.GRACE_PERIOD: "Disabled",
    Phase.UNLICENSED: "Licenses removed",
    Phase.ACTIVE: "Active",
    Phase.CLAIMED: "Being looked at",
    Phase.NOT_CURRENT: "Left as is",
}

BUTTONS: Mapping[str, str] = {
    Command.RETRY: "Try again",
    Command.SKIP: "Leave out this step",
    Command.DISCARD: "End the run",
    Command.RELEASE: "Release",
    Command.KEEP: "Keep the licenses",
    Command.EXTEND: "Change the date",
    Command.REMOVE_NOW: "Remove the licenses now",
    StartCommand.DEACTIVATE: "Check, and deactivate",
    StartCommand.ACTIVATE: "Check, and activate",
}
# In the order in which they are offered; the first is what helps most often.
ORDER = (
    Command.RELEASE,
    Command.RETRY,
    Command.KEEP,
    Command.EXTEND,
    Command.SKIP,
    StartCommand.ACTIVATE,
    StartCommand.DEACTIVATE,
    Command.DISCARD,
    Command.REMOVE_NOW,
)
# What a person waits for stands out.
HELPS = frozenset({Command.RELEASE, Command.RETRY})
# These stand apart: they take something away, or end what would.
DESTRUCTIVE = frozenset({Command.REMOVE_NOW, StartCommand.DEACTIVATE})

_ACTS: Mapping[str, str] = {
    "disable_account": "Account disabled",
    "enable_account": "Account enabled",
    "revoke_sign_in_sessions": "Signed out everywhere",
    "set_usage_location": "Usage location set",
    "remove_licenses": "Licenses removed",
    "remove_license": "License removed",
    "assign_licenses": "Licenses given",
    "assign_license": "License given",
    "change_due_at": "Date changed",
    "operator_command": "Operator",
}


@dataclass(frozen=True, slots=True)
class Button:
    """A command as it is offered; `path` goes behind the address of the person's page."""

    word: str
    path: str
    is_destructive: bool = False
    is_help: bool = False


def state_of(member: Member) -> State:
    waits = member.phase is Phase.NEEDS_ATTENTION and member.tries_again
    return WAITS_FOR_A_SEAT if waits else STATES.get(member.phase, State(member.phase.value, "off"))


def buttons(commands: frozenset[Command] | frozenset[StartCommand] | frozenset[str]) -> tuple[Button, ...]:
    return tuple(
        Button(BUTTONS[each], each.value, each in DESTRUCTIVE, each in HELPS) for each in ORDER if each in commands
    )


def act(word: str) -> str:
    """What was done, for people; an act that has no words yet is shown as it is."""
    name = word.partition("-")[0]
    if name.startswith(MAIL):
        return f"Mail: {name.removeprefix(MAIL).replace('_', ' ')}"
    return _ACTS.get(name) or name.replace("_", " ").capitalize()


def detail(entry: AuditEntry, frame: Frame, names: SkuNames) -> str:
    """What an act was about: licenses by name, instants as people read them."""
    if entry.licenses:
        return ", ".join(entry.licenses)
    return _INSTANT.sub(lambda found: _dated(found[0], frame), with_names(entry.detail, names))


def caused_by(actor: str | None) -> str:
    """Who caused an act; an operator by the name alone."""
    return (actor or "").removeprefix(operator_actor(""))


def _dated(text: str, frame: Frame) -> str:
    return instants.dated(datetime.fromisoformat(text), frame.now, frame.zone)


def outcome(word: str, names: SkuNames) -> State:
    """How an act went; what went well has few words."""
    if word in (DONE, MailState.SENT.value):
        return State("done", "good")
    if word.startswith(("failed", "refused")):
        return State(with_names(word, names), "bad")
    return State(with_names(word, names), "off")


def with_names(text: str, names: SkuNames) -> str:
    """A text with the names of SKUs in place of their ids."""
    return with_plan_names(text, names)


def called(member: Member) -> str:
    """A person's name, or the login of somebody without one."""
    return member.display_name or member.login


def instance_kind(instance: str) -> str:
    """What a run is, by its id."""
    return "return" if instance.startswith("activation") else "leave"


def sku_ids_in(text: str) -> list[str]:
    return [found.lower() for found in re.findall(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text)]
