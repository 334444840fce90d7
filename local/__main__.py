"""`python -m local <command>`: the commands of the app on one machine. A command imports its own room only."""

import argparse
import importlib
import sys

COMMANDS = {
    "start": ("local.stack.cli", "run the whole stack until Ctrl-C"),
    "settled": ("local.stack.settled", "wait until a running stack has acted on what was done in Okta"),
    "demo": ("local.demo.cli", "run the main job once, end to end, and check it in the stand-in tenant"),
    "bench": ("local.bench.cli", "measure how quickly Okta is answered and how a flood of removals is worked off"),
    "screenshots": ("local.screenshots.cli", "take pictures of the pages of a made-up company"),
    "host": ("local.host.cli", "run the host alone, on the settings it finds"),
    "okta-org": ("local.okta_org.cli", "run the stand-in for an Okta org alone"),
    "m365-tenant": ("local.m365_tenant.cli", "run the stand-in for a Microsoft 365 tenant alone"),
    "tables": ("local.stack.tables_cli", "run Azurite's tables alone"),
    "admin": ("local.admin.cli", "the administrators' command line: doctor, hook, members, licenses, …"),
    "import-flowpack": ("local.flowpack.cli", "show what the Okta Workflows flow pack was set to, and take it over"),
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, (_, summary) in COMMANDS.items():
        commands.add_parser(name, help=summary, add_help=False)
    chosen = parser.parse_args(arguments[:1]).command
    room, summary = COMMANDS[chosen]
    module = importlib.import_module(room)
    if chosen == "admin":  # it has commands of its own, and reads them itself
        module.main(arguments[1:], "python -m local admin")
    own_parser = argparse.ArgumentParser(prog=f"python -m local {chosen}", description=summary)
    module.add_arguments(own_parser)
    return int(module.run(own_parser.parse_args(arguments[1:])))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
