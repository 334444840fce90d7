"""`offstage reconcile`: the drift check, and what mends what it finds."""

from typing import Annotated

import typer

from lifecycle.drift_evidence import Kind
from local.admin.options import AsJson, KeyFile, Url
from local.admin.reach import App, read_key
from local.admin.runs import finish
from local.admin.shown import FAILED, failing_plainly, say, show_json, show_table


def reconcile(
    url: Url = None,
    key_file: KeyFile = None,
    apply: Annotated[bool, typer.Option("--apply", help="Start what mends the findings.")] = False,
    finding: Annotated[list[Kind] | None, typer.Option(help="Mend only this kind; may be given several times.")] = None,
    member: Annotated[
        list[str] | None, typer.Option(help="Mend only this person, by login or Okta id; may be given several times.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for its end.")] = True,
    as_json: AsJson = False,
) -> None:
    """Compare Okta, the tenant and the tables; with --apply, mend what differs. Ends with 1 if it could not finish."""
    with failing_plainly():
        app = App(url, read_key(key_file))
        body = {"apply": apply, "findings": [str(each) for each in finding or ()], "members": member or []}
        report = finish(app, app.post("members/reconcile", body), wait=wait, as_json=as_json)
    if report is None:
        return
    if as_json:
        show_json(report)
    else:
        rows = [(each["kind"], each["login"], each["finding"], each.get("not_started")) for each in report["findings"]]
        show_table(("kind", "login", "finding", "left alone"), rows)
        say(f"\n{report['counts']['findings']} findings" + (f"; {report['reason']}" if report["reason"] else ""))
    if report["reason"]:
        raise typer.Exit(FAILED)
