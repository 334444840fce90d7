import asyncio
from email.utils import parsedate_to_datetime

import httpx

from .conftest import put


def seconds_to_reset(answer: httpx.Response) -> float:
    """As a client works it out: from the answer's own date."""
    return int(answer.headers["X-Rate-Limit-Reset"]) - parsedate_to_datetime(answer.headers["Date"]).timestamp()


async def test_every_answer_carries_the_three_headers(okta: httpx.AsyncClient) -> None:
    answers = [await okta.get("/api/v1/users"), await okta.get("/api/v1/users/nobody"), await okta.get("/api/v1/logs")]

    for answer in answers:
        assert int(answer.headers["X-Rate-Limit-Remaining"]) < int(answer.headers["X-Rate-Limit-Limit"])
        assert 0 <= seconds_to_reset(answer) <= 60


async def test_a_full_bucket_answers_429_and_leaves_the_others_alone(okta: httpx.AsyncClient) -> None:
    await put(okta, "/control/rate_limits", {"per_minute": {"users": 2}})

    statuses = [(await okta.get("/api/v1/users")).status_code for _ in range(2)]
    refused = await okta.get("/api/v1/users")

    assert statuses == [200, 200]
    assert (refused.status_code, refused.json()["errorCode"]) == (429, "E0000047")
    assert (refused.headers["X-Rate-Limit-Limit"], refused.headers["X-Rate-Limit-Remaining"]) == ("2", "0")
    assert (await okta.get("/api/v1/groups")).status_code == 200


async def test_too_many_at_once_answer_with_limit_and_remaining_zero(okta: httpx.AsyncClient) -> None:
    await put(okta, "/control/rate_limits", {"at_once": 0})

    refused = await okta.get("/api/v1/users")

    assert refused.status_code == 429
    assert (refused.headers["X-Rate-Limit-Limit"], refused.headers["X-Rate-Limit-Remaining"]) == ("0", "0")


async def test_a_fault_can_be_a_429_in_either_form(okta: httpx.AsyncClient) -> None:
    rules = [
        {"kind": "status", "status": 429, "retry_after": 2, "times": 1},
        {"kind": "status", "status": 429, "concurrency": True, "times": 1},
    ]
    await put(okta, "/control/faults", rules)

    bucket, concurrency = await asyncio.gather(okta.get("/api/v1/users"), okta.get("/api/v1/users"))

    assert {bucket.status_code, concurrency.status_code} == {429}
    assert sorted(answer.headers["X-Rate-Limit-Limit"] for answer in (bucket, concurrency)) == ["0", "100000"]
    assert min(seconds_to_reset(bucket), seconds_to_reset(concurrency)) <= 2
