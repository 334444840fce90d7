"""The management API as the SDK's own client sees it, and what people and pages ask by HTTP."""

from datetime import datetime, timedelta
from typing import Any, TypeAlias

import azure.durable_functions as df
import pytest

from tests.local.host.running import RunningHost

Client: TypeAlias = df.DurableOrchestrationClient
State = df.OrchestrationRuntimeStatus


async def start(sample: RunningHost, client: Client, name: str, instance_id: str, value: Any = None) -> None:
    assert await client.start_new(name, instance_id, value) == instance_id
    sample.quiet()


async def test_a_started_instance_runs_to_its_output(sample: RunningHost, client: Client) -> None:
    instance_id = await client.start_new("hello_cities", None, {"any": "input"})
    sample.quiet()

    status = await client.get_status(instance_id, show_input=True)
    assert len(instance_id) == 32
    assert status.runtime_status is State.Completed
    assert status.output == ["Hello Tokyo!", "Hello Seattle!", "Hello London!"]
    assert status.input_ == '{"any": "input"}', "the client's input comes back as text of JSON"


async def test_an_unknown_instance_has_a_falsy_status(client: Client) -> None:
    assert not await client.get_status("nobody")


async def test_an_unknown_orchestrator_is_refused_with_the_known_names(client: Client) -> None:
    with pytest.raises(Exception, match=r"The function 'nothing' doesn't exist.*'hello_cities'"):
        await client.start_new("nothing")


@pytest.mark.parametrize("instance_id", ["@entity", "x" * 257])
async def test_a_bad_instance_id_is_refused(client: Client, instance_id: str) -> None:
    with pytest.raises(Exception, match="1 to 256 characters"):
        await client.start_new("waiter", instance_id)


async def test_a_running_id_is_refused_and_a_finished_one_replaced(sample: RunningHost, client: Client) -> None:
    await start(sample, client, "waiter", "twice")
    with pytest.raises(Exception, match="exists") as refused:
        await client.start_new("waiter", "twice")
    await client.terminate("twice", "free the id")
    sample.quiet()
    await start(sample, client, "hello_cities", "twice")

    answer = refused.value.args[0]
    assert answer["ExceptionMessage"] == "An Orchestration instance with the status Running already exists."
    assert answer["ExceptionType"] == "DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException"
    status = await client.get_status("twice", show_history=True)
    assert (status.name, status.runtime_status) == ("hello_cities", State.Completed)
    assert status.historyEvents[0]["FunctionName"] == "hello_cities"


async def test_an_event_wakes_its_waiter_and_arrives_as_text(sample: RunningHost, client: Client) -> None:
    await start(sample, client, "waiter", "woken")
    before = await client.get_status("woken")
    await client.raise_event("woken", "go", {"a": 1})
    sample.quiet()

    assert before.runtime_status is State.Running
    assert (await client.get_status("woken")).output == '{"a": 1}'


async def test_an_event_raised_at_once_after_the_start_is_kept(sample: RunningHost, client: Client) -> None:
    await client.start_new("waiter", "early")
    await client.raise_event("early", "go", 1)
    sample.quiet()

    assert (await client.get_status("early")).runtime_status is State.Completed


async def test_events_for_unknown_and_for_finished_instances_are_refused(sample: RunningHost, client: Client) -> None:
    await start(sample, client, "hello_cities", "over")

    with pytest.raises(Exception, match="No instance with ID nobody found"):
        await client.raise_event("nobody", "go")
    with pytest.raises(Exception, match="is gone: either completed or failed"):
        await client.raise_event("over", "go")


async def test_terminate_ends_with_the_reason_as_output(sample: RunningHost, client: Client) -> None:
    await start(sample, client, "waiter", "stopped")
    await client.terminate("stopped", "no longer needed & done")
    sample.quiet()
    await client.terminate("stopped", "again")

    status = await client.get_status("stopped")
    assert (status.runtime_status, status.output) == (State.Terminated, "no longer needed & done")
    with pytest.raises(Exception, match="No instance with ID 'nobody' found"):
        await client.terminate("nobody", "x")


async def test_a_suspended_instance_keeps_its_events_until_it_is_resumed(sample: RunningHost, client: Client) -> None:
    await start(sample, client, "waiter", "paused")
    await client.suspend("paused", "hold")
    sample.quiet()
    await client.raise_event("paused", "go", 5)
    sample.quiet()
    suspended = await client.get_status("paused")
    with pytest.raises(Exception, match="500"):
        await client.suspend("paused", "twice")
    await client.resume("paused", "go on")
    sample.quiet()

    assert suspended.runtime_status is State.Suspended
    assert (await client.get_status("paused")).output == "5"


async def test_resume_of_what_is_not_suspended_is_refused(sample: RunningHost, client: Client) -> None:
    await start(sample, client, "waiter", "awake")

    with pytest.raises(Exception, match="500"):
        await client.resume("awake", "why")


async def test_purge_forgets_an_instance_everywhere(sample: RunningHost, client: Client) -> None:
    await start(sample, client, "hello_cities", "purged")

    assert (await client.purge_instance_history("purged")).instances_deleted == 1
    assert (await client.purge_instance_history("purged")).instances_deleted == 0
    assert not await client.get_status("purged")


async def test_purge_by_filter_takes_only_the_statuses_named(sample: RunningHost, client: Client) -> None:
    sample.move_clock(advance=3600)
    since = datetime.fromisoformat(sample.now())
    await start(sample, client, "hello_cities", "purge-1")
    await start(sample, client, "waiter", "purge-2")

    deleted = await client.purge_instance_history_by(since, None, [State.Completed, State.Running])

    assert deleted.instances_deleted == 1
    assert not await client.get_status("purge-1")
    assert await client.get_status("purge-2")


async def test_rewind_runs_what_failed_again(sample: RunningHost, client: Client) -> None:
    await start(sample, client, "failing", "rewound", 1)
    failed = await client.get_status("rewound")
    await client.rewind("rewound", "try again")
    sample.quiet()

    assert failed.runtime_status is State.Failed
    assert failed.output.startswith("Orchestrator function 'failing' failed: Activity function 'fail_until' failed:  ")
    assert (await client.get_status("rewound")).output == "recovered"


async def test_rewind_of_a_parent_rewinds_the_failed_child(sample: RunningHost, client: Client) -> None:
    await start(sample, client, "parent", "family", 1)
    failed = await client.get_status("family")
    await client.rewind("family", "again")
    sample.quiet()

    assert failed.runtime_status is State.Failed
    assert (await client.get_status("family")).output == "recovered"


async def test_only_a_failed_instance_can_be_rewound(sample: RunningHost, client: Client) -> None:
    await start(sample, client, "hello_cities", "fine")

    with pytest.raises(Exception, match="only supported on failed"):
        await client.rewind("fine", "x")
    with pytest.raises(Exception, match="No instance with ID nobody found"):
        await client.rewind("nobody", "x")


async def test_restart_runs_the_same_input_under_a_new_id(sample: RunningHost, client: Client) -> None:
    await start(sample, client, "hello_chain", "first", ["Oslo"])
    sample.move_clock(advance=1)
    sample.quiet()
    answer: Any = await client.restart("first")
    sample.move_clock(advance=1)
    sample.quiet()

    assert answer["id"] != "first"
    sample.move_clock(advance=1)
    sample.quiet()
    assert (await client.get_status(answer["id"])).output == ["Hello Oslo!"]


async def test_instances_are_listed_by_prefix_status_and_time(sample: RunningHost, client: Client) -> None:
    sample.move_clock(advance=3600)
    since = datetime.fromisoformat(sample.now())
    await start(sample, client, "hello_cities", "list-done")
    await start(sample, client, "waiter", "list-waits")

    async def ids(**filters: Any) -> list[str]:
        return [status.instance_id for status in await client.get_status_by(**filters)]

    assert await ids(instance_id_prefix="list-") == ["list-done", "list-waits"]
    assert await ids(instance_id_prefix="list-", runtime_status=[State.Running]) == ["list-waits"]
    assert await ids(created_time_from=since) == ["list-done", "list-waits"]
    assert await ids(created_time_from=since + timedelta(days=1)) == []
    assert "list-done" not in await ids(created_time_to=since)


async def test_a_failed_wait_for_completion_is_a_500_with_the_status(sample: RunningHost, client: Client) -> None:
    await start(sample, client, "unknown_activity", "lost")

    response = await client.wait_for_completion_or_create_check_status_response(None, "lost", 1000, 10)

    assert response.status_code == 500
    assert b"there is no activity function named 'no_such_activity'" in response.get_body()


async def test_entities_are_refused_in_words(client: Client) -> None:
    with pytest.raises(Exception, match="501"):
        await client.signal_entity(df.EntityId("counter", "1"), "add", 1)
