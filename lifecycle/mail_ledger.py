"""The mail ledger, by which each mail is sent once, and the outbox, where a mail waits that cannot be sent just now."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

MAILS = "Mails"
OUTBOX = "Outbox"
OUTBOX_PARTITION = "mail"
DELIVER_MAILS = "deliver_mails"
GIVEN_UP_AFTER = timedelta(hours=24)


class MailState(StrEnum):
    """What became of a mail; `docs/architecture.md` says what each one promises."""

    SENDING = "sending"  # handed to Graph, whose answer is not known
    SENT = "sent"
    RECORDED = "recorded"  # MAIL_SENDER is empty, or a dry run: kept in the ledger, not sent
    NOBODY = "nobody to tell"
    WAITING = "waiting"  # in the outbox
    FAILED = "failed"  # refused, or not to be sent for a whole day
    OUTDATED = "outdated"  # it waited until another run took the person over


SETTLED = frozenset({MailState.SENT, MailState.RECORDED, MailState.NOBODY})
FIRST_ATTEMPT = {"State": MailState.SENDING.value, "Attempts": 1, "MayBeTwice": False}
IN_OUTBOX = frozenset({MailState.WAITING, MailState.SENDING})


def is_in_other_hands(held: Mapping[str, Any], instance: str, *, of_person: bool) -> bool:
    """Whether a mail that has a row is none of this run's business any more.

    Of a person only one run speaks at a time, so what an earlier one left in the middle is there to be sent. What
    concerns nobody in particular several runs may be saying at once.
    """
    state = MailState(held["State"])
    if state in SETTLED or state is MailState.WAITING:
        return True
    return state is MailState.SENDING and held["InstanceId"] != instance and not of_person


def next_attempt(held: Mapping[str, Any]) -> dict[str, Any]:
    """The row for one more attempt. After one whose end nobody knows, this one may send the mail a second time."""
    may_be_twice = bool(held.get("MayBeTwice")) or held["State"] == MailState.SENDING
    kept = {name: value for name, value in held.items() if name != "Error"}
    return kept | {"State": MailState.SENDING.value, "Attempts": held["Attempts"] + 1, "MayBeTwice": may_be_twice}


def is_given_up(written_at: datetime, now: datetime) -> bool:
    return now - written_at >= GIVEN_UP_AFTER
