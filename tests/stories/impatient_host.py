"""`python -m local host`, but that the app's clients give up soon: what they wait for would take a story a minute.

Everything else is as it is. A setting for it would be one that nobody but a test needs.
"""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import wiring
from local.__main__ import main

PATIENCE_S = 0.5
Build = Callable[[Any], Any]


def of_okta(build: Build, module: Any) -> Any:
    module.Okta = partial(module.Okta, timeout=PATIENCE_S)
    return build(module)


def of_graph(build: Build, module: Any) -> Any:
    module.Graph = partial(module.Graph, timeout=PATIENCE_S)
    return build(module)


def of_tables(build: Build, module: Any) -> Any:
    module.TIMEOUTS |= {"connection_timeout": PATIENCE_S, "read_timeout": PATIENCE_S}
    return build(module)


if __name__ == "__main__":
    wiring._build_okta = partial(of_okta, wiring._build_okta)
    wiring._build_graph = partial(of_graph, wiring._build_graph)
    wiring._build_tables = partial(of_tables, wiring._build_tables)
    sys.exit(main(["host", *sys.argv[1:]]))
