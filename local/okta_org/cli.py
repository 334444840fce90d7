"""The command that starts an Okta org on this machine."""

import argparse
from pathlib import Path

from pydantic import ValidationError

from local.okta_org.org import OktaOrg
from local.okta_org.sample_org import seed_sample_people
from local.okta_org.server import make_app
from local.stand_in.server import refuse_to_start, run_until_stopped

NAME = "Okta org stand-in"
DEFAULT_PORT = 7080


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="port on 127.0.0.1 (%(default)s)")
    parser.add_argument("--data", type=Path, metavar="FILE", help="JSON file that keeps the org across restarts")
    parser.add_argument("--seed", action="store_true", help="start an empty org with the sample people of Contoso")


def run(arguments: argparse.Namespace) -> int:
    try:
        org = OktaOrg(data=arguments.data)
    except ValidationError as error:
        return refuse_to_start(NAME, f"{arguments.data} is not a state file of it ({error.error_count()} faults)")
    if arguments.seed and org.is_empty:
        seed_sample_people(org)
    return run_until_stopped(make_app(org), arguments.port, NAME)
