"""The mail ledger, by which each mail is sent once, and the outbox, where a mail waits that cannot be sent just now."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from lifecycle.names import folded

GIVEN_UP_AFTER = timedelta(hours=24)
# Who is told of one person hears no sooner of the next ones, and then of all of them at once.
GATHERED_FOR = timedelta(minutes=5)


class MailState(StrEnum):
    """What became of a mail; `docs/architecture.md` says what each one promises."""

    SENDING = "sending"  # handed to Graph, whose answer is not known
    SENT = "sent"
    RECORDED = "recorded"  # MAIL_SENDER is empty, or a dry run: kept in the ledger, not sent
    NOBODY = "nobody to tell"
    WAITING = "waiting"  # in the outbox
    FAILED = "failed"  # refused, or not to be sent for a whole day
    OUTDATED = "outdated"  # it waited until another run took the person over, or something newer was to be told


SETTLED = frozenset({MailState.SENT, MailState.RECORDED, MailState.NOBODY})
IN_OUTBOX = frozenset({MailState.WAITING, MailState.SENDING})


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One mail: about whom (`""`: nobody in particular), under which key it is sent once, by which run, what it says,
    and what became of it. It was sent in a mail about so many people (`together`)."""

    okta_user_id: str
    key: str
    at: datetime
    instance: str
    recipient: str
    subject: str
    text: str
    state: MailState = MailState.SENDING
    attempts: int = 1
    may_be_twice: bool = False
    error: str | None = None
    together: int = 1


@dataclass(frozen=True, slots=True)
class Part:
    """What a mail to a manager says in a mail about several people: who reads it, whom it is about, and a line for each
    fact. `no_manager`: the operators read it in place of one."""

    recipient: str
    manager_name: str | None
    no_manager: bool
    person: str
    summary: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WaitingMail:
    """A mail in the outbox: which entry of the ledger it is, and what the ledger does not keep of it.

    It goes out at `send_at` at the earliest, if it has one; with others of its kind to the same reader if it has a
    `part`.
    """

    okta_user_id: str
    ledger_key: str
    kind: str
    at: datetime
    event_uuid: str
    html: str
    send_at: datetime | None = None
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many mails of the outbox were sent, and whether more wait."""

    sent: int
    more: bool


def groups_due(waiting: Iterable[WaitingMail], now: datetime) -> list[list[WaitingMail]]:
    """What goes out now, mail by mail, the oldest first: with one that is due all of its kind to the same reader."""
    groups: dict[tuple[str, ...], list[WaitingMail]] = {}
    for mail in waiting:
        own = (mail.okta_user_id, mail.ledger_key)
        groups.setdefault((mail.kind, folded(mail.part.recipient)) if mail.part else own, []).append(mail)
    return [group for group in groups.values() if any(mail.send_at is None or mail.send_at <= now for mail in group)]


def is_about_a_date(key: str) -> bool:
    """Whether a mail tells that licenses will go, which anything newer about the person may make untrue."""
    return any(f"{kind}-" in key for kind in ("account_disabled", "reminder", "date_changed"))


def is_in_other_hands(known: LedgerEntry, instance: str) -> bool:
    """Whether a mail that has an entry is none of this run's business any more.

    Of a person only one run speaks at a time, so what an earlier one left in the middle is there to be sent. What
    concerns nobody in particular several runs may be saying at once.
    """
    if known.state in SETTLED or known.state is MailState.WAITING:
        return True
    return known.state is MailState.SENDING and known.instance != instance and not known.okta_user_id


def next_attempt(known: LedgerEntry, now: LedgerEntry | None = None) -> LedgerEntry:
    """The entry for one more attempt, with what the mail says `now`.

    After an attempt whose end nobody knows, this one may send the mail a second time.
    """
    may_be_twice = known.may_be_twice or known.state is MailState.SENDING
    again = now or replace(known, error=None)
    return replace(again, state=MailState.SENDING, attempts=known.attempts + 1, may_be_twice=may_be_twice)


def is_given_up(written_at: datetime, now: datetime) -> bool:
    return now - written_at >= GIVEN_UP_AFTER


def short_hash(words: Iterable[str]) -> str:
    """A short name for a set of words, the same whatever their order."""
    return hashlib.sha256("\n".join(sorted(words)).encode()).hexdigest()[:12]
