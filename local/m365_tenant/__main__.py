"""`python -m local.m365_tenant`."""

import argparse
import sys

from local.m365_tenant.cli import add_arguments, run

parser = argparse.ArgumentParser(
    prog="python -m local.m365_tenant", description="A Microsoft 365 tenant on this machine."
)
add_arguments(parser)
sys.exit(run(parser.parse_args()))
