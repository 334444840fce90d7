"""What every route answers, and every timer says, when something goes wrong."""

import json
import logging
from http import HTTPStatus

import pytest
from pydantic import BaseModel

from clients.errors import ClientError, NotFound, NotPermitted, Throttled, Unavailable
from triggers.answers import Malformed, Refused, answered, until_next_run


class Found(BaseModel):
    name: str


async def failing(error: Exception) -> Found:
    raise error


async def problem_of(error: Exception) -> dict[str, object]:
    response = await answered(failing(error))
    assert response.mimetype == "application/problem+json"
    problem: dict[str, object] = json.loads(response.get_body())
    assert problem["status"] == response.status_code
    return problem


@pytest.mark.parametrize(
    ("error", "status", "title", "detail"),
    [
        (Refused(HTTPStatus.CONFLICT, "not now"), 409, "Conflict", "not now"),
        (Malformed("expected more"), 400, "Bad Request", "expected more"),
        (
            Unavailable("okta", "read the user maya.lin@contoso.com", status=500),
            503,
            "Service Unavailable",
            "okta gave no answer just now; ask again",
        ),
    ],
)
async def test_trouble_is_a_problem_with_a_title_and_words(
    error: Exception, status: int, title: str, detail: str
) -> None:
    assert await problem_of(error) == {"type": "about:blank", "title": title, "status": status, "detail": detail}


async def test_trouble_that_only_a_person_can_mend_says_what_to_do() -> None:
    problem = await problem_of(NotPermitted("okta", "read the log", status=403))

    assert "Okta was asked to read the log" in str(problem["detail"])


async def test_wait_that_the_other_side_asks_for_is_passed_on() -> None:
    response = await answered(failing(Throttled("graph", "read", status=429, retry_after=12.3)))

    assert response.headers["Retry-After"] == "13"


async def test_log_of_a_route_names_nobody(caplog: pytest.LogCaptureFixture) -> None:
    await answered(failing(Unavailable("okta", "read the user maya.lin@contoso.com", status=500, code="E0000009")))

    assert caplog.messages == ["okta gave no useful answer: status 500 E0000009"]


@pytest.mark.parametrize("error", [Unavailable("tables", "read", status=500), NotFound("okta", "read", status=404)])
def test_timer_says_what_kept_it_from_its_work(error: ClientError, caplog: pytest.LogCaptureFixture) -> None:
    def work() -> None:
        raise error

    with until_next_run("it is done tomorrow"):
        work()

    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.ERROR, f"it is done tomorrow: {error}")


def test_defect_in_a_timer_is_not_hidden() -> None:
    with pytest.raises(KeyError), until_next_run("it is done tomorrow"):
        raise KeyError("a defect")


@pytest.mark.parametrize("work", [Found(name="Maya Lin"), Refused(HTTPStatus.CONFLICT, "maya.lin@contoso.com is")])
async def test_answer_about_people_is_kept_by_no_cache(work: Found | Refused) -> None:
    async def found() -> Found:
        if isinstance(work, Refused):
            raise work
        return work

    response = await answered(found())

    assert (response.headers["Cache-Control"], response.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
