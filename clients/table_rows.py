"""How our values fit into Table Storage: keys, long texts, types and sizes. Pure.

The limits: https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from azure.data.tables import EdmType, EntityProperty

from clients.errors import Rejected

MAX_KEY_UNITS = 512  # UTF-16 units, as everywhere below
MAX_TEXT_UNITS = 32_768
MAX_PROPERTIES = 255  # with PartitionKey, RowKey and Timestamp
MAX_ENTITY_BYTES = 1024 * 1024

_ESCAPE = "!"
# `/ \ # ?` and control characters are forbidden; `%` is troublesome in addresses.
_UNSAFE_IN_KEY = re.compile(r"[/\\#?%!\x00-\x1f\x7f-\x9f]")
_FORBIDDEN_IN_KEY = re.compile(r"[/\\#?\x00-\x1f\x7f-\x9f]")
_ESCAPED = re.compile(r"!([0-9A-F]{2})")
_PARAMETER = re.compile(r"@(\w+)")
_INT32 = range(-(2**31), 2**31)


def escape_key(text: str) -> str:
    """Make any text fit to be a key; `unescape_key` gives it back. Raises ValueError when it is too long."""
    key = _UNSAFE_IN_KEY.sub(lambda match: f"{_ESCAPE}{ord(match.group()):02X}", text)
    if _units(key) > MAX_KEY_UNITS:
        raise ValueError(f"a key has at most {MAX_KEY_UNITS} characters, and this one {_units(key)}: {text[:40]!r}…")
    return key


def unescape_key(key: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), key)


def split_text(name: str, text: str) -> dict[str, str]:
    """Spread a text of any length over the columns Name, Name_1, Name_2, …

    Only the last one is short, so that columns left over from a longer text do no harm after a merge.
    """
    units = text.encode("utf-16-le", "surrogatepass")
    columns: dict[str, str] = {}
    start, is_full = 0, True
    while is_full:
        end = _cut(units, start)
        columns[f"{name}_{len(columns)}" if columns else name] = units[start:end].decode("utf-16-le", "surrogatepass")
        is_full, start = _is_full((end - start) // 2), end
    return columns


def join_text(name: str, values: Mapping[str, Any]) -> str | None:
    """The text that `split_text` spread; None when there is none. Raises ValueError when a part is missing."""
    if name not in values:
        return None
    parts = [values[name]]
    while _is_full(_units(parts[-1])):
        column = f"{name}_{len(parts)}"
        if column not in values:
            raise ValueError(f"the column {column} is missing, so {name} is not whole")
        parts.append(values[column])
    return "".join(parts)


def cut_text(text: str) -> str:
    """Make a text fit into one column. What is cut off is gone, and `…` says so."""
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * MAX_TEXT_UNITS:
        return text
    kept = units[: _cut(units, 0, MAX_TEXT_UNITS - 1)]
    return kept.decode("utf-16-le", "surrogatepass") + "…"


def _cut(units: bytes, start: int, longest: int = MAX_TEXT_UNITS) -> int:
    """Where a part that begins at `start` ends: never between the two halves of one character."""
    end = min(start + 2 * longest, len(units))
    is_high_surrogate = end < len(units) and 0xD8 <= units[end - 1] <= 0xDB
    return end - 2 if is_high_surrogate else end


def _is_full(units: int) -> bool:
    return units >= MAX_TEXT_UNITS - 1


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def to_entity(values: Mapping[str, Any]) -> dict[str, Any]:
    """Our values as the SDK takes them. Raises Rejected for what the service, or worse only Azure, would refuse."""
    entity = {name: _to_property(name, value) for name, value in values.items() if value is not None}
    for name in ("PartitionKey", "RowKey"):
        check_key(name, values.get(name))
    if len(entity) + 1 > MAX_PROPERTIES:
        raise _rejected("TooManyProperties", f"{len(entity)} columns; {MAX_PROPERTIES - 1} are possible")
    if (size := _entity_bytes(entity)) > MAX_ENTITY_BYTES:
        raise _rejected("EntityTooLarge", f"{size} bytes in the row {values['RowKey']!r}; 1 MiB is possible")
    return entity


def check_key(name: str, key: object) -> None:
    if not isinstance(key, str) or _FORBIDDEN_IN_KEY.search(key) or _units(key) > MAX_KEY_UNITS:
        raise _rejected("InvalidKey", f"{name} cannot be {key!r}; it has to go through escape_key")


def from_entity(entity: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _from_property(value) for name, value in entity.items()}


def _to_property(name: str, value: object) -> object:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{name} is an instant without a time zone: {value}")
        return value.astimezone(UTC)
    if isinstance(value, int) and value not in _INT32:
        return EntityProperty(value, EdmType.INT64)
    if isinstance(value, str) and _units(value) > MAX_TEXT_UNITS:
        raise _rejected("PropertyValueTooLarge", f"{name} has {_units(value)} characters; spread it with split_text")
    return value


def _from_property(value: object) -> object:
    if isinstance(value, EntityProperty):
        return value.value
    if isinstance(value, datetime):  # the SDK's own kind of datetime
        return datetime.combine(value.date(), value.time(), tzinfo=UTC)
    return value


def _entity_bytes(entity: Mapping[str, Any]) -> int:
    """As Azure counts. Azurite does not look at the size of an entity."""
    keys = 4 + 2 * _units(str(entity["PartitionKey"])) + 2 * _units(str(entity["RowKey"]))
    return keys + sum(8 + 2 * _units(name) + _value_bytes(value) for name, value in entity.items())


def _value_bytes(value: object) -> int:
    if isinstance(value, str):
        return 4 + 2 * _units(value)
    return 4 + len(value) if isinstance(value, bytes) else 16


def request_bytes(entity: Mapping[str, Any]) -> int:
    """An upper bound for one entity's part of a transaction: its JSON, types, and the headers around it."""
    return len(json.dumps(entity, default=str)) + 40 * len(entity) + 2048


def render_filter(filter: str, parameters: Mapping[str, Any]) -> str:
    """Put the parameters into an OData filter, quoted.

    Not left to the SDK: it finds a parameter only between two spaces, and writes the numbers 0 and 1 as booleans.
    """
    if "'" in filter:
        raise ValueError(f"a filter takes its values from parameters, not in quotes: {filter}")
    return _PARAMETER.sub(lambda match: _literal(parameters[match.group(1)]), filter)


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if value in _INT32 else f"{value}L"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, datetime):
        return f"datetime'{value.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%S.%fZ')}'"
    text = str(value).replace("'", "''")
    return f"'{text}'"


def _rejected(code: str, detail: str) -> Rejected:
    return Rejected("tables", "store a row", code=code, detail=detail)
