"""The license catalog: which SKUs there are, with their seats, and which of them newcomers to a group are given."""

from collections.abc import Iterable
from itertools import groupby

from lifecycle.catalog import CatalogEntry
from pages.frame import Frame, render


def catalog(entries: Iterable[CatalogEntry], frame: Frame) -> str:
    """`entries` in the order of their groups."""
    groups = [(id, list(found)) for id, found in groupby(entries, key=lambda each: (each.group_id, each.group_name))]
    return render("catalog.html", frame, groups=groups)
