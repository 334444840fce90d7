"""The Durable patterns an app is made of, through the real SDK."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any, TypeAlias

import azure.durable_functions as df

from local.host.history import EventType, Status, event, stamp
from tests.local.host.driver import START, Driver

Context: TypeAlias = df.DurableOrchestrationContext
Steps = Generator[Any, Any, Any]


def test_fan_out_gathers_results_in_the_order_of_the_tasks(driver: Driver) -> None:
    def spread(context: Context) -> Steps:
        return (yield context.task_all([context.call_activity("echo", number) for number in range(50)]))

    driver.orchestrator(spread)
    driver.activity("echo", lambda value: value, seconds=1)
    driver.start("spread")
    driver.run(batched=False)

    assert driver.output() == list(range(50))


def test_a_thirty_day_wait_in_short_timers_ends_on_the_thirtieth_day(driver: Driver) -> None:
    def wait(context: Context) -> Steps:
        due = context.current_utc_datetime + timedelta(days=30)
        while context.current_utc_datetime < due:
            step = min(due, context.current_utc_datetime + timedelta(days=5))
            yield context.create_timer(step)
        return context.current_utc_datetime.isoformat()

    driver.orchestrator(wait)
    driver.start("wait")
    driver.run()

    assert driver.output() == (START + timedelta(days=30)).isoformat()
    assert driver.history().count("TmF") == 6


def test_a_failure_outside_try_fails_the_instance_and_inside_try_does_not(driver: Driver) -> None:
    def outside(context: Context) -> Steps:
        yield context.call_activity("bad", 1)

    def inside(context: Context) -> Steps:
        try:
            yield context.call_activity("bad", 1)
        except Exception:
            return (yield context.call_activity("echo", "cleaned up"))

    def bad(_value: Any) -> None:
        raise KeyError("x")

    for function in (outside, inside):
        driver.orchestrator(function)
        driver.start(function.__name__, instance_id=function.__name__)
    driver.activity("bad", bad)
    driver.activity("echo", lambda value: value)
    driver.run()

    assert driver.status("outside") is Status.FAILED
    assert driver.output("outside").startswith(
        "Orchestrator function 'outside' failed: Activity function 'bad' failed:  KeyError: 'x' \n {"
    )
    assert driver.output("inside") == "cleaned up"


def test_continue_as_new_starts_a_new_execution_with_an_empty_history(driver: Driver) -> None:
    def rounds(context: Context) -> Steps:
        number = context.get_input()
        context.set_custom_status({"round": number}) if number == 0 else None
        yield context.call_activity("echo", number)
        if number < 3:
            context.continue_as_new(number + 1)
            return None
        return number

    driver.orchestrator(rounds)
    driver.activity("echo", lambda value: value)
    driver.start("rounds", 0)
    driver.run()

    kept = driver.kept["top"]
    assert driver.output() == 3
    assert driver.history() == "OS ES TS#0 OC | OS TC->0 EC OC"
    assert kept.instance.execution_id != "e" * 32
    assert kept.instance.custom_status == '{"round": 0}', "the status stays until the new generation sets one"


def test_events_after_continue_as_new_are_carried_over_and_earlier_ones_are_lost(driver: Driver) -> None:
    def rounds(context: Context) -> Steps:
        number = context.get_input()
        if number == 0:
            timer = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
            yield context.task_any([timer, context.call_activity("echo", 1)])
            context.continue_as_new(1)
            return None
        event = context.wait_for_external_event("go")
        timer = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
        winner = yield context.task_any([event, timer])
        if winner == event:
            timer.cancel()
            return event.result
        return "lost"

    driver.orchestrator(rounds)
    driver.activity("echo", lambda value: value, seconds=10)
    for instance_id, after in (("early", 5), ("late", 20)):
        driver.start("rounds", 0, instance_id)
        driver.raise_event("go", '"kept"', instance_id, after=after)
    driver.run()

    assert driver.output("early") == "lost"
    assert driver.output("late") == "kept"


def test_a_suspended_instance_does_nothing_until_it_is_resumed(driver: Driver) -> None:
    def wait(context: Context) -> Steps:
        first = yield context.wait_for_external_event("go")
        second = yield context.call_activity("echo", "after")
        return [first, second, context.current_utc_datetime.isoformat()]

    driver.orchestrator(wait)
    driver.activity("echo", lambda value: value)
    driver.start("wait")
    driver.send(event(EventType.EXECUTION_SUSPENDED, stamp(START), Reason="pause"), after=1)
    driver.raise_event("go", "1", after=2)
    driver.send(event(EventType.EXECUTION_RESUMED, stamp(START), Reason="on"), after=60)
    driver.run(until=START + timedelta(seconds=30))
    before = driver.status()
    driver.run()

    assert before is Status.SUSPENDED
    assert driver.output() == [1, "after", (START + timedelta(seconds=60)).isoformat()]


def test_a_pending_instance_can_be_suspended_and_its_history_still_begins_with_its_start(driver: Driver) -> None:
    def quick(context: Context) -> Steps:
        return (yield context.call_activity("echo", "ran"))

    driver.orchestrator(quick)
    driver.activity("echo", lambda value: value)
    driver.start("quick")
    driver.send(event(EventType.EXECUTION_SUSPENDED, stamp(START), Reason="pause"))
    driver.run(batched=True)
    driver.send(event(EventType.EXECUTION_RESUMED, stamp(START), Reason="on"), after=60)
    driver.run()

    assert driver.output() == "ran"
    assert "OS ES" in driver.history()


def test_a_terminated_instance_ends_with_the_reason_and_ignores_what_comes_later(driver: Driver) -> None:
    def wait(context: Context) -> Steps:
        yield context.call_activity("slow", 1)

    driver.orchestrator(wait)
    driver.activity("slow", lambda value: value, seconds=60)
    driver.start("wait")
    driver.send(event(EventType.EXECUTION_TERMINATED, stamp(START), Input="enough"), after=1)
    driver.run()

    assert driver.status() is Status.TERMINATED
    assert driver.output() == "enough"
    assert driver.history() == "OS ES TS#0 OC | OS ET EC OC"


def test_finally_runs_in_every_episode_as_in_production(driver: Driver) -> None:
    entered: list[int] = []

    def guarded(context: Context) -> Steps:
        try:
            yield context.call_activity("echo", 1)
        finally:
            entered.append(1)

    driver.orchestrator(guarded)
    driver.activity("echo", lambda value: value)
    driver.start("guarded")
    driver.run()

    assert len(entered) == 2


def test_an_orchestrator_without_yield_completes_at_once(driver: Driver) -> None:
    def plain(context: Context) -> Any:
        return {"got": context.get_input()}

    driver.orchestrator(plain)
    driver.start("plain", [1])
    driver.run()

    assert driver.output() == {"got": [1]}


def test_a_fault_of_the_sdk_fails_the_instance_with_its_words(driver: Driver) -> None:
    def listing(context: Context) -> Steps:
        yield [context.call_activity("echo", 1)]

    driver.orchestrator(listing)
    driver.activity("echo", lambda value: value)
    driver.start("listing")
    driver.run()

    assert driver.status() is Status.FAILED
    assert "'list' object has no attribute" in driver.output()


def test_is_replaying_is_false_only_for_what_is_new(driver: Driver) -> None:
    seen: list[list[bool]] = []

    def watching(context: Context) -> Steps:
        episode = [context.is_replaying]
        seen.append(episode)
        for number in range(2):
            yield context.call_activity("echo", number)
            episode.append(context.is_replaying)

    driver.orchestrator(watching)
    driver.activity("echo", lambda value: value)
    driver.start("watching")
    driver.run()

    assert seen == [[False], [True, False], [True, True, False]]
