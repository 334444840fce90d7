"""README and `docs/try-it.md`, followed to the letter by a newcomer: what they tell to type does what they say."""

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path

import httpx
import pytest

from local.paths import ROOT
from local.stack.ports import Ports
from tests.stories.conftest import RunningStack
from tests.stories.documented import Block, blocks, is_answered

LIMIT_S = 300.0  # for a page whose command waits for something that never comes
CONFIRMATION = re.compile(r'<form class="confirm" method="post" action="([^"]*)">(.*?)</form>', re.DOTALL)
FIELD = re.compile(r'name="(\w+)" value="([^"]*)"')
END = "--- the end of block"


@pytest.fixture
def own_stack(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RunningStack]:
    """What `make start` leaves running, with what stands before it."""
    with RunningStack(tmp_path, dict(getattr(request, "param", {}))) as started:
        yield started


def typed(blocks: Sequence[Block], stack: RunningStack) -> dict[int, str]:
    """Type all blocks into one shell; return what was printed after each, by the line of its page."""
    script = "".join(f"{block.commands}\necho; echo '{END} {block.line}'\n" for block in blocks)
    environment = os.environ | {"PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}"}
    done = subprocess.run(
        ("bash", "-c", _for_this_stack(script, stack)),
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    printed: dict[int, str] = {}
    rest = done.stdout
    for block in blocks:
        printed[block.line], _, rest = rest.partition(f"{END} {block.line}\n")
    return printed


def _for_this_stack(script: str, stack: RunningStack) -> str:
    """With the ports of this stack for the usual ones, and its host's process for the one that the page names."""
    usual, taken = Ports(), stack.ports
    for port in fields(Ports):
        script = script.replace(f"127.0.0.1:{getattr(usual, port.name)}", f"127.0.0.1:{getattr(taken, port.name)}")
    options = (f"--{port.name.replace('_', '-')}-port {getattr(taken, port.name)}" for port in fields(Ports)[:3])
    script = script.replace("local settled", f"local settled {' '.join(options)}")
    return script.replace("kill -9 12345", f"kill -9 {stack.host_process}")


def wrong(blocks: Sequence[Block], printed: dict[int, str]) -> dict[int, str]:
    """What was printed other than the page says, or with an error that it does not announce."""
    return {
        block.line: printed[block.line]
        for block in blocks
        if not is_answered(block.answer if block.answer is not None else "…", printed[block.line])
        or "Traceback" in printed[block.line]
    }


def press_on_the_page(stack: RunningStack, button: str) -> None:
    """Press a button of the overview, and the one that confirms it; no browser is needed, the pages need no script."""
    with httpx.Client(base_url=stack.host_url, follow_redirects=True, timeout=60) as browser:
        overview = browser.get("/api/dashboard").text
        (asks,) = re.findall(rf'href="([^"]*)">{button}</a>', overview)
        ((confirms, form),) = re.findall(CONFIRMATION, browser.get(asks).text)
        done = browser.post(confirms, data=dict(re.findall(FIELD, form)), headers={"Origin": stack.host_url})
        assert "Released: " in done.text, done.text


def test_every_answer_that_try_it_shows_comes(own_stack: RunningStack) -> None:
    page = blocks("docs/try-it.md")

    assert wrong(page, typed(page, own_stack)) == {}


@pytest.mark.parametrize("own_stack", [{"MAX_DEACTIVATIONS_PER_HOUR": "1"}], indirect=True)
def test_readme_leads_from_the_start_to_a_released_hold_on_the_page(own_stack: RunningStack) -> None:
    leaving, held, released, *more = (each for each in blocks("README.md") if "127.0.0.1" in each.commands)

    assert wrong([leaving, held], typed([leaving, held], own_stack)) == {}
    press_on_the_page(own_stack, "Release all 3")
    assert wrong([released, *more], typed([released, *more], own_stack)) == {}
