"""Becomes a command that ends with its parent. Run as a file: `launch.py PARENT SIGNAL COMMAND...`.

Linux only: there the kernel sends the signal when the parent dies, however it dies. Elsewhere the command just runs,
and what a killed parent leaves behind is named by the next start (its port is taken).
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html


def main() -> None:
    parent, death_signal, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != int(parent):  # it died before the line above took effect
            sys.exit(1)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
