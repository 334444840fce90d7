"""The command line as a whole: `offstage <command>`, or `python -m local admin <command>`."""

import sys
from typing import NoReturn

import typer

from local.admin.audit import audit
from local.admin.doctor import doctor
from local.admin.flowpack import import_flowpack
from local.admin.hook import hook
from local.admin.licenses import licenses
from local.admin.mails import mails
from local.admin.members import members
from local.admin.preview import preview
from local.admin.reconcile import reconcile

HELP = """Offstage for administrators.

The commands reach the running app by its address (--url, or OFFSTAGE_URL) and a function key (OFFSTAGE_KEY, or
--key-file). Exit codes: 0 all is well, 1 something failed or was found wrong, 2 wrong use.
"""

app = typer.Typer(
    name="offstage", help=HELP, no_args_is_help=True, pretty_exceptions_show_locals=False, rich_markup_mode=None
)
app.command()(doctor)
app.add_typer(hook, name="hook")
app.add_typer(members, name="members")
app.add_typer(licenses, name="licenses")
app.command()(reconcile)
app.command()(preview)
app.add_typer(audit, name="audit")
app.add_typer(mails, name="mails")
app.command("import-flowpack")(import_flowpack)


def main(arguments: list[str], name: str = "offstage") -> NoReturn:
    app(arguments, prog_name=name)
    sys.exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
