"""The app as the Functions host sees it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lifecycle.inputs import UNDERSTOOD

ROOT = Path(__file__).parents[1]
ENVIRON = {
    "PATH": os.environ["PATH"],
    "OKTA_ORG_URL": "https://contoso.okta.com",
    "OKTA_API_TOKEN": "token",
    "OKTA_HOOK_SECRET": "a-secret-of-the-event-hook",
    "TABLES_CONNECTION": "UseDevelopmentStorage=true",
}
# What the worker accepts. It refuses most generic annotations of a parameter (`dict[str, Any]`, `X | None`), and then
# loads no function of the app at all.
ANNOTATIONS = {
    "httpTrigger": {
        "req": "<class 'azure.functions._http.HttpRequest'>",
        "return": "<class 'azure.functions._http.HttpResponse'>",
    },
    "timerTrigger": {"timer": "<class 'azure.functions._abc.TimerRequest'>", "return": "<class 'NoneType'>"},
    "activityTrigger": {"call": "<class 'dict'>", "return": "<class 'dict'>"},
    "orchestrationTrigger": {
        "context": "<class 'azure.functions._durable_functions.OrchestrationContext'>",
        "return": "<class 'str'>",
    },
}
WITH_CLIENT = {"client": "<class 'str'>"}  # which the SDK's decorator makes of whatever stands there
REGISTERED = """
import function_app, inspect, json, typing
found = {}
for function in function_app.app.get_functions():
    called = function.get_user_function()
    parameters = inspect.signature(called).parameters.values()
    found[function.get_function_name()] = {
        "trigger": function.get_trigger().type,
        "bindings": [binding.type for binding in function.get_bindings()],
        "annotations": {name: repr(hint) for name, hint in typing.get_type_hints(called).items()},
        "parameters": [each.name for each in parameters],
        "odd": [str(p) for p in parameters if p.kind != p.POSITIONAL_OR_KEYWORD or p.default != p.empty],
    }
print(json.dumps(found))
"""


def run_python(code: str, environ: dict[str, str] = ENVIRON) -> subprocess.CompletedProcess[str]:
    """A process of its own, since what it has imported is the question."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def registered() -> dict[str, dict[str, Any]]:
    """Every function of the app by its name, as the worker sees it."""
    ran = run_python(REGISTERED)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, dict[str, Any]] = json.loads(ran.stdout)
    return found


def test_app_loads_no_vendor_sdk_so_that_a_cold_start_leaves_okta_its_three_seconds() -> None:
    code = "import function_app, json, sys; print(json.dumps(sorted(sys.modules)))"

    loaded = set(json.loads(run_python(code).stdout))

    assert not {name for name in loaded if name.partition(".")[0] in ("okta", "msgraph", "kiota_abstractions")}
    assert "azure.identity" not in loaded


def test_names_that_others_rely_on_are_registered(registered: dict[str, dict[str, Any]]) -> None:
    triggers = {name: function["trigger"] for name, function in registered.items()}

    assert triggers["okta_event_hook"] == "httpTrigger"
    assert {name for name, kind in triggers.items() if kind == "orchestrationTrigger"} >= {
        "staged_deactivation",
        "activation",
        "store_licenses",
        "clear_licenses",
    }
    assert {name for name, kind in triggers.items() if kind == "timerTrigger"} >= {"refresh_license_catalog"}


def test_every_flow_that_has_an_input_is_registered_under_its_name(registered: dict[str, dict[str, Any]]) -> None:
    orchestrators = {name for name, each in registered.items() if each["trigger"] == "orchestrationTrigger"}

    assert orchestrators == {str(flow) for flow in UNDERSTOOD}


def test_every_function_is_annotated_as_the_worker_accepts_it(registered: dict[str, dict[str, Any]]) -> None:
    for name, function in registered.items():
        client = WITH_CLIENT if "durableClient" in function["bindings"] else {}
        assert function["annotations"] == ANNOTATIONS[function["trigger"]] | client, name
        assert {*function["parameters"], "return"} == set(function["annotations"]), name
        assert function["odd"] == [], name


def test_wrong_settings_end_the_start_with_every_fault_named() -> None:
    environ = {"PATH": os.environ["PATH"], "DELAY_INTERVAL_TYPE": "fortnight", "OKTA_HOOK_SECRET": "short"}

    failed = run_python("import function_app", environ)

    assert failed.returncode != 0
    for name in ("OKTA_ORG_URL", "OKTA_API_TOKEN", "OKTA_HOOK_SECRET", "DELAY_INTERVAL_TYPE", "TABLES_CONNECTION"):
        assert name in failed.stderr
    assert "short" not in failed.stderr.replace("shorter", "")
