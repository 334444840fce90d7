"""What is changed, and what is left alone."""

from pathlib import Path

import pytest


def changes(tmp_path: Path, code: str) -> set[str]:
    """The changed lines of every mutant of this code."""
    from tests.mutants.changes import mutants_of  # with libcst, which every process would load to collect the tests

    path = tmp_path / "code.py"
    path.write_text(code)
    return {line for mutant in mutants_of(path) for line in mutant.lines() if line.startswith("+")}


def test_a_condition_is_turned_and_a_comparison_moved(tmp_path: Path) -> None:
    found = changes(tmp_path, "def f(held, count):\n    if held:\n        return count > 1\n")

    assert found == {"+ if not (held):", "+ return count >= 1", "+ return count > 2"}


def test_a_step_of_a_flow_is_dropped(tmp_path: Path) -> None:
    found = changes(tmp_path, "def flow(run):\n    yield from run.step(disable)\n")

    assert found == {"+ pass", "+ yield from run.step(None)"}


def test_a_keyword_is_dropped_and_an_argument_replaced(tmp_path: Path) -> None:
    found = changes(tmp_path, "def f(a, b):\n    return g(a, b=b)\n")

    assert found == {"+ return g(None, b=b)", "+ return g(a, )"}


def test_decorated_functions_and_tables_at_the_top_are_changed_too(tmp_path: Path) -> None:
    found = changes(tmp_path, 'WAITS = (1,)\n\n@bp.activity("call")\nasync def act(call):\n    return not call\n')

    assert found == {"+ WAITS = None", "+ WAITS = (2,)", "+ return call"}


@pytest.mark.parametrize(
    "code",
    [
        '"""What this is."""\n',
        "from typing import Any\n",
        "Steps = Generator[Any | None, 1, 2]\n",
        "def f(a: int | None, b: list[1]) -> str | None:\n    return a\n",
        'def f(a):\n    log.warning("%s is gone", a)\n',
        'def f(a):\n    return "no such person"\n',
        'def f(a):\n    return f"no such person: {a}"\n',
    ],
)
def test_types_log_lines_and_texts_for_people_are_left_alone(tmp_path: Path, code: str) -> None:
    assert changes(tmp_path, code) == set()


def test_the_text_of_a_refusal_stays_and_the_refusal_is_dropped(tmp_path: Path) -> None:
    found = changes(tmp_path, 'def f():\n    raise Refused("it is too late", permanent=True)\n')

    refusal = '+ raise Refused("it is too late", permanent=False)'
    assert found == {"+ pass", refusal, '+ raise Refused("it is too late", )'}
