"""The app as the Functions host sees it."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENVIRON = {
    "PATH": os.environ["PATH"],
    "OKTA_ORG_URL": "https://contoso.okta.com",
    "OKTA_API_TOKEN": "token",
    "OKTA_HOOK_SECRET": "a-secret-of-the-event-hook",
    "TABLES_CONNECTION": "UseDevelopmentStorage=true",
}


def run_python(code: str, environ: dict[str, str] = ENVIRON) -> subprocess.CompletedProcess[str]:
    """A process of its own, since what it has imported is the question."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )


def test_app_loads_no_vendor_sdk_so_that_a_cold_start_leaves_okta_its_three_seconds() -> None:
    code = "import function_app, json, sys; print(json.dumps(sorted(sys.modules)))"

    loaded = set(json.loads(run_python(code).stdout))

    assert not {name for name in loaded if name.partition(".")[0] in ("okta", "msgraph", "kiota_abstractions")}
    assert "azure.identity" not in loaded


def test_names_that_others_rely_on_are_registered() -> None:
    code = (
        "import function_app, json;"
        "print(json.dumps({f.get_function_name(): f.get_trigger().type for f in function_app.app.get_functions()}))"
    )

    triggers = json.loads(run_python(code).stdout)

    assert triggers["okta_event_hook"] == "httpTrigger"
    assert {name for name, kind in triggers.items() if kind == "orchestrationTrigger"} >= {
        "staged_deactivation",
        "activation",
        "store_licenses",
        "clear_licenses",
    }
    assert {name for name, kind in triggers.items() if kind == "timerTrigger"} >= {"refresh_license_catalog"}


def test_wrong_settings_end_the_start_with_every_fault_named() -> None:
    environ = {"PATH": os.environ["PATH"], "DELAY_INTERVAL_TYPE": "fortnight", "OKTA_HOOK_SECRET": "short"}

    failed = run_python("import function_app", environ)

    assert failed.returncode != 0
    for name in ("OKTA_ORG_URL", "OKTA_API_TOKEN", "OKTA_HOOK_SECRET", "DELAY_INTERVAL_TYPE", "TABLES_CONNECTION"):
        assert name in failed.stderr
    assert "short" not in failed.stderr.replace("shorter", "")
