"""Subjects and bodies of the mails, as HTML for Outlook and as plain text.

Names come from Okta, where users may write what they like: everything is escaped, and kept to one visible line.
"""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from lifecycle.delays import Delay, describe
from lifecycle.notices import DriftChecked, GroupDeleted, GroupMissing, LogGap, Notice, WaveHeld
from lifecycle.visible import visible_line

_LONGEST_NAME = 80
_LONGEST_LOGIN = 100  # Okta's limit
_LONGEST_VALUE = 1000
# Graph stores no more of a subject.
_LONGEST_SUBJECT = 255
_TEXT_WIDTH = 76
_COMMANDS = (
    ("retry", "try the step again, once its cause is fixed"),
    ("skip", "leave the step out and go on; a step whose result is needed later cannot be skipped"),
    ("discard", "end the run here; what it did so far stays done"),
)


@dataclass(frozen=True)
class PersonName:
    """What the person is called whom a mail is about."""

    display_name: str
    login: str


NOBODY = PersonName("", "")


@dataclass(frozen=True)
class Mail:
    subject: str
    html: str
    text: str


def account_disabled_mail(
    person: PersonName, manager_name: str | None, removal_at: datetime, delay: Delay | None, reason: str | None = None
) -> Mail:
    """Tell the manager that the account is disabled, when the licenses go, and what to do if this is a mistake."""
    return _mail(
        "account_disabled",
        f"Office 365 Account for {_called(person)} disabled.",
        person,
        manager_name=_line(manager_name or "", _LONGEST_NAME),
        removal_date=_date(removal_at),
        delay=describe(delay) if delay and delay.integer else None,
        reason=reason,
    )


def licenses_removed_mail(
    person: PersonName,
    manager_name: str | None,
    *,
    removed: Sequence[str],
    inherited: Sequence[str],
    failed: Sequence[tuple[str, str]],
    out_of_scope: Sequence[str] = (),
    left_group: str | None = None,
    account_deleted: bool = False,
) -> Mail:
    """Tell the manager which licenses went, which stay through a group, and which were refused or left alone.

    With `account_deleted` that nothing was left to remove.
    """
    called = _called(person)
    deleted = f"The Office 365 Account for {called} was deleted."
    return _mail(
        "licenses_removed",
        deleted if account_deleted else _removal_subject(called, removed=bool(removed), failed=bool(failed)),
        person,
        manager_name=_line(manager_name or "", _LONGEST_NAME),
        removed=removed,
        inherited=inherited,
        failed=[f"{name} ({_line(reason, _LONGEST_VALUE)})" for name, reason in failed],
        out_of_scope=out_of_scope,
        left_group=left_group,
        account_deleted=account_deleted,
    )


def account_enabled_mail(
    person: PersonName,
    manager_name: str | None,
    *,
    was_disabled: bool,
    given: Sequence[str],
    waiting: Sequence[str],
    failed: Sequence[tuple[str, str]],
) -> Mail:
    """Tell the manager that the account is enabled, which licenses were given, and which were not, and why."""
    return _mail(
        "account_enabled",
        _enabled_subject(_called(person), was_disabled=was_disabled, given=bool(given)),
        person,
        manager_name=_line(manager_name or "", _LONGEST_NAME),
        was_disabled=was_disabled,
        given=given,
        waiting=waiting,
        failed=[f"{name} ({_line(reason, _LONGEST_VALUE)})" for name, reason in failed],
    )


def operators_seats_mail(person: PersonName, *, waiting: Sequence[str], instance: str) -> Mail:
    """Tell the operators which licenses have no free seat. Nothing has to be said to the run: it tries every hour."""
    subject = f"Offstage finds no free seat for {_called(person)}"
    return _mail("operators_seats", subject, person, waiting=waiting, instance=instance)


def operators_attention_mail(person: PersonName, *, step: str, reason: str, instance: str, okta_user_id: str) -> Mail:
    """Tell the operators where a run waits for them, and how to answer it."""
    return _mail(
        "operators_attention",
        f"Offstage needs attention: {_called(person)}, {step}",
        person,
        step=step,
        reason=reason,
        instance=instance,
        path=f"/api/members/{quote(okta_user_id)}",
        commands=_COMMANDS,
    )


def notice_mail(notice: Notice) -> Mail:
    """Tell the operators what concerns no one person."""
    match notice:
        case GroupDeleted(group_name):
            subject = f"Offstage: the managed group {_line(group_name, _LONGEST_NAME)} was deleted in Okta"
            return _mail("group_deleted", subject, PersonName(group_name, group_name), group_name=group_name)
        case GroupMissing(group_name, near):
            name = _line(group_name, _LONGEST_NAME)
            subject = f"Offstage: there is no group {name} in Okta"
            return _mail("group_missing", subject, PersonName(name, name), group_name=name, near=near)
        case WaveHeld(hour):
            return _mail("wave_held", f"Offstage holds deactivations since {hour}", NOBODY, hour=hour)
        case LogGap(read_to, resumed_at):
            return _log_gap_mail(read_to, resumed_at)
        case DriftChecked():
            return _drift_checked_mail(notice)


def _log_gap_mail(lost_from: datetime, lost_to: datetime) -> Mail:
    is_complete = lost_to <= lost_from
    did = (
        "lost its place in Okta's System Log and found it again" if is_complete else "missed part of Okta's System Log"
    )
    subject = f"Offstage {did}"
    facts = {"lost_from": _date(lost_from), "lost_to": _date(lost_to), "is_complete": is_complete}
    return _mail("log_gap", subject, PersonName("Okta", "Okta"), **facts)


def _drift_checked_mail(notice: DriftChecked) -> Mail:
    """Each finding with its login and what is wrong, and why it was left alone; or why the check ended."""
    people = "one person" if notice.count == 1 else f"{notice.count} people"
    subject = f"Offstage found drift: {people}" if notice.findings else "Offstage could not finish the drift check"
    lines = [
        f"{each.login}: {each.words}" + (f". Left alone: {each.not_started}" if each.not_started else "")
        for each in notice.findings
    ]
    more = notice.count - len(lines)
    facts = {"run": notice.run, "applied": notice.applied, "people": people, "more": more, "reason": notice.reason}
    return _mail("drift_checked", subject, NOBODY, findings=lines, **facts)


def _removal_subject(called: str, *, removed: bool, failed: bool) -> str:
    """The flow pack's sentence, where it is true."""
    if removed and failed:
        return f"Not all Office 365 licenses for {called} could be removed."
    if removed:
        return f"The Office 365 licenses for {called} have been removed."
    if failed:
        return f"The Office 365 licenses for {called} could not be removed."
    return f"No Office 365 licenses of {called} have been removed."


def _enabled_subject(called: str, *, was_disabled: bool, given: bool) -> str:
    """The flow pack's sentence, where it is true."""
    if given:
        return f"The Office 365 licenses for {called} have been added."
    return (
        f"Office 365 Account for {called} enabled." if was_disabled else f"No Office 365 licenses for {called} added."
    )


def _called(person: PersonName) -> str:
    """Maya Lin (maya.lin@contoso.com), or the login alone when that is all there is."""
    name, login = _line(person.display_name, _LONGEST_NAME), _line(person.login, _LONGEST_LOGIN)
    return f"{name} ({login})" if name and name != login else login


def _date(instant: datetime) -> str:
    at = instant.astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def _line(value: object, longest: int = _LONGEST_VALUE) -> str:
    return visible_line(value, longest)


def _finalize(value: object) -> object:
    """Nothing untrusted reaches a template's output but through here; what is Markup has been through already."""
    return value if hasattr(value, "__html__") else _line(value)


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    finalize=_finalize,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def _mail(template: str, subject: str, person: PersonName, **values: object) -> Mail:
    name = _line(person.display_name, _LONGEST_NAME) or _line(person.login, _LONGEST_LOGIN)
    context = {**values, "subject": _line(subject, _LONGEST_SUBJECT), "person": _called(person), "name": name}
    html = _TEMPLATES.get_template(f"{template}.html").render(context)
    text = _TEMPLATES.get_template(f"{template}.txt").render(context)
    return Mail(_line(subject, _LONGEST_SUBJECT), html, _wrapped(text))


def _wrapped(text: str) -> str:
    """Wrap each paragraph and hang the lines of a list; addresses, ids and indented lines stay in one piece."""
    lines = (line if line.startswith("  ") else _filled(line) for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _filled(line: str) -> str:
    hanging = "  " if line.startswith("- ") else ""
    return textwrap.fill(line, _TEXT_WIDTH, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
