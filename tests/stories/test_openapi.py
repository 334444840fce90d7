"""The routes for operators answer as the document says, whatever schemathesis asks them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.paths import ROOT
from local.stand_in.sample_people import MANAGED_GROUP_NAME, PEOPLE
from tests.stories.conftest import SETTINGS, RunningStack
from triggers.openapi import document

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """Of its own, since everything is stored, cleared and mended in it; in a dry run."""
    with RunningStack(tmp_path_factory.mktemp("openapi"), {**SETTINGS, "DRY_RUN": "true"}) as started:
        yield started


def prepare(address: str, okta_url: str) -> None:
    """A catalog, somebody in the grace period, and somebody whose leave came to nothing."""
    leaver, stayer = PEOPLE[:2]
    change = {"group": MANAGED_GROUP_NAME, "user": leaver.okta_user_id, "action": "remove", "quiet": True}
    with httpx.Client(timeout=30) as http:
        http.post(f"{okta_url}/control/memberships", json=[change]).raise_for_status()
        for path in (f"members/{leaver.login}/deactivate", f"members/{stayer.login}/deactivate", "licenses/store"):
            assert http.post(f"{address}/api/{path}").status_code == 202
        http.get(f"{address}/admin/quiet", params={"timeout": 20}).raise_for_status()
        http.post(f"{address}/admin/clock", json={"advance": 120}).raise_for_status()  # Okta is asked a second time
        http.get(f"{address}/admin/quiet", params={"timeout": 20}).raise_for_status()
        page, catalog = [http.get(f"{address}/api/{path}").json() for path in ("members", "licenses")]
    assert [person["phase"] for person in page["members"]] == ["grace_period", "not_current"]
    assert catalog["licenses"]


def test_answers_are_as_the_document_says_whatever_is_asked(own_stack: RunningStack, tmp_path: Path) -> None:
    prepare(own_stack.host_url, own_stack.okta_url)
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{own_stack.host_url}/api/openapi.json"]
    bounds = {"--phases": "examples,coverage,fuzzing", "--max-examples": "8", "--max-time": "12", "--seed": "4"}
    options = [word for option in {**bounds, "--checks": ",".join(CHECKS)}.items() for word in option]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": "tests.stories.schemathesis_hooks"}

    done = subprocess.run(
        [*command, *options, "--no-color"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    operations = sum(len(methods) for methods in document()["paths"].values())
    tested = operations - 1  # not the route that it reads the document from
    assert f"Tested: {tested}\n" in done.stdout
