"""What every table gives: a record with the ETag it was read with, and pages of records. And keys that sort."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from clients.table_rows import cut_text

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Stored(Generic[R]):
    """A record as it was read; a write that is bound to `etag` happens only while nobody else has written."""

    record: R
    etag: str


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """`continuation` asks for the next page; None after the last one."""

    records: tuple[R, ...]
    continuation: str | None = None


def columns_of(record: object, columns: Mapping[str, str], *, words: Container[str]) -> dict[str, Any]:
    """A record's values by column. Its `words` are for people, and are cut where they are longer than a column."""
    values = {name: getattr(record, name) for name in columns}
    return {
        columns[name]: cut_text(value) if name in words and value is not None else value
        for name, value in values.items()
    }


NOBODY_IN_PARTICULAR = "offstage"


def partition_of(okta_user_id: str) -> str:
    """Audit and mails are kept per person; what concerns nobody in particular (`""`) has a partition of its own."""
    return okta_user_id or NOBODY_IN_PARTICULAR


def person_of(partition: str) -> str:
    """The Okta user id of a partition; empty for what concerns nobody in particular."""
    return "" if partition == NOBODY_IN_PARTICULAR else partition


def sortable(instant: datetime) -> str:
    """An instant as a key: texts that sort as time does."""
    return instant.strftime("%Y%m%dT%H%M%S.%fZ")


def numbered(number: int) -> str:
    """A number as a key: texts that sort as numbers do."""
    return f"{number:06}"
