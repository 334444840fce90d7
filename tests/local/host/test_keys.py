"""With LOCAL_HOST_KEY set, this host asks for a key wherever the real one does, and nowhere else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.host.status import required_query
from tests.local.host.running import SAMPLE_APP, RunningHost
from tests.local.host.test_cli import app_folder

KEY = "a key / with & in it"
INSTANCES = "/runtime/webhooks/durabletask/instances"
APP = """
import azure.durable_functions as df
import azure.functions as func

app = df.DFApp()

@app.route("open", auth_level=func.AuthLevel.ANONYMOUS)
def open_to_all(req: func.HttpRequest) -> str:
    return "open"

@app.route("keyed")
def keyed(req: func.HttpRequest) -> str:
    return "keyed"

@app.route("admin", auth_level=func.AuthLevel.ADMIN)
def for_admins(req: func.HttpRequest) -> str:
    return "admin"

@app.orchestration_trigger(context_name="context")
def waiter(context):
    yield context.wait_for_external_event("go")

@app.route("start")
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client) -> func.HttpResponse:
    return client.create_check_status_response(req, await client.start_new("waiter", "one"))
"""
KEYED = [
    ("GET", "/api/keyed"),
    ("GET", "/api/admin"),
    ("POST", "/api/start"),
    ("GET", INSTANCES),
    ("GET", f"{INSTANCES}/one"),
    ("DELETE", f"{INSTANCES}/one"),
    ("POST", f"{INSTANCES}/one/terminate"),
    ("POST", "/runtime/webhooks/durabletask/orchestrators/waiter"),
    ("GET", "/admin/clock"),
    ("POST", "/admin/clock"),
    ("GET", "/admin/quiet"),
    ("GET", "/admin/host/status"),
    ("POST", "/admin/functions/nothing"),
]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    folder = tmp_path_factory.mktemp("keys")
    started = RunningHost(app_folder(folder / "app", APP), folder / "hub", {"LOCAL_HOST_KEY": KEY})
    yield started
    started.stop()


@pytest.mark.parametrize(("method", "path"), KEYED)
def test_no_key_or_a_wrong_one_is_an_empty_401(host: RunningHost, method: str, path: str) -> None:
    refused = [
        host.http.request(method, path),
        host.http.request(method, path, params={"code": KEY + "x"}),
        host.http.request(method, path, headers={"x-functions-key": KEY[:-1]}),
        host.http.request(method, path, headers=[(b"x-functions-key", b"\xff\xfe")]),
    ]

    assert [(answer.status_code, answer.content) for answer in refused] == [(401, b"")] * 4


@pytest.mark.parametrize(("method", "path"), KEYED)
def test_the_key_opens_as_header_and_as_parameter(host: RunningHost, method: str, path: str) -> None:
    by_header = host.http.request(method, path, headers={"x-functions-key": KEY})
    by_parameter = host.http.request(method, path, params={"code": KEY})

    assert 401 not in (by_header.status_code, by_parameter.status_code)


def test_a_wrong_header_is_not_mended_by_a_right_parameter(host: RunningHost) -> None:
    answer = host.http.get("/api/keyed", params={"code": KEY}, headers={"x-functions-key": "wrong"})

    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/api/open", "/", "/durabletask/instances"])
def test_what_the_real_host_leaves_open_stays_open(host: RunningHost, path: str) -> None:
    assert host.http.get(path).status_code == 200


@pytest.mark.parametrize("path", ["//admin/clock", "/%61dmin/clock", "/ADMIN/clock", "/admin/../admin/clock"])
def test_another_spelling_of_the_path_is_no_way_around_the_key(host: RunningHost, path: str) -> None:
    assert host.http.get(path).status_code in (401, 404)


def test_the_links_of_an_instance_carry_the_key(host: RunningHost) -> None:
    links = host.http.post("/api/start", headers={"x-functions-key": KEY}).json()

    assert host.http.get(links["statusQueryGetUri"]).json()["instanceId"] == "one"
    assert host.http.post(links["terminatePostUri"].format(text="enough")).status_code == 202


def test_without_the_setting_nobody_is_asked(sample: RunningHost) -> None:
    assert sample.http.get("/admin/clock").status_code == 200
    assert required_query("Hub") == "taskHub=Hub&connection=Storage&code=local"


def test_a_blank_key_is_no_key(tmp_path: Path) -> None:
    host = RunningHost(SAMPLE_APP, tmp_path / "hub", {"LOCAL_HOST_KEY": " ", "TRACE_FILE": str(tmp_path / "trace")})

    assert host.http.get("/admin/clock").status_code == 200
    assert host.stop() == 0
