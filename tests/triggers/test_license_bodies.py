"""The bodies of the catalog's routes: what is refused, and what a spreadsheet gets."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lifecycle.catalog import CatalogEntry
from triggers.license_bodies import ChoiceRequest, MalformedBody, StoreRequest, license_of, parse_body, to_csv

ENTRY = CatalogEntry(
    group_id="00g2bbbbbbbbbbbbbbbb",
    group_name="Sales",
    sku_id="05e9a617-0261-4cee-bb44-138d3ef5d965",
    name="Microsoft 365 E3",
    sku_part_number="SPE_E3",
    applies_to="User",
    capability_status="Enabled",
    enabled_units=25,
    consumed_units=-1,
    stored_at=datetime(2026, 9, 14, 4, 20, tzinfo=UTC),
)


def rows_of(entry: CatalogEntry) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv([entry]), newline="")))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_text_in_the_csv_is_run_as_a_formula(start: str) -> None:
    evil = start + 'HYPERLINK("https://example.com","x")'

    [row] = rows_of(replace(ENTRY, group_name=evil, name=evil, sku_part_number=evil))

    assert {row["OktaGroupName"], row["MicrosoftLicenseName"], row["SkuPartNumber"]} == {f"'{evil}"}


@pytest.mark.parametrize("part", [";", "; ", ';"', ";'", "\n", "\t"])
def test_no_text_is_a_formula_where_semicolons_part_the_cells(part: str) -> None:
    """As in a spreadsheet of a country in which the comma is a decimal sign."""
    [row] = rows_of(replace(ENTRY, name=f"E3{part}=HYPERLINK(A1)"))

    assert row["MicrosoftLicenseName"] == f"E3{part}'=HYPERLINK(A1)"


def test_harmless_texts_and_negative_numbers_stay_as_they_are() -> None:
    [row] = rows_of(replace(ENTRY, name="E3, E5 & 'more' = \"all\""))

    assert (row["MicrosoftLicenseName"], row["ConsumedUnits"]) == ("E3, E5 & 'more' = \"all\"", "-1")


def test_every_fault_of_a_body_is_named() -> None:
    with pytest.raises(
        MalformedBody, match=r"both optional; group: .* string; clear_first: .* boolean; x: .*permitted"
    ):
        parse_body(StoreRequest, b'{"group": 1, "clear_first": "no", "x": 1}')


def test_what_was_found_is_not_repeated_in_the_answer() -> None:
    with pytest.raises(MalformedBody) as error:
        parse_body(ChoiceRequest, b'{"assign": "a-password-pasted-by-mistake"}')

    assert "password" not in str(error.value)


def test_body_nested_without_end_is_refused() -> None:
    with pytest.raises(MalformedBody, match="body: "):
        parse_body(StoreRequest, b"[" * 100_000)


def test_path_of_a_row_has_no_character_that_hosts_read_differently() -> None:
    entry = replace(ENTRY, group_name="Berlin/Paris #1? 100%")

    assert license_of(entry).path == f"licenses/00g2bbbbbbbbbbbbbbbb/{ENTRY.sku_id}"
