"""What managers are told: which facts go into which mail. The texts stand in `templates/<language>`.

A manager reads no vendor's error text, no id and no word of this app's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lifecycle.delays import Delay
from lifecycle.entitlement import Cause
from lifecycle.mail_ledger import Part
from lifecycle.mail_rendering import LONGEST_NAME, NOBODY, Letterhead, Mail, PersonName, render
from lifecycle.mail_words import LANGUAGES
from lifecycle.visible import visible_line

__all__ = ["NOBODY", "Letterhead", "Mail", "PersonName", "Reader"]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the mail: the manager's name, if it is known; or `no_manager`: the operators, in place of one."""

    name: str | None = None
    no_manager: bool = False


def account_disabled_mail(
    head: Letterhead,
    person: PersonName,
    reader: Reader,
    *,
    due_at: datetime,
    delay: Delay | None,
    cause: Cause | None,
    licenses: Sequence[str] | None,
) -> Mail:
    """The account is disabled, when which licenses go, and what to do if this is a mistake.

    `licenses` None: it is not known which go.
    """
    facts = {"due_at": due_at, "delay": delay if delay and delay.integer else None}
    return _to_manager(
        "account_disabled", head, person, reader, **facts, cause=cause.value if cause else None, licenses=licenses
    )


def reminder_mail(
    head: Letterhead, person: PersonName, reader: Reader, *, due_at: datetime, licenses: Sequence[str] | None
) -> Mail:
    """The licenses go soon."""
    return _to_manager("reminder", head, person, reader, due_at=due_at, licenses=licenses)


def date_changed_mail(
    head: Letterhead, person: PersonName, reader: Reader, *, due_at: datetime, licenses: Sequence[str] | None
) -> Mail:
    """An operator has set another date."""
    return _to_manager("date_changed", head, person, reader, due_at=due_at, licenses=licenses)


def licenses_kept_mail(head: Letterhead, person: PersonName, reader: Reader) -> Mail:
    """An operator has decided that the licenses stay."""
    return _to_manager("licenses_kept", head, person, reader)


@dataclass(frozen=True, slots=True)
class Removed:
    """What became of the licenses, by their names: removed, refused, inherited from a group, out of scope.

    `left_group`: they went with this group, `""` where it has no name that people know; `early`: an operator had them
    removed before the date; `account_deleted`: nothing was left to remove.
    """

    removed: Sequence[str] = ()
    failed: Sequence[str] = ()
    inherited: Sequence[str] = ()
    out_of_scope: Sequence[str] = ()
    left_group: str | None = None
    early: bool = False
    account_deleted: bool = False


def licenses_removed_mail(head: Letterhead, person: PersonName, reader: Reader, found: Removed) -> Mail:
    """Which licenses went and which stay."""
    if found.account_deleted:  # nothing stays where there is no account
        found = replace(found, inherited=(), out_of_scope=())
    return _to_manager(
        "licenses_removed",
        head,
        person,
        reader,
        removed=found.removed,
        failed=found.failed,
        inherited=found.inherited,
        out_of_scope=found.out_of_scope,
        left_group=found.left_group,
        early=found.early,
        account_deleted=found.account_deleted,
    )


def account_enabled_mail(
    head: Letterhead,
    person: PersonName,
    reader: Reader,
    *,
    was_disabled: bool,
    given: Sequence[str],
    waiting: Sequence[str],
    failed: Sequence[str],
) -> Mail:
    """The account is enabled, which licenses were given, and which were not."""
    licenses = {"given": given, "waiting": waiting, "failed": failed}
    return _to_manager("account_enabled", head, person, reader, was_disabled=was_disabled, **licenses)


def several_mail(head: Letterhead, kind: str, parts: Sequence[Part], count: int | None = None) -> Mail:
    """One mail about several people, of which each would have had one of this kind; all to the same reader.

    `count`: of how many people it tells, where not all are shown.
    """
    reader = Reader(parts[0].manager_name, no_manager=parts[0].no_manager)
    people = [{"person": part.person, "facts": part.summary} for part in parts]
    return _to_manager("several", head, NOBODY, reader, kind=kind, people=people, count=count or len(parts))


def _to_manager(template: str, head: Letterhead, person: PersonName, reader: Reader, **facts: object) -> Mail:
    # A license that nobody knows a name of is not told by its id.
    name, unnamed = visible_line(reader.name or "", LONGEST_NAME), LANGUAGES[head.language].unnamed
    named = {
        fact: [each or unnamed for each in value] if isinstance(value, (list, tuple)) else value
        for fact, value in facts.items()
    }
    return render(template, head, person, manager_name=name, no_manager=reader.no_manager, **named)
