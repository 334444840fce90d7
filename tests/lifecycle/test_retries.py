"""How long a step waits before it is tried again."""

from datetime import timedelta

from lifecycle.retries import MAIL_RETRIES_END_AFTER, retry_waits, wait_at_least


def test_waits_grow_and_then_stay_at_an_hour() -> None:
    waits = [wait.total_seconds() for wait in retry_waits()]

    assert waits[:8] == [2, 5, 15, 60, 300, 900, 3600, 3600]


def test_retries_end_within_a_day() -> None:
    assert timedelta(hours=22) < sum(retry_waits(), timedelta()) <= timedelta(hours=24)


def test_mail_is_given_up_within_minutes() -> None:
    assert sum(retry_waits(MAIL_RETRIES_END_AFTER), timedelta()) <= timedelta(minutes=2)


def test_longer_wait_wins_over_the_schedule() -> None:
    assert wait_at_least(timedelta(seconds=2), retry_after=30) == timedelta(seconds=30)
    assert wait_at_least(timedelta(minutes=5), retry_after=30) == timedelta(minutes=5)
    assert wait_at_least(timedelta(seconds=2), retry_after=None) == timedelta(seconds=2)


def test_absurd_retry_after_does_not_stop_the_flow_for_ever() -> None:
    assert wait_at_least(timedelta(seconds=2), retry_after=1e12) == timedelta(hours=24)
