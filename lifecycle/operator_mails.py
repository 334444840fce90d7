"""What operators are told: which facts go into which mail. The texts stand in `templates/<language>`.

What a system has answered, and what the app wrote down of it, is quoted as it stands in the audit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from lifecycle.mail_rendering import NOBODY, Letterhead, Mail, PersonName, called, render
from lifecycle.notices import DriftChecked, GroupDeleted, GroupMissing, LogGap, Notice


@dataclass(frozen=True, slots=True)
class HeldWave:
    """Who is held: since when, how many (`more_than`: at least), and the first of them."""

    since: datetime
    count: int
    people: Sequence[PersonName]
    more_than: bool = False


def seats_mail(head: Letterhead, person: PersonName, *, waiting: Sequence[str], instance: str) -> Mail:
    """Which licenses have no free seat. Nothing has to be said to the run: it tries every hour."""
    return render("operators_seats", head, person, waiting=waiting, instance=instance)


def attention_mail(
    head: Letterhead, person: PersonName, *, step: str, reason: str, instance: str, okta_user_id: str
) -> Mail:
    """Where a run waits for them, and how to answer it. `step` is what the step does."""
    path = f"/api/members/{quote(okta_user_id)}"
    return render("operators_attention", head, person, does=step, reason=reason, instance=instance, path=path)


def wave_held_mail(head: Letterhead, wave: HeldWave) -> Mail:
    """Who is held, and how to release them."""
    people = [called(person) for person in wave.people]
    facts = {"since": wave.since, "count": wave.count, "more_than": wave.more_than}
    return render("wave_held", head, NOBODY, people=people, **facts)


def notice_mail(head: Letterhead, notice: Notice) -> Mail:
    """What concerns no one person."""
    match notice:
        case GroupDeleted(group_name):
            return render("group_deleted", head, NOBODY, group_name=group_name)
        case GroupMissing(group_name, near):
            return render("group_missing", head, NOBODY, group_name=group_name, near=near)
        case LogGap(read_to, resumed_at):
            gap = {"lost_from": read_to, "lost_to": resumed_at, "is_complete": resumed_at <= read_to}
            return render("log_gap", head, NOBODY, **gap)
        case DriftChecked():
            return _drift_checked_mail(head, notice)


def _drift_checked_mail(head: Letterhead, notice: DriftChecked) -> Mail:
    """Each finding with its login and what is wrong, and why it was left alone; or why the check ended."""
    findings = [{"login": each.login, "words": each.words, "not_started": each.not_started} for each in notice.findings]
    facts = {"run": notice.run, "applied": notice.applied, "count": notice.count, "reason": notice.reason}
    return render("drift_checked", head, NOBODY, findings=findings, **facts)
