"""When a mail may be sent, sent again, or has been given up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle.mail_ledger import (
    LedgerEntry,
    MailState,
    is_given_up,
    is_in_other_hands,
    next_attempt,
    short_hash,
)

AT = datetime(2026, 9, 14, 10, 38, 41, tzinfo=UTC)
ENTRY = LedgerEntry(
    okta_user_id="00u7new3",
    key="account_disabled-1",
    at=AT,
    instance="staged_deactivation-1",
    recipient="iris@contoso.com",
    subject="Office 365 Account disabled.",
    text="Hello",
)
OURS, ANOTHER, NOBODY = ENTRY.instance, "activation-2", ""


@pytest.mark.parametrize(
    ("state", "okta_user_id", "instance", "expected"),
    [
        *((state, ENTRY.okta_user_id, OURS, True) for state in ("sent", "recorded", "nobody to tell", "waiting")),
        ("sending", ENTRY.okta_user_id, OURS, False),
        ("sending", ENTRY.okta_user_id, ANOTHER, False),
        ("sending", NOBODY, OURS, False),
        ("sending", NOBODY, ANOTHER, True),
        *((state, ENTRY.okta_user_id, ANOTHER, False) for state in ("failed", "outdated")),
        *((state, NOBODY, ANOTHER, False) for state in ("failed", "outdated")),
    ],
)
def test_run_leaves_a_mail_alone_that_is_in_other_hands(
    state: str, okta_user_id: str, instance: str, expected: bool
) -> None:
    known = replace(ENTRY, state=MailState(state), okta_user_id=okta_user_id)

    assert is_in_other_hands(known, instance) is expected


@pytest.mark.parametrize(
    ("state", "may_be_twice", "expected"),
    [
        (MailState.SENDING, False, True),
        (MailState.WAITING, False, False),
        (MailState.WAITING, True, True),
        (MailState.FAILED, False, False),
    ],
)
def test_attempt_after_one_whose_end_nobody_knows_may_send_the_mail_twice(
    state: MailState, may_be_twice: bool, expected: bool
) -> None:
    known = replace(ENTRY, state=state, may_be_twice=may_be_twice, attempts=3, error="no answer")

    again = next_attempt(known)

    assert again == replace(ENTRY, state=MailState.SENDING, attempts=4, may_be_twice=expected, error=None)


def test_next_attempt_says_what_the_mail_says_now() -> None:
    known = replace(ENTRY, state=MailState.FAILED, attempts=3)
    now = replace(ENTRY, instance="activation-2", text="Hello again", at=AT + timedelta(hours=1))

    assert next_attempt(known, now) == replace(now, attempts=4)


@pytest.mark.parametrize(("age", "expected"), [(timedelta(hours=23, minutes=59), False), (timedelta(hours=24), True)])
def test_mail_is_given_up_after_a_day(age: timedelta, expected: bool) -> None:
    assert is_given_up(AT, AT + age) is expected


def test_short_name_is_of_the_words_and_not_of_their_order() -> None:
    assert short_hash(["a", "b"]) == short_hash(["b", "a"])
    assert len({short_hash(words) for words in (["a", "b"], ["a"], ["ab"], [])}) == 4
