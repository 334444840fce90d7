"""Keys, long texts, types and sizes: what fits into Table Storage, and that it comes back as it was."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from azure.data.tables import EdmType, EntityProperty
from hypothesis import given
from hypothesis import strategies as st

from clients.errors import Rejected
from clients.table_rows import (
    MAX_TEXT_UNITS,
    cut_text,
    escape_key,
    from_entity,
    join_text,
    render_filter,
    split_text,
    to_entity,
    unescape_key,
)

LIMIT = 2 * MAX_TEXT_UNITS  # bytes of UTF-16
KEYS = {"PartitionKey": "p", "RowKey": "r"}
LONG = st.builds(
    lambda unit, times, tail: unit * times + tail,
    st.sampled_from(["a", "é", "😀", "a😀"]),
    st.sampled_from([0, 1, MAX_TEXT_UNITS // 2, MAX_TEXT_UNITS - 1, MAX_TEXT_UNITS, MAX_TEXT_UNITS + 1]),
    st.text(max_size=3),
)


@given(LONG)
def test_a_text_that_is_cut_fits_and_says_that_it_is_cut(text: str) -> None:
    cut = cut_text(text)

    assert len(cut.encode("utf-16-le")) <= LIMIT
    assert cut == text or (cut.endswith("…") and text.startswith(cut[:-1]))
    assert (cut == text) == (len(text.encode("utf-16-le")) <= LIMIT)


@given(st.text(max_size=100))
def test_any_text_comes_back_from_a_key(text: str) -> None:
    assert unescape_key(escape_key(text)) == text


@given(st.text(max_size=100))
def test_a_key_never_holds_what_table_storage_forbids(text: str) -> None:
    key = escape_key(text)

    assert not set(key) & set("/\\#?%")
    assert all(ord(each) > 0x1F and not 0x7F <= ord(each) <= 0x9F for each in key)


@given(st.text(max_size=40), st.text(max_size=40))
def test_two_texts_never_share_a_key(one: str, other: str) -> None:
    assert (escape_key(one) == escape_key(other)) == (one == other)


def test_a_plain_name_stays_readable_as_a_key() -> None:
    assert escape_key("Office 365 Assignments") == "Office 365 Assignments"
    assert escape_key("R/D #1!") == "R!2FD !231!21"
    assert escape_key("") == ""


def test_a_key_that_is_too_long_is_refused() -> None:
    assert escape_key("x" * 512)
    for text in ("x" * 513, "/" * 171, "😀" * 257):
        with pytest.raises(ValueError, match="512"):
            escape_key(text)


@given(LONG)
def test_a_text_of_any_length_comes_back_from_its_columns(text: str) -> None:
    columns = split_text("Snapshot", text)

    assert join_text("Snapshot", columns) == text
    assert all(len(part.encode("utf-16-le")) // 2 <= MAX_TEXT_UNITS for part in columns.values())


@given(LONG, LONG)
def test_columns_left_over_from_a_longer_text_do_no_harm(before: str, after: str) -> None:
    merged = split_text("Snapshot", before) | split_text("Snapshot", after)

    assert join_text("Snapshot", merged) == after


def test_a_short_text_is_one_column() -> None:
    assert split_text("Snapshot", "{}") == {"Snapshot": "{}"}
    assert list(split_text("Snapshot", "x" * 40_000)) == ["Snapshot", "Snapshot_1"]


def test_a_text_that_is_not_there_is_none_and_one_that_lost_a_part_is_an_error() -> None:
    columns = split_text("Snapshot", "x" * 40_000)
    del columns["Snapshot_1"]

    assert join_text("Snapshot", {}) is None
    with pytest.raises(ValueError, match="Snapshot_1"):
        join_text("Snapshot", columns)


def test_values_go_out_as_the_service_takes_them() -> None:
    at = datetime(2026, 11, 23, 12, tzinfo=timezone(timedelta(hours=2)))

    entity = to_entity(KEYS | {"Small": 2**31 - 1, "Big": 2**31, "At": at, "Nothing": None, "Yes": True})

    assert entity == KEYS | {
        "Small": 2**31 - 1,
        "Big": EntityProperty(2**31, EdmType.INT64),
        "At": datetime(2026, 11, 23, 10, tzinfo=UTC),
        "Yes": True,
    }
    assert from_entity(entity)["Big"] == 2**31


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="At is an instant without a time zone"):
        to_entity(KEYS | {"At": datetime(2026, 11, 23)})


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"PartitionKey": "a/b"}, "PartitionKey"),
    ({"RowKey": "a\nb"}, "RowKey"),
    ({"RowKey": "x" * 513}, "RowKey"),
    ({"RowKey": None}, "RowKey"),
    ({"Text": "x" * 32_769}, "Text has 32769 characters"),
    ({"Text": "😀" * 16_385}, "Text has 32770 characters"),
    ({f"N{number}": 1 for number in range(253)}, "255 columns"),
    ({f"T{number}": "x" * 30_000 for number in range(18)}, "1 MiB"),
]


@pytest.mark.parametrize(("values", "fault"), REFUSED)
def test_what_the_service_would_refuse_is_refused_before_it_is_sent(values: dict[str, Any], fault: str) -> None:
    with pytest.raises(Rejected, match=fault):
        to_entity(KEYS | values)


def test_the_largest_row_is_accepted() -> None:
    text = {f"T{number}": "x" * 32_000 for number in range(16)}

    assert len(to_entity(KEYS | text)) == 18


def test_parameters_are_quoted_into_a_filter_wherever_they_stand() -> None:
    parameters = {
        "p": "o'hara @x",
        "one": 1,
        "big": 2**40,
        "yes": True,
        "at": datetime(2026, 1, 2, tzinfo=UTC),
        "f": 1.5,
    }
    text = render_filter("(P eq @p) and N ge @one and B lt @big and Y eq @yes and (At lt @at or F eq @f)", parameters)

    assert text == (
        "(P eq 'o''hara @x') and N ge 1 and B lt 1099511627776L and Y eq true"
        " and (At lt datetime'2026-01-02T00:00:00.000000Z' or F eq 1.5)"
    )


def test_a_filter_with_a_value_in_quotes_is_refused() -> None:
    with pytest.raises(ValueError, match="parameters"):
        render_filter("P eq 'x'", {})


def test_a_parameter_that_was_not_given_is_an_error() -> None:
    with pytest.raises(KeyError):
        render_filter("P eq @p", {})
