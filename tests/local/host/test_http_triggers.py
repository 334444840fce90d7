"""HTTP triggers: requests and responses as the real host converts them, and answers that nothing holds up."""

import threading
from pathlib import Path

import pytest

from tests.local.host.running import RunningHost


def test_a_request_arrives_whole(sample: RunningHost) -> None:
    answer = sample.http.post("/api/ECHO/-12/a%20b?x=1&y=&x=2", content="höllo".encode(), headers={"x-MINE": "one"})

    seen = answer.json()
    assert answer.status_code == 201
    assert answer.headers["X-Answer"] == "yes"
    assert answer.headers["Set-Cookie"] == "a=b; Path=/"
    assert answer.headers["content-type"] == "application/json"
    assert seen == {
        "url": f"{sample.base}/api/ECHO/-12/a%20b?x=1&y=&x=2",
        "method": "POST",
        "params": {"x": "1,2"},
        "route": {"number": "-12", "word": "a b"},
        "body": "höllo",
        "header": "one",
        "function": "echo",
    }


def test_an_absent_optional_route_value_is_left_out(sample: RunningHost) -> None:
    assert sample.http.get("/api/echo/5").json()["route"] == {"number": "5"}


@pytest.mark.parametrize("path", ["/api/echo/word", "/api/nothing", "/echo/5", "/api"])
def test_an_unknown_path_is_an_empty_404(sample: RunningHost, path: str) -> None:
    answer = sample.http.get(path)

    assert (answer.status_code, answer.content) == (404, b"")


def test_a_method_that_is_not_listed_is_404(sample: RunningHost) -> None:
    assert sample.http.get("/api/orchestrators/hello_cities").status_code == 404


def test_an_exception_is_an_empty_500_and_its_text_is_on_the_hosts_log(sample: RunningHost) -> None:
    answer = sample.http.get("/api/broken")

    assert (answer.status_code, answer.content) == (500, b"")
    assert sample.logged("this function always fails")


@pytest.mark.parametrize(
    ("kind", "code", "content", "media"),
    [
        ("text", 200, b"plain text", "text/plain; charset=utf-8"),
        ("sniffed", 418, b'{"short": true}', None),
        ("html", 200, b"<p>hi</p>", "text/html; charset=utf-8"),
        ("bytes", 200, b"\x00\x01", "application/octet-stream"),
        ("empty", 204, b"", None),
        ("none", 500, b"", None),
        ("dict", 500, b"", None),
        ("SPECIAL", 200, b"the literal route", "text/plain; charset=utf-8"),
    ],
)
def test_a_return_value_becomes_the_answer(
    sample: RunningHost, kind: str, code: int, content: bytes, media: str | None
) -> None:
    answer = sample.http.get(f"/api/answers/{kind}")

    assert (answer.status_code, answer.content) == (code, content)
    assert media is None or answer.headers["content-type"] == media


def test_a_body_of_two_mebibytes_reaches_the_function(sample: RunningHost) -> None:
    body = "x" * (2 * 1024 * 1024)

    assert len(sample.http.post("/api/echo/1", content=body).json()["body"]) == len(body)


def test_a_starter_answers_with_links_that_work(sample: RunningHost) -> None:
    answer = sample.http.post("/api/orchestrators/hello_cities", params={"id": "linked"})
    sample.quiet()

    links = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (202, links["statusQueryGetUri"])
    assert links["id"] == "linked"
    assert sample.http.get(links["statusQueryGetUri"]).json()["runtimeStatus"] == "Completed"
    assert sample.http.post(links["terminatePostUri"].format(text="late")).status_code == 410
    assert sample.http.delete(links["purgeHistoryDeleteUri"]).json() == {"instancesDeleted": 1}


def test_a_function_can_call_the_host_back_while_it_runs(sample: RunningHost) -> None:
    sample.start("waiter", "called-back")
    sample.quiet()
    answer = sample.http.post("/api/raise/called-back", json={"by": "function"})
    sample.quiet()

    assert answer.status_code == 202
    assert sample.instance("called-back")["output"] == '{"by": "function"}'


def test_the_root_says_what_this_is(sample: RunningHost) -> None:
    assert "local Functions host" in sample.http.get("/").text


def test_blocking_orchestrators_and_activities_do_not_hold_up_the_management_api(
    sample: RunningHost, tmp_path: Path
) -> None:
    release = tmp_path / "release"
    for number in range(4):
        sample.start("blocking", f"blocking-{number}", str(release))
        sample.start("holding", f"holding-{number}", str(release))
    meanwhile = [sample.state("blocking-0") for _ in range(20)]
    release.touch()
    sample.quiet()

    assert "Completed" not in meanwhile
    assert {sample.state(f"{kind}-{number}") for kind in ("blocking", "holding") for number in range(4)} == {
        "Completed"
    }


def test_many_starts_at_once_of_one_id_start_it_once(sample: RunningHost) -> None:
    codes: list[int] = []

    def start() -> None:
        codes.append(sample.start("waiter", "one-of-many").status_code)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(codes) == [202] + [500] * 7
