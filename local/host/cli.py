"""The command line of the local host: what it accepts, what it prints, how it ends."""

import argparse
import asyncio
import gc
import logging
import os
import sqlite3
import sys
import threading
import time
import traceback
from pathlib import Path

from local.host.host_settings import StartError
from local.host.loading import App, AppFunction, load_app
from local.host.server import Host, serve
from local.host.store import HubInUse
from local.host.worker import app_traceback

DEFAULT_PORT = 7071
THREADS_END_SECONDS = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="port on 127.0.0.1; 0 takes a free one (7071)")
    parser.add_argument("--data", type=Path, help="folder of the task hub (.local/host under the app folder)")
    parser.add_argument("--app", type=Path, default=Path(), help="folder with function_app.py and host.json (.)")


def run(arguments: argparse.Namespace) -> int:
    """Run an Azure Functions app folder (Python v2 model) on this machine, with durable state in SQLite."""
    _log_to_stderr()
    gc.disable()  # what is loaded stays, so the garbage collector need not look at it, neither now nor later
    try:
        data = arguments.data.absolute() if arguments.data else arguments.app.resolve() / ".local" / "host"
        app = load_app(arguments.app)
    except StartError as fault:
        return _refuse(str(fault))
    except Exception as fault:  # the app's own: whatever its modules raise while they are imported
        traceback.print_exception(type(fault), fault, app_traceback(fault, arguments.app.resolve()))
        print("error: the app could not be loaded; its own error is above", file=sys.stderr)
        return 1
    gc.enable()
    gc.freeze()
    return _end(_serve(app, data, arguments.port))


def _serve(app: App, data: Path, port: int) -> int:
    try:
        asyncio.run(serve(app, data, port, _announce))
    except StartError as fault:
        return _refuse(str(fault))
    except HubInUse as owner:
        return _refuse(
            f"another host (process {owner}) already uses {data}; stop it, or give another folder with --data"
        )
    except OSError as fault:
        return _refuse(
            f"cannot listen on port {port}: {fault.strerror or fault}; stop what uses it, or give another --port"
        )
    except sqlite3.Error as fault:
        return _refuse(f"the task hub in {data} cannot be used: {fault}")
    return 0


def _refuse(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 2


def _end(code: int) -> int:
    """A thread that an app function still blocks must not hold up the end of the process."""
    deadline = time.monotonic() + THREADS_END_SECONDS
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                logging.shutdown()
                sys.stdout.flush()
                os._exit(code)
    return code


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # At INFO the Azure SDKs write every request they send.
    logging.getLogger("azure").setLevel(logging.WARNING)


def _announce(host: Host) -> None:
    print("\nFunctions:\n")
    for route, function in host.http.table:
        methods = ",".join(function.methods) or "any method"
        print(f"\t{function.name}: [{methods}] {host.origin}/{route.template}")
    for function in host.app.functions:
        if function.kind != "http":
            print(f"\t{function.name}: {_kind(function)}")
    print(f"\nHost is listening on {host.origin}", flush=True)


def _kind(function: AppFunction) -> str:
    return f"timer {function.schedule}" if function.kind == "timer" else function.kind
