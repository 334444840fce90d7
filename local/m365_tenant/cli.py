"""The command that starts a Microsoft 365 tenant on this machine."""

import argparse
from pathlib import Path

from pydantic import ValidationError

from local.m365_tenant.sample_tenant import seed_sample_people
from local.m365_tenant.server import make_app
from local.m365_tenant.tenant import M365Tenant
from local.stand_in.server import refuse_to_start, run_until_stopped

NAME = "Microsoft 365 tenant stand-in"
DEFAULT_PORT = 7081


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="port on 127.0.0.1 (%(default)s)")
    parser.add_argument("--data", type=Path, metavar="FILE", help="JSON file that keeps the tenant across restarts")
    parser.add_argument("--seed", action="store_true", help="start an empty tenant with the sample people of Contoso")


def run(arguments: argparse.Namespace) -> int:
    try:
        tenant = M365Tenant(data=arguments.data)
    except ValidationError as error:
        return refuse_to_start(NAME, f"{arguments.data} is not a state file of it ({error.error_count()} faults)")
    if arguments.seed and tenant.is_empty:
        seed_sample_people(tenant)
    return run_until_stopped(make_app(tenant), arguments.port, NAME)
