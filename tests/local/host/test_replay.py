"""The order of events and the ids in them, as histories of the real engine have them."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any, TypeAlias

import azure.durable_functions as df

from local.host.history import Status
from tests.local.host.driver import START, Driver

Context: TypeAlias = df.DurableOrchestrationContext
Steps = Generator[Any, Any, Any]


def failing(times: int) -> Any:
    """An activity that fails the given number of times, then answers."""
    calls: list[int] = []

    def act(value: Any) -> Any:
        calls.append(1)
        if len(calls) <= times:
            raise ValueError(f"failure {len(calls)}")
        return f"attempt {len(calls)}"

    return act


def with_retry(attempts: int) -> Any:
    options = df.RetryOptions(first_retry_interval_in_milliseconds=60_000, max_number_of_attempts=attempts)

    def retrying(context: Context) -> Steps:
        answer = yield context.call_activity_with_retry("act", options, 1)
        after = yield context.call_activity("echo", answer)
        return after

    return retrying


def test_a_chain_has_one_scheduled_activity_per_episode(driver: Driver) -> None:
    def chain(context: Context) -> Steps:
        first = yield context.call_activity("echo", "a")
        second = yield context.call_activity("echo", first + "b")
        return second

    driver.orchestrator(chain)
    driver.activity("echo", lambda value: value)
    driver.start("chain")
    driver.run()

    assert driver.history() == "OS ES TS#0 OC | OS TC->0 TS#1 OC | OS TC->1 EC OC"
    assert driver.output() == "ab"


def test_every_retry_takes_a_timer_and_a_new_id(driver: Driver) -> None:
    driver.orchestrator(with_retry(3))
    driver.activity("act", failing(2))
    driver.activity("echo", lambda value: value)
    driver.start("retrying")
    driver.run()

    assert driver.history() == (
        "OS ES TS#0 OC | OS TF->0 TmC#1 OC | OS TmF->1 TS#2 OC | OS TF->2 TmC#3 OC | OS TmF->3 TS#4 OC | "
        "OS TC->4 TS#5 OC | OS TC->5 EC OC"
    )
    assert driver.output() == "attempt 3"
    assert driver.now == START + timedelta(minutes=2)


def test_the_last_failure_takes_one_more_timer_before_the_orchestrator_hears_of_it(driver: Driver) -> None:
    driver.orchestrator(with_retry(3))
    driver.activity("act", failing(3))
    driver.start("retrying")
    driver.run()

    assert driver.history() == (
        "OS ES TS#0 OC | OS TF->0 TmC#1 OC | OS TmF->1 TS#2 OC | OS TF->2 TmC#3 OC | OS TmF->3 TS#4 OC | "
        "OS TF->4 TmC#5 OC | OS TmF->5 EC OC"
    )
    assert driver.status() is Status.FAILED
    assert driver.output().startswith(
        "Orchestrator function 'retrying' failed: Activity function 'act' failed:  ValueError: failure 3 \n "
    )
    assert driver.now == START + timedelta(minutes=2), "the extra timer fires at once"


def test_a_ten_day_timer_is_three_segments(driver: Driver) -> None:
    def sleeping(context: Context) -> Steps:
        result = yield context.create_timer(context.current_utc_datetime + timedelta(days=10))
        return result

    driver.orchestrator(sleeping)
    driver.start("sleeping")
    driver.run()

    assert driver.history() == "OS ES TmC#0 OC | OS TmF->0 TmC#1 OC | OS TmF->1 TmC#2 OC | OS TmF->2 EC OC"
    assert driver.output() == [None]
    assert driver.now == START + timedelta(days=10)


def test_a_cancelled_timer_stays_in_the_history_and_holds_nothing_up(driver: Driver) -> None:
    def race(context: Context) -> Steps:
        timer = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
        event = context.wait_for_external_event("go")
        winner = yield context.task_any([event, timer])
        if winner == timer:
            return "late"
        timer.cancel()
        return (yield context.call_activity("echo", event.result))

    driver.orchestrator(race)
    driver.activity("echo", lambda value: value)
    driver.start("race")
    driver.raise_event("go", '{"a":1}', after=5)
    driver.run(until=START + timedelta(minutes=1))

    assert driver.history() == "OS ES TmC#0 OC | OS ER TS#1 OC | OS TC->1 EC OC"
    assert driver.outcomes[1].cancelled_timers == {0}
    assert driver.output() == {"a": 1}


def test_an_event_in_another_case_wakes_the_host_but_not_python(driver: Driver) -> None:
    def waiting(context: Context) -> Steps:
        yield context.wait_for_external_event("Go")
        return "went"

    driver.orchestrator(waiting)
    driver.start("waiting")
    driver.raise_event("GO", "1", after=1)
    driver.run()

    assert driver.status() is Status.RUNNING


def test_two_early_events_of_one_name_both_read_as_the_second(driver: Driver) -> None:
    """A trap of the SDK that production has as well; the local host must not hide it."""

    def waiting(context: Context) -> Steps:
        yield context.call_activity("slow", 1)
        first = yield context.wait_for_external_event("go")
        second = yield context.wait_for_external_event("go")
        return [first, second]

    driver.orchestrator(waiting)
    driver.activity("slow", lambda value: value, seconds=10)
    driver.start("waiting")
    driver.raise_event("go", '"one"', after=1)
    driver.raise_event("go", '"two"', after=2)
    driver.run()

    assert driver.output() == ["two", "two"]


def test_a_child_has_its_parents_execution_id_and_task_id_as_default_id(driver: Driver) -> None:
    def top(context: Context) -> Steps:
        first = yield context.call_activity("echo", 1)
        return [first, (yield context.call_sub_orchestrator("child", {"x": 2}))]

    def child(context: Context) -> Steps:
        value = yield context.call_activity("echo", context.get_input()["x"])
        return [context.parent_instance_id, context.instance_id, value]

    for function in (top, child):
        driver.orchestrator(function)
    driver.activity("echo", lambda value: value)
    driver.start("top")
    driver.run()

    assert driver.output() == [1, ["top", f"{'e' * 32}:1", 2]]
    assert driver.history() == "OS ES TS#0 OC | OS TC->0 SC#1 OC | OS SD->1 EC OC"


def test_a_failed_child_is_a_failed_task_with_the_childs_words(driver: Driver) -> None:
    def top(context: Context) -> Steps:
        try:
            yield context.call_sub_orchestrator("child")
        except Exception as fault:
            return str(fault)

    def child(context: Context) -> Steps:
        yield context.call_activity("echo", 1)
        raise ValueError("no luck")

    for function in (top, child):
        driver.orchestrator(function)
    driver.activity("echo", lambda value: value)
    driver.start("top")
    driver.run()

    assert driver.output() == ("Orchestrator function 'child' failed: no luck \n Message: no luck, StackTrace: ")


def test_a_custom_status_above_16_kb_fails_the_instance(driver: Driver) -> None:
    def talkative(context: Context) -> Steps:
        context.set_custom_status("x" * context.get_input())
        yield context.wait_for_external_event("never")

    driver.orchestrator(talkative)
    driver.start("talkative", 8701, "fits")
    driver.start("talkative", 8702, "does not")
    driver.run()

    assert driver.status("fits") is Status.RUNNING
    assert driver.status("does not") is Status.FAILED
    assert "must not exceed 16 KB" in driver.output("does not")
