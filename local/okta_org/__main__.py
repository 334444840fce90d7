"""`python -m local.okta_org`."""

import argparse
import sys

from local.okta_org.cli import add_arguments, run

parser = argparse.ArgumentParser(prog="python -m local.okta_org", description="An Okta org on this machine.")
add_arguments(parser)
sys.exit(run(parser.parse_args()))
