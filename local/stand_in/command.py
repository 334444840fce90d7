"""The command that starts a stand-in: its options, and what it says when it cannot start."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from aiohttp import web
from pydantic import ValidationError

from local.stand_in.server import refuse_to_start, run_until_stopped
from local.stand_in.stand_in import AnyStandIn

AStandIn = TypeVar("AStandIn", bound=AnyStandIn)


@dataclass(frozen=True)
class StandInCommand(Generic[AStandIn]):
    """`kind` is what the help calls it: an org, a tenant."""

    name: str
    kind: str
    default_port: int
    restore: Callable[[Path | None], AStandIn]
    seed_sample_people: Callable[[AStandIn], None]
    make_app: Callable[[AStandIn], web.Application]

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=self.default_port, help="port on 127.0.0.1 (%(default)s)")
        keeps = f"JSON file that keeps the {self.kind} across restarts"
        parser.add_argument("--data", type=Path, metavar="FILE", help=keeps)
        seeds = f"start an empty {self.kind} with the sample people of Contoso"
        parser.add_argument("--seed", action="store_true", help=seeds)

    def run(self, arguments: argparse.Namespace) -> int:
        try:
            stand_in = self.restore(arguments.data)
        except ValidationError as error:
            reason = f"{arguments.data} is not a state file of it ({error.error_count()} faults)"
            return refuse_to_start(self.name, reason)
        if arguments.seed and stand_in.is_empty:
            self.seed_sample_people(stand_in)
        return run_until_stopped(self.make_app(stand_in), arguments.port, self.name)
