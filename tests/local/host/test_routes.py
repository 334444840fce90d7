"""HTTP route templates match as ASP.NET Core's do."""

import pytest

from local.host.host_settings import StartError
from local.host.routes import compile_route


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("api/items", "/api/items", {}),
        ("api/items", "/API/Items/", {}),
        ("api/items", "/api/items/1", None),
        ("api/items/{id}", "/api/items/a%20b", {"id": "a b"}),
        ("api/items/{id}", "/api/items/", None),
        ("api/items/{id}", "/api/items/a/b", None),
        ("api/items/{id?}", "/api/items", {}),
        ("api/items/{id?}", "/api/items/7", {"id": "7"}),
        ("api/{a}/{b?}", "/api/x", {"a": "x"}),
        ("api/items/{id=5}", "/api/items", {"id": "5"}),
        ("api/items/{id:int}", "/api/items/-12", {"id": "-12"}),
        ("api/items/{id:int}", "/api/items/twelve", None),
        ("api/items/{id:int?}", "/api/items", {}),
        (
            "api/items/{id:guid}",
            "/api/items/6F9619FF-8B86-D011-B42D-00CF4FC964FF",
            {"id": "6F9619FF-8B86-D011-B42D-00CF4FC964FF"},
        ),
        ("api/items/{id:guid}", "/api/items/6f96", None),
        ("api/items/{name:alpha}", "/api/items/abc", {"name": "abc"}),
        ("api/items/{name:alpha}", "/api/items/ab1", None),
        ("api/items/{on:bool}", "/api/items/TRUE", {"on": "TRUE"}),
        ("api/items/{id:int:min(3)}", "/api/items/2", None),
        ("api/items/{id:int:min(3)}", "/api/items/3", {"id": "3"}),
        ("api/items/{id:range(1,9)}", "/api/items/10", None),
        ("api/items/{name:length(2,3)}", "/api/items/abcd", None),
        ("api/items/{name:minlength(2)}", "/api/items/ab", {"name": "ab"}),
        (
            r"api/items/{ssn:regex(^\\d{{3}}-\\d{{4}}$)}".replace("\\\\", "\\"),
            "/api/items/123-4567",
            {"ssn": "123-4567"},
        ),
        ("api/files/{name}.{ext}", "/api/files/a.b.txt", {"name": "a.b", "ext": "txt"}),
        ("api/files/{*rest}", "/api/files/a/b%2Fc", {"rest": "a/b/c"}),
        ("api/files/{*rest}", "/api/files", {}),
        ("api/{**rest}", "/api/x/y", {"rest": "x/y"}),
        ("", "/", {}),
        ("{*all}", "/anything/at/all", {"all": "anything/at/all"}),
    ],
)
def test_a_template_matches_and_gives_its_values(template: str, path: str, values: dict[str, str] | None) -> None:
    assert compile_route(template, ()).match("GET", path) == values


def test_a_route_is_only_for_its_methods() -> None:
    route = compile_route("api/items", ("GET", "POST"))

    assert route.match("get", "/api/items") == {}
    assert route.match("DELETE", "/api/items") is None


def test_the_more_special_route_comes_first() -> None:
    templates = ["a/{*rest}", "a/{x}", "a/{x:int}", "a/b", "a/{x}/c", "a/{x}.txt"]
    ordered = sorted((compile_route(template, ()) for template in templates), key=lambda route: route.order)

    assert [route.template for route in ordered] == ["a/b", "a/{x:int}", "a/{x}.txt", "a/{x}", "a/{x}/c", "a/{*rest}"]


@pytest.mark.parametrize("template", ["a/{x:colour}", "a/{x", "a/x}"])
def test_a_faulty_template_is_refused_with_its_text(template: str) -> None:
    with pytest.raises(StartError, match="the route 'a/"):
        compile_route(template, ())
