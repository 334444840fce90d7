"""Tables for spreadsheets."""

import re
from collections.abc import Mapping
from datetime import datetime

CSV = "text/csv"
# A spreadsheet takes a cell that begins so for a formula: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Where a comma is a decimal sign a spreadsheet parts the cells at semicolons, wherever those stand.
FORMULA_INSIDE = re.compile(r"""([;\t\r\n][\s"']*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])""")


def is_csv_asked_for(headers: Mapping[str, str]) -> bool:
    return CSV in (headers.get("Accept") or "").lower()


def cell(value: object) -> object:
    """A text that a spreadsheet would run as a formula is made plain by an apostrophe."""
    if isinstance(value, datetime):
        return value.isoformat()
    if not isinstance(value, str):
        return value
    made_plain = FORMULA_INSIDE.sub(r"\1'", value)
    return f"'{made_plain}" if value.startswith(FORMULA_STARTS) else made_plain
