"""When an instance ends, and what makes it fail loudly where production would hang."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any, TypeAlias

import azure.durable_functions as df

from local.host.history import Status
from tests.local.host.driver import START, Driver

Context: TypeAlias = df.DurableOrchestrationContext
Steps = Generator[Any, Any, Any]


def test_an_uncancelled_timer_keeps_the_instance_running_until_it_fires(driver: Driver) -> None:
    def careless(context: Context) -> Steps:
        timer = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
        yield context.task_any([context.wait_for_external_event("go"), timer])
        return "done"

    driver.orchestrator(careless)
    driver.start("careless")
    driver.raise_event("go", "1", after=5)
    driver.run(until=START + timedelta(minutes=59))
    before = driver.status()
    driver.run()

    assert before is Status.RUNNING
    assert driver.status() is Status.COMPLETED
    assert driver.now == START + timedelta(hours=1)


def test_a_losing_activity_keeps_the_instance_running(driver: Driver) -> None:
    def race(context: Context) -> Steps:
        yield context.task_any([context.call_activity("slow", 1), context.call_activity("fast", 1)])
        return "done"

    driver.orchestrator(race)
    driver.activity("slow", lambda value: value, seconds=100)
    driver.activity("fast", lambda value: value, seconds=1)
    driver.start("race")
    driver.run(until=START + timedelta(seconds=99))
    before = driver.status()
    driver.run()

    assert before is Status.RUNNING
    assert driver.status() is Status.COMPLETED


def test_continue_as_new_waits_for_open_timers(driver: Driver) -> None:
    def rounds(context: Context) -> Steps:
        number = context.get_input()
        if number == 2:
            return number
        timer = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
        yield context.task_any([timer, context.call_activity("echo", 1)])
        context.continue_as_new(number + 1)

    driver.orchestrator(rounds)
    driver.activity("echo", lambda value: value)
    driver.start("rounds", 0)
    driver.run()

    assert driver.output() == 2
    assert driver.now == START + timedelta(hours=2)


def test_an_orchestrator_that_changed_fails_by_name(driver: Driver) -> None:
    wanted = ["one"]

    def changing(context: Context) -> Steps:
        yield context.call_activity(wanted[0], 1)

    driver.orchestrator(changing)
    driver.activity("one", lambda value: value, seconds=1)
    driver.activity("two", lambda value: value)
    driver.start("changing")
    driver.run(until=START)
    wanted[0] = "two"
    driver.run()

    assert driver.status() is Status.FAILED
    assert "Non-deterministic orchestrator: its history says TASK_SCHEDULED #0 one" in driver.output()


def test_an_unknown_activity_fails_the_instance_with_its_name(driver: Driver) -> None:
    def hopeful(context: Context) -> Steps:
        yield context.call_activity("no_such", 1)

    driver.orchestrator(hopeful)
    driver.activity("echo", lambda value: value)
    driver.start("hopeful")
    driver.run()

    assert driver.status() is Status.FAILED
    assert driver.output() == (
        "Orchestrator function 'hopeful' failed: there is no activity function named 'no_such'; known: echo"
    )


def test_an_unknown_sub_orchestrator_fails_the_instance_with_its_name(driver: Driver) -> None:
    def hopeful(context: Context) -> Steps:
        yield context.call_sub_orchestrator("no_such", 1)

    driver.orchestrator(hopeful)
    driver.start("hopeful")
    driver.run()

    assert "there is no orchestrator function named 'no_such'; known: hopeful" in driver.output()


def test_entities_and_durable_http_are_refused_by_name(driver: Driver) -> None:
    def calling(context: Context) -> Steps:
        yield context.call_http("GET", "http://example.com")

    def signalling(context: Context) -> Steps:
        yield context.call_entity(df.EntityId("counter", "1"), "add", 1)

    for function in (calling, signalling):
        driver.orchestrator(function)
        driver.start(function.__name__, instance_id=function.__name__)
    driver.run()

    assert "the local host does not support call_http" in driver.output("calling")
    assert "the local host does not support call_entity" in driver.output("signalling")
