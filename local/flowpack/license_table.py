"""The flow pack's table of licenses: its definition in the pack, its rows there or in a CSV export beside it."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SKU, NAME, GROUP = "Microsoft License SKU", "Microsoft License Name", "Okta Group Name"
COLUMNS = (SKU, NAME, GROUP)


class Malformed(Exception):
    """A file is not what it should be; the text goes on after "<file>: "."""


@dataclass(frozen=True, slots=True)
class LicenseRow:
    group_name: str
    sku_id: str
    name: str


@dataclass(frozen=True, slots=True)
class LicenseTable:
    """Without rows as a rule: Okta Workflows exports definitions, and rows as CSV."""

    name: str
    rows: tuple[LicenseRow, ...] = ()


def find_license_table(tables: Mapping[str, Mapping[str, Any]]) -> LicenseTable:
    """The table that has the license columns. Raises Malformed when there is none."""
    for table in tables.values():
        data: Any = table.get("data")
        if not isinstance(data, dict):
            continue
        columns = [column.get("name") for column in data.get("structure") or () if isinstance(column, dict)]
        if not _missing(columns):
            return LicenseTable(str(table.get("name", "")), _rows(data.get("rows") or []))
    raise Malformed(f"none of its tables has the columns {', '.join(COLUMNS)}")


def read_csv(path: Path) -> tuple[LicenseRow, ...]:
    """The rows of a table's CSV export, or of the catalog's own (`GET licenses` as CSV). Raises Malformed."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file)
            if missing := _missing(lines.fieldnames or []):
                raise Malformed(f"its first line does not name the columns {', '.join(missing)}")
            return _rows(list(lines))
    except OSError as error:
        raise Malformed(f"it cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise Malformed(f"it is not a CSV file in UTF-8: {error}") from error


def _rows(rows: list[Any]) -> tuple[LicenseRow, ...]:
    """Rows by column name; a row without a SKU says nothing."""
    if not all(isinstance(row, Mapping) for row in rows):
        raise Malformed("the rows of its license table are not in the form that is known")
    found = [{_plain(name): str(value or "").strip() for name, value in row.items()} for row in rows]
    read = (LicenseRow(*(row.get(_plain(column), "") for column in (GROUP, SKU, NAME))) for row in found)
    return tuple(sorted((row for row in read if row.sku_id), key=lambda row: (row.group_name, row.name, row.sku_id)))


def _missing(names: Any) -> list[str]:
    present = {_plain(name) for name in names}
    return [column for column in COLUMNS if _plain(column) not in present]


def _plain(name: object) -> str:
    """Column names differ in case and spaces only, between the pack, its CSV export and the catalog."""
    return "".join(str(name).split()).casefold()
