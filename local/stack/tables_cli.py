"""`python -m local tables`: Azurite's tables alone, for a host that is started by hand."""

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

from local.paths import STACK_DATA
from local.setup.azurite import has_azurite
from local.stack.ports import LOOPBACK, Ports, PortsTakenError, require_free
from local.stack.services import tables_command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=Ports().tables)
    parser.add_argument(
        "--data", type=Path, default=STACK_DATA / "tables", help="folder of the data (default: %(default)s)"
    )


def run(arguments: argparse.Namespace) -> NoReturn:
    """Become Azurite, so that the process started is the server itself."""
    if not has_azurite():
        sys.exit("Azurite is not installed yet: run `make set-up` first.")
    try:
        require_free(arguments.port)
    except PortsTakenError as error:
        sys.exit(f"{error}\nStop it, or give another --port.")
    arguments.data.mkdir(parents=True, exist_ok=True)
    print(f"Azure Tables on http://{LOOPBACK}:{arguments.port}/devstoreaccount1", flush=True)
    command = tables_command(arguments.port, arguments.data)
    os.execv(command[0], command)
