"""The document has every route for operators, no more and no less; what they answer: tests/stories/test_openapi.py."""

import json
from collections.abc import Iterator
from typing import Any

from tests.test_function_app import run_python
from triggers.openapi import document

# Not for operators with a function key: Okta's hook, the probe, and the pages.
NOT_IN_IT = {"okta/events", "health"}
PAGES = "dashboard"


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
        if route.partition("/{")[0] not in NOT_IN_IT and not route.startswith(PAGES)
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
