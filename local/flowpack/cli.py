"""`python -m local import-flowpack FILE`: show what the flow pack was set to, and take it over."""

import argparse
import sys
from pathlib import Path

from local.flowpack.license_table import LicenseRow, Malformed, read_csv
from local.flowpack.merge import merge_settings
from local.flowpack.pack import FlowPack, read_pack
from local.flowpack.report import rows_lines, settings_lines, written_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the .flopack file, exported in Okta Workflows")
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="the CSV export of its table (default: <table>.csv beside the pack)"
    )
    parser.add_argument(
        "--write", type=Path, metavar="SETTINGS", help="a local.settings.json to merge the settings into"
    )


def run(arguments: argparse.Namespace) -> int:
    path = arguments.file
    try:
        pack = read_pack(path)
        settings = pack.settings()
        print("\n".join([f"{path.name}, exported {pack.created}", "", *settings_lines(pack, settings), ""]))
        path = arguments.csv or _beside(arguments.file, pack)
        rows, source = _rows(pack, path)
        print("\n".join(rows_lines(rows, source, pack.table.name)))
        if arguments.write:
            path = arguments.write
            print("\n".join(["", *written_lines(path, settings, merge_settings(path, settings))]))
    except Malformed as error:
        print(f"{path}: {error}.", file=sys.stderr)
        return 1
    return 0


def _beside(file: Path, pack: FlowPack) -> Path | None:
    export = file.with_name(f"{pack.table.name}.csv")
    return export if export.is_file() else None


def _rows(pack: FlowPack, export: Path | None) -> tuple[tuple[LicenseRow, ...], str]:
    return (pack.table.rows, "the pack") if export is None else (read_csv(export), str(export))
