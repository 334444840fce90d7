"""What `python -m local import-flowpack` finds in a pack, shows, and writes; and what it says of other files."""

import argparse
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.flowpack import cli
from settings import read_settings

SAMPLE = Path(__file__).with_name("sample.flopack")
GROUP = "Contoso Microsoft 365"
E3 = "05e9a617-0261-4cee-bb44-138d3ef5d965"
CSV = f"Microsoft License SKU,Microsoft License Name,RowNumber,Okta Group Name\n{E3},SPE_E3,1,{GROUP}\n"
ENVIRON = {
    "OKTA_API_TOKEN": "token",
    "OKTA_HOOK_SECRET": "a-secret-of-the-event-hook",
    "TABLES_CONNECTION": "UseDevelopmentStorage=true",
}
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def own_settings(tmp_path: Path) -> Path:
    path = tmp_path / "local.settings.json"
    values = {"OKTA_ORG_URL": "https://contoso.okta.com", "DELAY_INTEGER": "1", "NOTE": "größer"}
    path.write_text(json.dumps({"IsEncrypted": False, "Values": values, "Host": {"CORS": "*"}}), "utf-8")
    return path


def run(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    return cli.run(parser.parse_args([str(argument) for argument in arguments]))


def changed(tmp_path: Path, change: Change) -> Path:
    """The sample with one thing about it changed."""
    pack = json.loads(SAMPLE.read_text())
    change(pack)
    path = tmp_path / "changed.flopack"
    path.write_text(json.dumps(pack))
    return path


def cards(pack: dict[str, Any]) -> list[dict[str, Any]]:
    loop = pack["data"]["flos"]["flow-leave"]["data"]["methods"][1]
    found: list[dict[str, Any]] = loop["node"]["model"]["inputs"]["data"]["f-6"]["value"]["data"]["methods"]
    return found


def assign(pack: dict[str, Any], key: str, value: object) -> None:
    for card in cards(pack):
        for field in card["node"]["model"]["inputs"]["data"].values():
            if field["key"] == key:
                field["value"]["data"] = value


def add_flow(pack: dict[str, Any], name: str, **values: object) -> None:
    """A second copy of the flow, as orgs make them for a second group."""
    copy = json.loads(json.dumps(pack))
    for key, value in values.items():
        assign(copy, key.replace("_", " "), value)
    pack["data"]["flos"][name] = copy["data"]["flos"]["flow-leave"] | {"name": name}


def test_settings_are_shown_with_the_place_they_stood_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(SAMPLE) == 0

    shown = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "OFFICE_GROUP Contoso Microsoft 365 from 'Office Group' in the flow 'Staged Deactivation'" in shown
    assert "DELAY_INTEGER 2 from 'Delay Integer' in the flow 'Staged Deactivation'" in shown
    assert "DELAY_INTERVAL_TYPE week from 'Delay Interval Type' in the flow 'Staged Deactivation'" in shown


def test_pack_without_rows_says_where_to_get_them(capsys: pytest.CaptureFixture[str]) -> None:
    run(SAMPLE)

    assert "'Contoso Licenses' without rows" in (out := capsys.readouterr().out)
    assert "--csv FILE" in out


@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_rows_of_a_csv_export_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str], bom: str) -> None:
    (export := tmp_path / "export.csv").write_text(bom + CSV, "utf-8")

    assert run(SAMPLE, "--csv", export) == 0

    assert "1 row to take over" in (out := capsys.readouterr().out)
    assert f"{GROUP}  {E3}  SPE_E3" in " ".join(out.splitlines())


def test_csv_export_beside_the_pack_is_found_by_the_name_of_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Contoso Licenses.csv").write_text(CSV)

    run(changed(tmp_path, lambda pack: None))

    assert E3 in capsys.readouterr().out


def test_csv_of_the_catalog_itself_is_read_as_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (export := tmp_path / "licenses.csv").write_text(
        "MicrosoftLicenseSku,MicrosoftLicenseName,RowNumber,OktaGroupName,Assign\n"
        f"{E3},Microsoft 365 E3,1,{GROUP},True\n"
    )

    run(SAMPLE, "--csv", export)

    assert "Microsoft 365 E3" in capsys.readouterr().out


def test_rows_inside_the_pack_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"Microsoft License SKU": E3, "Microsoft License Name": "SPE_E3", "Okta Group Name": GROUP, "RowNumber": 1}

    run(changed(tmp_path, lambda pack: pack["data"]["tables"]["table-licenses"]["data"].update(rows=[row])))

    assert f"{E3}  SPE_E3" in capsys.readouterr().out


def test_settings_are_merged_and_everything_else_stays(own_settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own_settings.chmod(0o600)

    assert run(SAMPLE, "--write", own_settings) == 0

    whole = json.loads(own_settings.read_text("utf-8"))
    assert whole == {
        "IsEncrypted": False,
        "Values": {
            "OKTA_ORG_URL": "https://contoso.okta.com",
            "DELAY_INTEGER": "2",
            "NOTE": "größer",
            "OFFICE_GROUP": GROUP,
            "DELAY_INTERVAL_TYPE": "week",
        },
        "Host": {"CORS": "*"},
    }
    assert stat.S_IMODE(own_settings.stat().st_mode) == 0o600
    assert "DELAY_INTEGER: '2', was '1'" in capsys.readouterr().out
    assert os.listdir(own_settings.parent) == [own_settings.name]


def test_written_settings_are_ones_the_app_accepts(own_settings: Path, tmp_path: Path) -> None:
    def two_groups(pack: dict[str, Any]) -> None:
        assign(pack, "Office Group", "[Contoso], a group")
        add_flow(pack, "For Sales", Office_Group="Sales")

    run(changed(tmp_path, two_groups), "--write", own_settings)

    settings = read_settings(ENVIRON | json.loads(own_settings.read_text("utf-8"))["Values"])
    assert settings.office_group == ("[Contoso], a group", "Sales")
    assert (settings.delay.integer, settings.delay.interval_type) == (2, "week")


def test_nothing_is_written_without_being_asked(own_settings: Path) -> None:
    before = own_settings.read_bytes()

    run(SAMPLE)

    assert own_settings.read_bytes() == before


def test_failed_write_leaves_the_file_as_it_was(
    own_settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = own_settings.read_bytes()

    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)

    assert run(SAMPLE, "--write", own_settings) == 1
    assert own_settings.read_bytes() == before
    assert os.listdir(own_settings.parent) == [own_settings.name]
    assert "cannot be written: No space left on device" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "cannot be read"),
        ("not json", "is not JSON"),
        ("[]", "has no `Values`"),
        ('{"Values": []}', "has no `Values`"),
        ('{"IsEncrypted": true, "Values": {}}', "func settings decrypt"),
    ],
)
def test_settings_file_that_cannot_be_merged_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, reason: str
) -> None:
    path = tmp_path / "local.settings.json"
    if text is not None:
        path.write_text(text)

    assert run(SAMPLE, "--write", path) == 1
    assert reason in capsys.readouterr().err


def test_groups_named_elsewhere_in_the_pack_are_pointed_out_and_not_taken_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def store_for_another(pack: dict[str, Any]) -> None:
        [card] = pack["data"]["flos"]["flow-store"]["data"]["methods"]
        card["node"]["model"]["inputs"]["data"]["f-7"]["value"]["data"] = "Everyone"

    run(changed(tmp_path, store_for_another))

    out = capsys.readouterr().out
    assert "Note: 'DefaultOktaGroup' in the flow 'Store all Microsoft License' names another group, 'Everyone'" in out
    assert "Filled when the flow runs" not in out


@pytest.mark.parametrize("number", [2.0, "2", " 2 "])
def test_number_is_read_however_the_pack_holds_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], number: object
) -> None:
    assert run(changed(tmp_path, lambda pack: assign(pack, "Delay Integer", number))) == 0
    assert "DELAY_INTEGER        2 " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda pack: pack.update(type="folder"), '"type": "flopack"'),
        (lambda pack: pack.pop("data"), "`data.flos`"),
        (lambda pack: pack["data"].pop("flos"), "`data.flos`"),
        (lambda pack: pack["data"].update(flos=[]), "`data.flos`"),
        (lambda pack: pack["data"].pop("tables"), "`data.tables`"),
        (lambda pack: pack["data"]["tables"].pop("table-licenses"), "columns Microsoft License SKU"),
        (lambda pack: pack["data"]["flos"].pop("flow-leave"), "'Office Group' and 'Delay Integer' and 'Delay Interval"),
        (lambda pack: assign(pack, "Delay Integer", None), "a value for 'Delay Integer';"),
        (lambda pack: assign(pack, "Delay Interval Type", "fortnight"), "2 fortnight, and the app takes one of second"),
        (lambda pack: assign(pack, "Delay Integer", 2.5), "the app takes a whole number"),
        (lambda pack: add_flow(pack, "Copy", Delay_Integer=9), "2 in the flow 'Staged Deactivation'; 9 in the flow"),
        (lambda pack: cards(pack)[1].pop("node"), "an Assign card in the flow 'Staged Deactivation' has no fields"),
    ],
)
def test_what_is_not_such_a_pack_is_refused_by_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Change, reason: str
) -> None:
    path = changed(tmp_path, change)

    assert run(path) == 1
    assert f"{path}: " in (err := capsys.readouterr().err)
    assert reason in err


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\xff\xfe", b"null", b"[" * 100_000])
def test_file_of_another_kind_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    (path := tmp_path / "other.flopack").write_bytes(content)

    assert run(path) == 1
    assert str(path) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"a,b\n1,2\n", "does not name the columns Microsoft License SKU"), (b"", "columns"), (b"\xff\xfe\x00", "UTF-8")],
)
def test_csv_that_is_no_export_of_the_table_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, reason: str
) -> None:
    (path := tmp_path / "export.csv").write_bytes(content)

    assert run(SAMPLE, "--csv", path) == 1
    assert reason in capsys.readouterr().err


@pytest.mark.skipif("OFFSTAGE_FLOWPACK" not in os.environ, reason="OFFSTAGE_FLOWPACK names no genuine flow pack")
def test_genuine_flow_pack_is_read_as_its_setup_cards_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(os.environ["OFFSTAGE_FLOWPACK"]) == 0

    shown = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert [line.partition(" from ")[0] for line in shown if " from " in line] == [
        "OFFICE_GROUP Office 365 Assignments",
        "DELAY_INTEGER 30",
        "DELAY_INTERVAL_TYPE day",
    ]
    assert any("'Office 365 Licenses' without rows" in line for line in shown)
