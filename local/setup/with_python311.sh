#!/bin/sh
# Runs the set-up with the first Python 3.11 found, or says that there is none and how to get one.
for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
        exec "$candidate" -m local.setup
    fi
done
found=$(python3 --version 2>&1) || found="no working python3"
echo "Offstage needs Python 3.11, and there is none on PATH (found: $found).
Install it, for example with one of
    apt install python3.11 python3.11-venv      (Debian, Ubuntu)
    brew install python@3.11                    (macOS)
    uv python install 3.11  or  pyenv install 3.11
or name the one you have:  PYTHON=/path/to/python3.11 make demo" >&2
exit 1
