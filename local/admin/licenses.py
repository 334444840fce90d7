"""`offstage licenses …`: the license catalog."""

from typing import Annotated

import typer

from local.admin.options import AsJson, KeyFile, Url
from local.admin.reach import App, read_key, segment
from local.admin.runs import finish
from local.admin.shown import failing_plainly, say, show_json, show_table

licenses = typer.Typer(no_args_is_help=True, help="The license catalog: which licenses go with which group.")

Group = Annotated[str | None, typer.Option(help="The id or the name of a group; all of them when left out.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for its end.")]


@licenses.command("list")
def list_licenses(url: Url = None, key_file: KeyFile = None, group: Group = None, as_json: AsJson = False) -> None:
    """Show the catalog."""
    with failing_plainly():
        found = App(url, read_key(key_file)).get("licenses", group=group)["licenses"]
    if as_json:
        show_json(found)
        return
    rows = [
        (
            each["group_name"],
            each["name"],
            each["sku_part_number"],
            "given" if each["assign"] else "",
            f"{each['consumed_units']} of {each['enabled_units']}",
        )
        for each in found
    ]
    show_table(("group", "license", "SKU", "newcomers", "seats used"), rows)


@licenses.command()
def store(
    url: Url = None,
    key_file: KeyFile = None,
    group: Group = None,
    clear_first: Annotated[bool, typer.Option("--clear-first", help="Forget first what was chosen.")] = False,
    wait: Wait = True,
    as_json: AsJson = False,
) -> None:
    """Store the tenant's licenses in the catalog."""
    with failing_plainly():
        app = App(url, read_key(key_file))
        body = {"clear_first": clear_first} | ({"group": group} if group else {})
        output = finish(app, app.post("licenses/store", body), wait=wait, as_json=as_json)
    _told(output, as_json=as_json)


@licenses.command()
def assign(
    group: Annotated[str, typer.Argument(help="The id or the name of a group.")],
    sku_id: Annotated[str, typer.Argument(help="The id of a SKU, as `offstage licenses list --json` has it.")],
    url: Url = None,
    key_file: KeyFile = None,
    given: Annotated[bool, typer.Option("--on/--off", help="Whether newcomers to the group are given it.")] = True,
    as_json: AsJson = False,
) -> None:
    """Choose whether newcomers to a group are given a license."""
    with failing_plainly():
        path = f"licenses/{segment(group)}/{segment(sku_id)}"
        found = App(url, read_key(key_file)).ask("PATCH", path, body={"assign": given})
    if as_json:
        show_json(found)
    else:
        given_or_not = "given it" if found["assign"] else "not given it"
        say(f"{found['name']}: newcomers to {found['group_name']} are {given_or_not}.")


@licenses.command()
def clear(
    url: Url = None,
    key_file: KeyFile = None,
    group: Group = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    wait: Wait = True,
    as_json: AsJson = False,
) -> None:
    """Empty the catalog, for one group or all. What was chosen is forgotten."""
    if not yes:
        typer.confirm(f"Empty the license catalog of {group or 'all groups'}?", abort=True)
    with failing_plainly():
        app = App(url, read_key(key_file))
        accepted = app.ask("DELETE", "licenses", query={"group": group})
        output = finish(app, accepted, wait=wait, as_json=as_json)
    _told(output, as_json=as_json)


def _told(output: object, *, as_json: bool) -> None:
    if output is None:
        return
    if as_json:
        show_json(output)
    elif isinstance(output, dict):
        for name, value in output.items():
            say(f"{name}: {value}")
