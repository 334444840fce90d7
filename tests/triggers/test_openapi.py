"""The document says what the routes do, no more and no less."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.paths import ROOT
from local.stand_in.sample_people import MANAGED_GROUP_NAME, PEOPLE
from tests.stories.conftest import SETTINGS, RunningStack
from tests.test_function_app import run_python
from triggers.openapi import document

# Not for operators with a function key: Okta's hook, the probe, and the page.
NOT_IN_IT = {"okta/events", "health", "dashboard"}
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def registered() -> dict[tuple[str, str], str]:
    """Method and path of every HTTP route of the app, with the name of its function."""
    code = """
import function_app, json
found = [(f.get_function_name(), f.get_trigger()) for f in function_app.app.get_functions()]
routes = [(t.route, [m.value for m in t.methods], name) for name, t in found if t.type == "httpTrigger"]
print(json.dumps(routes))
"""
    routes = json.loads(run_python(code).stdout)
    return {
        (method.lower(), f"/{route}"): name
        for route, methods, name in routes
        if route.partition("/{")[0] not in NOT_IN_IT
        for method in methods
    }


def test_every_route_for_operators_is_in_the_document_and_nothing_else() -> None:
    assert {(method, path): operation["operationId"] for method, path, operation in operations()} == registered()


def test_every_operation_says_what_comes_without_a_key_and_what_it_answers() -> None:
    for method, path, operation in operations():
        assert "401" in operation["responses"], (method, path)
        assert {"200", "202"} & set(operation["responses"]), (method, path)
        assert operation["summary"]


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(document())

    for part in text.split('"$ref": "#/components/schemas/')[1:]:
        assert part.partition('"')[0] in document()["components"]["schemas"]


def test_what_the_requests_are_validated_with_is_what_the_document_shows() -> None:
    schemas = document()["components"]["schemas"]

    assert schemas["ExtendRequest"]["required"] == ["until"]
    assert schemas["ExtendRequest"]["properties"]["until"]["format"] == "date-time"
    assert schemas["NoArguments"]["additionalProperties"] is False
    top = document()["paths"]["/members"]["get"]["parameters"][1]["schema"]
    assert (top["minimum"], top["maximum"]) == (1, 1000)


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
        page, catalog = [http.get(f"{address}/api/{path}").json() for path in ("members", "licenses")]
    assert [person["phase"] for person in page["members"]] == ["grace_period", "not_current"]
    assert catalog["licenses"]


def test_answers_are_as_the_document_says_whatever_is_asked(own_stack: RunningStack, tmp_path: Path) -> None:
    prepare(own_stack.host_url, own_stack.okta_url)
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{own_stack.host_url}/api/openapi.json"]
    bounds = {"--phases": "examples,coverage,fuzzing", "--max-examples": "30", "--max-time": "8", "--seed": "4"}
    options = [word for option in {**bounds, "--checks": ",".join(CHECKS)}.items() for word in option]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": "tests.triggers.schemathesis_hooks"}

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
    tested = len(list(operations())) - 1  # not the route that it reads the document from
    assert f"Tested: {tested}\n" in done.stdout
