"""Hundreds of random orchestrations: the host's ids are the SDK's in every episode, and every output is right.

The driver compares the counters after each episode; here a program is made up, its result is worked out without any
engine, and the two are compared. Left out are only the combinations in which production itself gets the ids wrong
(retries inside task_any or beside a caught failure, timers over six days inside a compound).
"""

import json
import random
from collections.abc import Generator
from datetime import timedelta
from typing import Any, TypeAlias

import azure.durable_functions as df
import pytest

from local.host.history import Status
from tests.local.host.driver import Driver, recording_counts

Context: TypeAlias = df.DurableOrchestrationContext
Program = dict[str, Any]
RETRY_SECONDS = 10
ORCHESTRATIONS = 200
MINIMUM_EPISODES = 1_500


class Author:
    """Makes up programs. Every duration is different, so that a race has one winner."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.number = 0
        self.events: list[tuple[str, float]] = []

    def unique(self) -> int:
        self.number += 1
        return self.number

    def program(self, depth: int = 0) -> Program:
        steps = [self.step(depth) for _ in range(self.random.randint(1, 5))]
        rounds = self.random.choice([0, 0, 0, 2]) if depth == 0 else 0
        ends = self.random.choice(["return"] * 5 + ["raise"]) if depth else "return"
        return {"steps": steps, "rounds": rounds, "ends": ends, "value": self.unique()}

    def step(self, depth: int) -> Program:
        kinds = ["activity", "fails", "retry", "exhausted", "timer", "long_timer", "all", "race", "early_event"]
        kind = self.random.choice(kinds + (["child"] * 2 if depth < 2 else []))
        made: Program = {"do": kind, "value": self.unique()}
        if kind == "child":
            made["program"] = self.program(depth + 1)
        elif kind == "retry":
            made["failures"] = self.random.randint(0, 3)
        elif kind in ("timer", "long_timer"):
            made["seconds"] = (
                self.random.randint(0, 500_000) if kind == "timer" else self.random.randint(600_000, 3_000_000)
            )
        elif kind == "all":
            leaves = ["activity", "timer", "retry"]
            made["steps"] = [self.leaf(self.random.choice(leaves)) for _ in range(self.random.randint(1, 6))]
        elif kind == "race":
            made["steps"] = [self.leaf("timer"), self.leaf(self.random.choice(["activity", "timer", "never"]))]
            self.random.shuffle(made["steps"])
        elif kind == "early_event":
            made["name"] = f"event-{self.unique()}"
        return made

    def leaf(self, kind: str) -> Program:
        leaf: Program = {"do": kind, "value": self.unique(), "seconds": 1000 * self.unique()}
        return leaf if kind != "retry" else {**leaf, "failures": self.random.randint(0, 3)}


RETRY = df.RetryOptions(first_retry_interval_in_milliseconds=RETRY_SECONDS * 1000, max_number_of_attempts=4)


def interpreter(context: Context) -> Generator[Any, Any, Any]:
    program = context.get_input()
    seen = []
    for step in program["steps"]:
        seen.append((yield from perform(context, step)))
    if program["rounds"]:
        context.continue_as_new({**program, "rounds": program["rounds"] - 1, "value": program["value"] + 1000})
        return None
    if program["ends"] == "raise":
        raise ValueError(f"program {program['value']}")
    return [program["value"], seen]


def perform(context: Context, step: Program) -> Generator[Any, Any, Any]:
    kind = step["do"]
    if kind == "all":
        return (yield context.task_all([task(context, leaf) for leaf in step["steps"]]))
    if kind == "race":
        return (yield from race(context, [task(context, leaf) for leaf in step["steps"]]))
    if kind in ("fails", "exhausted", "child"):
        try:
            return (yield task(context, step))
        except Exception as fault:
            return str(fault).split(" \n")[0]
    return (yield task(context, step))


def race(context: Context, tasks: list[Any]) -> Generator[Any, Any, Any]:
    winner = yield context.task_any(tasks)
    for loser in tasks:
        if loser is not winner and hasattr(loser, "cancel"):
            loser.cancel()
    return [tasks.index(winner), winner.result]


def task(context: Context, step: Program) -> Any:
    kind = step["do"]
    if kind in ("timer", "long_timer"):
        return context.create_timer(context.current_utc_datetime + timedelta(seconds=step["seconds"]))
    if kind == "child":
        return context.call_sub_orchestrator("interpreter", step["program"])
    if kind == "early_event":
        return context.wait_for_external_event(step["name"])
    if kind == "never":
        return context.wait_for_external_event(f"never-{step['value']}")
    if kind in ("retry", "exhausted"):
        order = {"key": f"{context.instance_id}/{step['value']}", "failures": step.get("failures", 99), **step}
        return context.call_activity_with_retry("flaky", RETRY, order)
    return context.call_activity("bad" if kind == "fails" else "echo", step["value"])


def expected(program: Program) -> Any:
    value = program["value"] + 1000 * program["rounds"]
    return [value, [expected_step(step) for step in program["steps"]]]


def expected_step(step: Program) -> Any:
    kind = step["do"]
    if kind == "all":
        return [expected_step(leaf) for leaf in step["steps"]]
    if kind == "race":
        return expected_race(step["steps"])
    if kind == "child" and step["program"]["ends"] == "raise":
        return f"Orchestrator function 'interpreter' failed: program {step['program']['value']}"
    if kind == "child":
        return expected(step["program"])
    if kind == "exhausted":
        return "Activity function 'flaky' failed:  ValueError: not yet"
    if kind == "fails":
        return "Activity function 'bad' failed:  ValueError: never"
    return {"timer": None, "long_timer": [None], "early_event": step.get("name")}.get(kind, step["value"])


def expected_race(leaves: list[Program]) -> Any:
    """Activities end at once; the earlier timer wins over the later; nobody sends a 'never'."""
    ends: dict[str, float] = {"activity": 0, "never": float("inf")}
    times = [ends.get(leaf["do"], float(leaf["seconds"])) for leaf in leaves]
    first = times.index(min(times))
    return [first, leaves[first]["value"] if leaves[first]["do"] == "activity" else None]


def early_events(program: Program) -> list[str]:
    return [step["name"] for step in program["steps"] if step["do"] == "early_event"]


def without_child_events(program: Program, depth: int = 0) -> Program:
    """An event is sent to the top instance only, and only if it is not lost by continue-as-new."""
    deaf = depth > 0 or program["rounds"] > 0

    def heard(step: Program) -> Program:
        if step["do"] == "child":
            return {**step, "program": without_child_events(step["program"], depth + 1)}
        return {"do": "activity", "value": step["value"]} if step["do"] == "early_event" and deaf else step

    return {**program, "steps": [heard(step) for step in program["steps"]]}


def flaky_activity() -> Any:
    calls: dict[str, int] = {}

    def flaky(order: Program) -> Any:
        calls[order["key"]] = calls.get(order["key"], 0) + 1
        if calls[order["key"]] <= order["failures"]:
            raise ValueError("not yet")
        return order["value"]

    return flaky


def bad(_value: Any) -> None:
    raise ValueError("never")


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_ids_and_outputs_are_right_for_hundreds_of_random_orchestrations(monkeypatch: pytest.MonkeyPatch) -> None:
    count = recording_counts(monkeypatch)
    episodes = 0
    for seed in range(ORCHESTRATIONS):
        author = Author(seed)
        program = without_child_events(author.program())
        driver = Driver(count, seed)
        driver.orchestrator(interpreter)
        driver.activity("echo", lambda value: value)
        driver.activity("bad", bad)
        driver.activity("flaky", flaky_activity())
        driver.start("interpreter", program)
        for name in early_events(program):
            driver.raise_event(name, json.dumps(name), after=author.random.choice([0, 0, 10_000_000]))
        driver.run(batched=author.random.random() < 0.7)

        assert driver.status() is Status.COMPLETED, f"seed {seed}: {driver.output()} {driver.history()}"
        assert driver.output() == expected(program), f"seed {seed}"
        episodes += driver.episodes

    assert episodes > MINIMUM_EPISODES
