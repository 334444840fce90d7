"""What was found in a flow pack, for a person to read."""

from collections.abc import Iterable, Mapping

from local.flowpack.license_table import LicenseRow
from local.flowpack.pack import SETTINGS, FlowPack


def settings_lines(pack: FlowPack, settings: Mapping[str, str]) -> list[str]:
    places = {
        SETTINGS[card]: ", ".join(f"{constant.card!r} in the flow {constant.flow!r}" for constant in pack.of(card))
        for card in SETTINGS
    }
    found = _columns((f"  {name}", value, f"from {places[name]}") for name, value in settings.items())
    notes = [
        f"  Note: {constant.card!r} in the flow {constant.flow!r} names another group, {constant.value!r}."
        " It is not taken over: only people of the groups in OFFICE_GROUP lose licenses."
        for constant in pack.other_groups
    ]
    return ["Settings:", *found, *notes]


def rows_lines(rows: Iterable[LicenseRow], source: str, table: str) -> list[str]:
    found = [(f"  {row.group_name}", row.sku_id, row.name) for row in rows]
    if not found:
        return [
            f"License catalog: the pack holds the definition of the table {table!r} without rows.",
            "  To see which rows to take over, export the table as CSV in Okta Workflows, and add --csv FILE.",
        ]
    return [
        f"License catalog: {len(found)} row{'s'[: len(found) != 1]} to take over, from {source}:",
        *_columns([("  group", "SKU", "name"), *found]),
        "  The app fills its catalog from the tenant: POST /api/licenses/store. Then choose what newcomers get:",
        '  PATCH /api/licenses/{group}/{SKU} with {"assign": true}, {group} being its id in Okta or its name.',
    ]


def written_lines(path: object, settings: Mapping[str, str], before: Mapping[str, str | None]) -> list[str]:
    changes = [
        f"  {name}: {value!r}, " + ("as before" if before[name] == value else f"was {before[name]!r}")
        for name, value in settings.items()
    ]
    return [f"Written to {path}:", *changes]


def _columns(rows: Iterable[tuple[str, ...]]) -> list[str]:
    table = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
