"""What loading the clients costs: a cold start must leave Okta's three seconds alone."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def loaded_by(*modules: str) -> set[str]:
    code = f"import sys, {', '.join(modules)}; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_records_and_errors_load_no_vendor_package() -> None:
    packages = {name.partition(".")[0] for name in loaded_by("clients.records", "clients.errors")}

    assert not packages & {"okta", "msgraph", "azure", "aiohttp", "httpx", "pydantic"}


def test_tables_load_neither_okta_nor_graph_nor_identity() -> None:
    loaded = loaded_by("clients.tables")

    assert not loaded & {"okta", "msgraph", "azure.identity"}


def test_of_oktas_sdk_only_the_apis_in_use_are_loaded() -> None:
    apis = {name for name in loaded_by("clients.okta") if name.startswith("okta.api.")}

    assert apis == {f"okta.api.{name}_api" for name in ("user", "user_resources", "group", "system_log")}


def test_graph_does_without_the_model_that_drags_in_a_thousand_others() -> None:
    models = {name for name in loaded_by("clients.graph") if name.startswith("msgraph.generated.models.")}

    assert len(models) < 100
