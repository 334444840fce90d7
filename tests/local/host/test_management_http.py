"""The management API by plain HTTP: status codes, headers and bodies that pages and people rely on."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.local.host.running import RunningHost


def test_a_page_of_the_list_leads_to_the_next(sample: RunningHost) -> None:
    for number in range(5):
        sample.start("waiter", f"page-{number}")
    sample.quiet()
    seen: list[str] = []
    token = ""
    for _ in range(3):
        answer = sample.http.get(
            "/runtime/webhooks/durabletask/instances",
            params={"top": "2", "instanceIdPrefix": "page-"},
            headers={"x-ms-continuation-token": token},
        )
        seen += [instance["instanceId"] for instance in answer.json()]
        token = answer.headers.get("x-ms-continuation-token", "")

    assert seen == [f"page-{number}" for number in range(5)]
    assert token == ""


def test_both_mounts_tell_running_from_finished_by_the_status_code(sample: RunningHost) -> None:
    sample.start("waiter", "codes")
    sample.start("unknown_activity", "codes-failed")
    sample.quiet()
    for mount in ("/durabletask", "/runtime/webhooks/durabletask"):
        running = sample.http.get(f"{mount}/instances/codes")
        failed = sample.http.get(f"{mount}/instances/codes-failed")
        loud = sample.http.get(f"{mount}/instances/codes-failed", params={"ReturnInternalServerErrorOnFailure": "true"})

        assert (running.status_code, running.headers["Retry-After"]) == (202, "5")
        assert running.headers["Location"] == str(running.url)
        assert (failed.status_code, loud.status_code) == (200, 500)
        assert sample.http.get(f"{mount}/instances/nobody").status_code == 404
        assert sample.http.put(f"{mount}/instances/codes").status_code == 404


def test_the_status_has_the_members_and_forms_of_the_real_one(sample: RunningHost) -> None:
    sample.start("approval", "shape", {"who": "me"})
    sample.quiet()

    status = sample.instance("shape", showInput="false")

    assert list(status) == [
        "name",
        "instanceId",
        "runtimeStatus",
        "input",
        "customStatus",
        "output",
        "createdTime",
        "lastUpdatedTime",
    ]
    assert (status["customStatus"], status["input"], status["output"]) == ("waiting", None, None)
    assert len(status["createdTime"]) == len("2026-01-01T00:00:00Z")


def test_the_history_for_people_tells_completions_not_frames(sample: RunningHost) -> None:
    sample.start("hello_cities", "told")
    sample.quiet()

    plain = sample.instance("told", showHistory="true")["historyEvents"]
    full = sample.instance("told", showHistory="true", showHistoryOutput="true")["historyEvents"]

    kinds = [event["EventType"] for event in plain]
    assert kinds == ["ExecutionStarted", "TaskCompleted", "TaskCompleted", "TaskCompleted", "ExecutionCompleted"]
    assert all("EventId" not in event and "IsPlayed" not in event for event in plain)
    assert "Result" not in plain[1]
    assert plain[1]["FunctionName"] == "say_hello"
    assert "ScheduledTime" in plain[1]
    assert {event["Result"] for event in full[1:4]} == {"Hello Tokyo!", "Hello Seattle!", "Hello London!"}


def test_start_can_wait_for_the_output(sample: RunningHost) -> None:
    wait = {"timeout": "5", "pollingInterval": "0.02"}
    done = sample.http.post("/runtime/webhooks/durabletask/orchestrators/hello_cities", params=wait)
    late = sample.http.post(
        "/runtime/webhooks/durabletask/orchestrators/waiter", params={"timeout": "0.1", "pollingInterval": "0.02"}
    )

    assert (done.status_code, len(done.json())) == (200, 3)
    assert late.status_code == 202
    assert late.json()["statusQueryGetUri"].startswith(f"{sample.base}/runtime/webhooks/durabletask/instances/")


@pytest.mark.parametrize(
    ("content", "media"), [("not json", "application/json"), ('{"a":1}', "text/plain")], ids=["no JSON", "no JSON type"]
)
def test_an_event_must_be_json(sample: RunningHost, content: str, media: str) -> None:
    sample.start("waiter", "strict")
    answer = sample.http.post(
        "/durabletask/instances/strict/raiseEvent/go", content=content, headers={"content-type": media}
    )

    assert answer.status_code == 400
    assert answer.json()["Message"]


def test_the_created_time_is_the_hosts_clock(sample: RunningHost) -> None:
    sample.start("waiter", "dated")

    created = datetime.fromisoformat(sample.instance("dated")["createdTime"])

    assert abs(datetime.fromisoformat(sample.now()) - created) < timedelta(seconds=10)
    assert created.tzinfo is UTC or created.utcoffset() == timedelta()


def test_a_sub_orchestration_whose_id_is_taken_fails_instead_of_waiting_for_ever(sample: RunningHost) -> None:
    sample.start("waiter", "taken")
    sample.quiet()
    sample.start("adopting", "adopter", "taken")
    sample.quiet()

    status = sample.instance("adopter")
    assert status["runtimeStatus"] == "Failed"
    assert "an instance with the id 'taken' is Running already" in status["output"]
