"""`python -m local.host`: the local host alone."""

import argparse
import sys

from local.host.cli import add_arguments, run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m local.host", description=run.__doc__)
    add_arguments(parser)
    sys.exit(run(parser.parse_args()))
