"""A `.flopack` file (Okta Workflows' export) and what can be taken over from it.

The file is JSON: `data.flos` holds the flows, each a list of cards, which may hold flows of their own; `data.tables`
the definitions of the tables. Its setup values are the constants in the "Assign" cards (`…:control:…:let`).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lifecycle.delays import Delay, parse_delay
from local.flowpack.license_table import LicenseTable, Malformed, find_license_table

OFFICE_GROUP = "Office Group"
DELAY_INTEGER = "Delay Integer"
DELAY_INTERVAL_TYPE = "Delay Interval Type"
SETTINGS = {
    OFFICE_GROUP: "OFFICE_GROUP",
    DELAY_INTEGER: "DELAY_INTEGER",
    DELAY_INTERVAL_TYPE: "DELAY_INTERVAL_TYPE",
}
# The same group once more, where the pack stores its table and where it gives licenses back.
SAME_GROUP = ("DefaultOktaGroup", "Display Name")
LARGEST_PACK = 50 * 1024 * 1024  # bytes; the genuine one has 0.3 MB

Json = Any


@dataclass(frozen=True, slots=True)
class Constant:
    """One constant of an Assign card."""

    card: str
    value: str
    flow: str


@dataclass(frozen=True, slots=True)
class FlowPack:
    created: str
    constants: tuple[Constant, ...]
    table: LicenseTable

    def of(self, card: str) -> tuple[Constant, ...]:
        return tuple(constant for constant in self.constants if constant.card == card)

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(constant.value for constant in self.of(OFFICE_GROUP)))

    @property
    def other_groups(self) -> tuple[Constant, ...]:
        """Where the pack names another group than the flow that takes licenses away."""
        named = (constant for card in SAME_GROUP for constant in self.of(card))
        return tuple(constant for constant in named if constant.value not in self.groups)

    def settings(self) -> dict[str, str]:
        """The app's settings. Raises Malformed for a delay the app would refuse as well."""
        delay = self._delay()
        return {
            "OFFICE_GROUP": _as_setting(self.groups),
            "DELAY_INTEGER": str(delay.integer),
            "DELAY_INTERVAL_TYPE": delay.interval_type.value,
        }

    def _delay(self) -> Delay:
        integer, interval_type = (self._only(card) for card in (DELAY_INTEGER, DELAY_INTERVAL_TYPE))
        try:
            return parse_delay(integer.removesuffix(".0"), interval_type)
        except ValueError as error:
            raise Malformed(f"its delay is {integer} {interval_type}, and the app takes {error}") from error

    def _only(self, card: str) -> str:
        values = {constant.value for constant in self.of(card)}
        if len(values) > 1:
            places = "; ".join(f"{constant.value} in the flow {constant.flow!r}" for constant in self.of(card))
            raise Malformed(f"{card!r} has several values: {places}. Make them one, or write the settings by hand")
        return values.pop()


def read_pack(path: Path) -> FlowPack:
    """Raise Malformed, which names what is missing, for a file that is not such a pack."""
    pack = _read_json(path)
    if not isinstance(pack, dict) or pack.get("type") != "flopack":
        raise Malformed('it is no export of Okta Workflows, which says "type": "flopack"')
    data = pack.get("data")
    flows, tables = (_section(data, name) for name in ("flos", "tables"))
    constants = tuple(
        constant for flow in flows.values() for constant in _constants(flow, str(flow.get("name", "")).strip())
    )
    missing = [card for card in SETTINGS if not any(constant.card == card for constant in constants)]
    if missing:
        cards = " and ".join(repr(card) for card in missing)
        raise Malformed(f"no flow has an Assign card with a value for {cards}; is it another flow pack?")
    return FlowPack(str(pack.get("created") or "at an unknown time"), constants, find_license_table(tables))


def _read_json(path: Path) -> Json:
    try:
        if path.stat().st_size > LARGEST_PACK:
            raise Malformed("it is larger than any flow pack")
        return json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise Malformed(f"it cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise Malformed(f"it is not JSON, as every flow pack is: {error}") from error


def _section(data: Json, name: str) -> dict[str, dict[str, Json]]:
    section = data.get(name) if isinstance(data, dict) else None
    if not isinstance(section, dict) or not all(isinstance(part, dict) for part in section.values()):
        raise Malformed(f"it has no `data.{name}`, where a flow pack keeps its {'flows' if name == 'flos' else name}")
    return section


def _constants(part: Json, flow: str) -> Iterator[Constant]:
    """The constants of all Assign cards in a part of a flow, however deep it lies: loops hold flows of their own."""
    if isinstance(part, list):
        for each in part:
            yield from _constants(each, flow)
    elif isinstance(part, dict):
        if _is_assign_card(part):
            yield from _assigned(part, flow)
        for each in part.values():
            yield from _constants(each, flow)


def _is_assign_card(part: dict[str, Json]) -> bool:
    address = part.get("address")
    return isinstance(address, str) and ":control:" in address and address.endswith(":let")


def _assigned(card: dict[str, Json], flow: str) -> Iterator[Constant]:
    """Fields that are filled from another card when the flow runs are no constants."""
    try:
        fields = card["node"]["model"]["inputs"]["data"].values()
        values = [(str(field["key"]).strip(), field["value"].get("data")) for field in fields if not field.get("ref")]
    except (KeyError, TypeError, AttributeError) as error:
        raise Malformed(f"an Assign card in the flow {flow!r} has no fields ({error!r})") from error
    for key, value in values:
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
            yield Constant(key, str(value).strip(), flow)


def _as_setting(groups: tuple[str, ...]) -> str:
    """A name alone stands as it is; several, or one that looks like a list, as a JSON list."""
    if len(groups) == 1 and not groups[0].startswith("["):
        return groups[0]
    return json.dumps(groups, ensure_ascii=False)
