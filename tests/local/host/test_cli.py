"""How the host starts, what it says when it cannot, and how it ends."""

import socket
from pathlib import Path

import pytest

from local.host.host_settings import StartError
from local.host.loading import load_app
from tests.local.host.running import SAMPLE_APP, RunningHost, run_to_end

HOST_JSON = '{"version": "2.0"}'


def app_folder(folder: Path, code: str | None, host_json: str | None = HOST_JSON) -> Path:
    folder.mkdir()
    if code is not None:
        (folder / "function_app.py").write_text(code)
    if host_json is not None:
        (folder / "host.json").write_text(host_json)
    return folder


def test_the_functions_are_listed_before_the_address(sample: RunningHost) -> None:
    text = "\n".join(sample.out)

    assert f"http_start: [POST] {sample.base}/api/orchestrators/{{functionName}}" in text
    assert f"echo: [any method] {sample.base}/api/echo/{{number:int}}/{{word?}}" in text
    assert "heartbeat: timer 0 0 */6 * * *" in text
    assert "hello_cities: orchestrator" in text
    assert "say_hello: activity" in text
    assert sample.out[-1] == f"Host is listening on {sample.base}"


def test_each_execution_is_one_line_without_inputs_and_outputs(sample: RunningHost) -> None:
    sample.start("hello_chain", "logged", ["Atlantis"])
    sample.quiet()

    assert sample.logged("activity say_hello (logged #0) Succeeded in")
    assert sample.logged("orchestrator hello_chain (logged)")
    assert not any("Atlantis" in line for line in sample.err)


def test_the_apps_own_logging_is_seen(sample: RunningHost) -> None:
    sample.http.post("/admin/functions/heartbeat", json={"input": ""})
    sample.quiet()

    assert sample.logged("the heart beats")


@pytest.mark.parametrize(
    ("code", "host_json", "words"),
    [
        (None, HOST_JSON, "there is no function_app.py in"),
        ("", None, "there is no host.json in"),
        ("", "{", "host.json is not JSON"),
    ],
)
def test_a_folder_that_is_no_app_is_refused(
    tmp_path: Path, code: str | None, host_json: str | None, words: str
) -> None:
    with pytest.raises(StartError, match=words):
        load_app(app_folder(tmp_path / "app", code, host_json))


def test_a_refusal_is_one_line(tmp_path: Path) -> None:
    refused = run_to_end(app_folder(tmp_path / "app", ""), tmp_path / "hub")

    assert refused.returncode == 2
    assert "must hold exactly one FunctionApp or DFApp at its top; found: none" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_an_app_that_cannot_be_imported_shows_its_own_error(tmp_path: Path) -> None:
    refused = run_to_end(app_folder(tmp_path / "app", "import no_such_module_anywhere"), tmp_path / "hub")

    assert refused.returncode == 1
    assert "ModuleNotFoundError: No module named 'no_such_module_anywhere'" in refused.stderr
    assert refused.stderr.strip().endswith("error: the app could not be loaded; its own error is above")


def test_a_port_in_use_is_said_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = run_to_end(SAMPLE_APP, tmp_path / "hub", "--port", port)

    assert refused.returncode == 2
    assert f"cannot listen on port {port}" in refused.stderr
    assert "give another --port" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_hub_in_use_is_said_with_the_process_that_has_it(tmp_path: Path) -> None:
    first = RunningHost(SAMPLE_APP, tmp_path / "hub")
    refused = run_to_end(SAMPLE_APP, tmp_path / "hub")
    code = first.stop()

    assert refused.returncode == 2
    assert f"another host (process {first.process.pid}) already uses" in refused.stderr
    assert code == 0


def test_a_stop_does_not_wait_for_a_function_that_blocks(tmp_path: Path) -> None:
    running = RunningHost(SAMPLE_APP, tmp_path / "hub")
    running.start("holding", "endless", str(tmp_path / "never"))
    running.http.get("/admin/quiet", params={"timeout": 0.1})

    assert running.stop() == 0
