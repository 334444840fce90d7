"""What the catalog's routes take and answer: JSON bodies, and CSV for spreadsheets."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError

from lifecycle.catalog import CatalogEntry
from rows import catalog
from triggers.answers import Malformed
from triggers.csv_cells import cell

Body = TypeVar("Body", bound=BaseModel)
Group = Annotated[str, Field(min_length=1, max_length=255)]


class StoreRequest(BaseModel):
    """{"group": "Office 365 Assignments", "clear_first": false}, both optional"""

    model_config = ConfigDict(extra="forbid")

    group: Group | None = Field(None, description="name or id of a managed group; all of them when left out")
    clear_first: StrictBool = Field(False, description="forget what was chosen, and SKUs the tenant no longer has")


class ChoiceRequest(BaseModel):
    """{"assign": true} or {"assign": false}"""

    model_config = ConfigDict(extra="forbid")

    assign: StrictBool = Field(description="whether newcomers to the group are given this SKU")


class License(BaseModel):
    """One row of the catalog."""

    group_id: str
    group_name: str = Field(description="the group's name in Okta at the last store")
    sku_id: str
    sku_part_number: str
    name: str
    assign: bool
    is_assignable: bool = Field(description="whether it may be chosen: for users, and still in the tenant")
    row_number: int
    enabled_units: int
    consumed_units: int
    capability_status: str
    applies_to: str
    stored_at: datetime
    path: str = Field(description="where to PATCH it, below /api/")


class Licenses(BaseModel):
    licenses: list[License]


class MalformedBody(Malformed):
    """The body is not what the route takes; the text says what is expected."""


def parse_body(model: type[Body], body: bytes) -> Body:
    """An empty body is an empty object. Raises MalformedBody."""
    try:
        return model.model_validate_json(body or b"{}")
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
    faults = [f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in found]
    raise MalformedBody(f"expected {model.__doc__}; {'; '.join(faults)}")


def license_of(entry: CatalogEntry) -> License:
    return License(
        group_id=entry.group_id,
        group_name=entry.group_name,
        sku_id=entry.sku_id,
        sku_part_number=entry.sku_part_number,
        name=entry.name,
        assign=entry.assign,
        is_assignable=entry.is_assignable,
        row_number=entry.row_number,
        enabled_units=entry.enabled_units,
        consumed_units=entry.consumed_units,
        capability_status=entry.capability_status,
        applies_to=entry.applies_to,
        stored_at=entry.stored_at,
        # By the group's id: a name may have a slash, and hosts do not agree on what an encoded one in a path is.
        path=f"licenses/{quote(entry.group_id)}/{entry.sku_id}",
    )


def to_csv(entries: Iterable[CatalogEntry]) -> str:
    """The table's columns, with texts that a spreadsheet would run as a formula made plain by an apostrophe."""
    text = io.StringIO()
    rows = csv.DictWriter(text, catalog.COLUMNS.values())
    rows.writeheader()
    for entry in entries:
        rows.writerow({column: cell(value) for column, value in catalog.columns_of(entry).items()})
    return text.getvalue()
