"""`python3.11 -m local.setup`: install what is not there yet, show it, and say plainly what is missing."""

import fcntl
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from local.paths import LOCAL_DATA, ROOT
from local.setup.azurite import has_azurite, install_azurite
from local.setup.python_packages import has_python_packages, install_python_packages
from local.setup.steps import SetUpError

DISK_NEEDED_GB = 1.5


def main() -> int:
    try:
        with one_set_up_at_a_time():
            set_up()
    except SetUpError as error:
        print(f"\n{error}", file=sys.stderr)
    except PermissionError as error:
        print(f"\nCannot write {error.filename}: is the checkout owned by another user?", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nSet-up interrupted: the next run goes on where it can.", file=sys.stderr)
    else:
        return 0
    return 1


def set_up() -> None:
    if has_python_packages() and has_azurite():
        return
    check_disk()
    print("Set-up: once, one to three minutes. Later runs skip it.", flush=True)
    started = time.monotonic()
    if not has_python_packages():
        install_python_packages()
    if not has_azurite():
        install_azurite()
    print(f"Set-up done in {time.monotonic() - started:.0f} s.\n", flush=True)


def check_disk() -> None:
    free_gb = shutil.disk_usage(ROOT).free / 1e9
    if free_gb < DISK_NEEDED_GB:
        raise SetUpError(f"Set-up needs about {DISK_NEEDED_GB} GB of disk, and {ROOT} has {free_gb:.1f} GB left.")


@contextmanager
def one_set_up_at_a_time() -> Iterator[None]:
    """Two commands started together must not install into the same folders at once."""
    LOCAL_DATA.mkdir(exist_ok=True)
    with (LOCAL_DATA / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another set-up is running in this checkout: waiting for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
