"""Keys that sort as what they stand for, and the partition of what concerns nobody in particular."""

from datetime import UTC, datetime, timedelta

import pytest

from rows.stored import numbered, partition_of, person_of, sortable

AT = datetime(2026, 9, 14, 10, 38, 41, 6000, tzinfo=UTC)


@pytest.mark.parametrize(("okta_user_id", "partition"), [("00u7new3", "00u7new3"), ("", "offstage")])
def test_partition_is_the_persons_or_one_for_nobody_in_particular(okta_user_id: str, partition: str) -> None:
    assert partition_of(okta_user_id) == partition
    assert person_of(partition) == okta_user_id


def test_instants_sort_as_texts_do() -> None:
    instants = [AT + timedelta(microseconds=1) * 10**power for power in range(14)]

    assert [sortable(instant) for instant in instants] == sorted(sortable(instant) for instant in reversed(instants))
    assert sortable(AT) == "20260914T103841.006000Z"


def test_numbers_sort_as_texts_do() -> None:
    assert [numbered(number) for number in (0, 9, 10, 99_999)] == ["000000", "000009", "000010", "099999"]
