"""An operator with a browser: what is clicked on the pages is seen in the tenant."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from playwright.async_api import Page, ViewportSize

from local.browser.axe import barriers
from local.browser.chromium import NoBrowser, running_browser
from local.setup.steps import SetUpError
from tests.stories.company import E3, OFFICE, VISIO, VISIO_USERS, Company
from tests.stories.test_operators import FORBIDDEN, left, look, wave

PHONE: ViewportSize = {"width": 360, "height": 740}


@pytest.fixture
async def page(company: Company) -> AsyncIterator[Page]:
    """The overview, just opened with a key. Its policy stays in force; no script of ours needs it to be bent."""
    try:
        async with running_browser() as browser:
            opened = await browser.new_page()
            await opened.goto(f"{company.host.base_url}/api/dashboard?code=any-on-this-machine")
            yield opened
    except NoBrowser as reason:
        pytest.skip(str(reason))


async def click(page: Page, name: str, *, exact: bool = True) -> None:
    """A link or a button, as somebody finds it who reads or hears its name."""
    found = page.get_by_role("link", name=name, exact=exact).or_(page.get_by_role("button", name=name, exact=exact))
    await found.first.click()


async def open_person(page: Page, company: Company, okta_user_id: str) -> None:
    await page.goto(f"{company.host.base_url}/api/dashboard/people/{okta_user_id}")


async def heading(page: Page) -> str:
    return await page.get_by_role("heading", level=1).inner_text()


async def test_key_is_gone_from_the_address_once_the_door_is_open(page: Page) -> None:
    assert page.url.endswith("/api/dashboard/overview")
    assert await page.get_by_role("link", name="Overview").get_attribute("aria-current") == "page"


async def test_wave_that_is_held_is_released_from_the_overview(company: Company, page: Page) -> None:
    async with wave(company):
        held = [await left(company, name=f"Wave{number}") for number in range(3)]
        assert [(await company.account(person)).enabled for person in held] == [True] * 3

        await page.reload()
        await click(page, "Release all", exact=False)
        assert (await heading(page)).startswith("Release all")
        await click(page, "Release all", exact=False)
        await company.settle()

    assert "Released: " in await page.get_by_role("status").inner_text()
    assert [(await company.account(person)).enabled for person in held] == [False] * 3


async def test_only_those_chosen_of_a_wave_are_released(company: Company, page: Page) -> None:
    async with wave(company):
        ada, bob = await left(company, name="Chosen"), await left(company, name="Unchosen")

        await page.reload()
        await page.locator(f'input[value="{ada.okta_user_id}"]').check()
        await click(page, "Release those chosen")
        await click(page, "Release 1 person")
        await company.settle()
        await company.host.post(f"/api/members/{bob.okta_user_id}/discard")
        await company.settle()

    assert [(await company.account(person)).enabled for person in (ada, bob)] == [False, True]


async def test_pending_removal_is_kept(company: Company, page: Page) -> None:
    ada = await left(company, name="Kept")

    await open_person(page, company, ada.okta_user_id)
    await click(page, "Keep the licenses")
    assert (await heading(page)).startswith("Keep the licenses of Kept")
    await click(page, "Keep the licenses")
    await company.pass_time(timedelta(days=60))

    assert set((await company.account(ada)).direct) == {E3, VISIO}


async def test_date_is_changed_and_the_licenses_go_on_that_day(company: Company, page: Page) -> None:
    ada = await left(company, name="Later")
    due_at = datetime.fromisoformat((await look(company, ada))["due_at"])
    day = (due_at + timedelta(days=20)).date()

    await open_person(page, company, ada.okta_user_id)
    await click(page, "Change the date")
    await page.get_by_label("The day on which they go instead").fill(day.isoformat())
    await click(page, "Go on")
    await click(page, "Let the licenses go on", exact=False)
    await company.settle()

    assert datetime.fromisoformat((await look(company, ada))["due_at"]).date() == day
    await company.pass_time(timedelta(days=45))
    assert set((await company.account(ada)).direct) == {E3, VISIO}
    await company.pass_time(timedelta(days=6))
    assert (await company.account(ada)).direct == {}


async def test_licenses_are_removed_before_their_time(company: Company, page: Page) -> None:
    ada = await left(company, name="Early")

    await open_person(page, company, ada.okta_user_id)
    await click(page, "Remove the licenses now")
    assert "is told nothing" in await page.get_by_role("main").inner_text()
    await click(page, "Remove 2 licenses now")
    await company.settle()

    assert (await company.account(ada)).direct == {}


async def test_parked_person_is_tried_again_from_the_overview(company: Company, page: Page) -> None:
    ada = await company.hire(name="Parked", licenses={E3: set()})
    fault = {"match": {"path": f"{ada.entra_user_id}/revokeSignInSessions"}, **FORBIDDEN}
    (await company.tenant.put("/control/faults", json=[fault])).raise_for_status()
    await company.leave(ada)
    await company.settle()

    await page.reload()
    assert "needs a decision" in await heading(page) or "need a decision" in await heading(page)
    assert (await look(company, ada))["phase"] == "needs_attention"
    (await company.tenant.delete("/control/faults")).raise_for_status()
    await page.locator(f'a[href$="/people/{ada.okta_user_id}/retry"]').click()
    await click(page, "Try again")
    await company.settle()

    assert (await look(company, ada))["phase"] == "grace_period"
    assert not (await company.account(ada)).enabled


async def test_what_newcomers_are_given_is_switched_and_the_next_one_has_it(company: Company, page: Page) -> None:
    group_id = await company.catalog(VISIO_USERS, VISIO, assign=False)
    try:
        await page.goto(f"{company.host.base_url}/api/dashboard/catalog")
        await page.locator(f'a[href$="/{group_id}/{VISIO}?assign=yes"]').click()
        await click(page, "Give it to newcomers")
        assert "are given" in await page.get_by_role("status").inner_text()
        ada = await company.hire(name="New", licenses={}, groups=())
        await company.join(ada, VISIO_USERS)
        await company.settle()

        assert set((await company.account(ada)).direct) == {VISIO}
    finally:
        await company.clear_catalog(VISIO_USERS)


async def test_session_that_is_left_opens_nothing_any_more(company: Company, page: Page) -> None:
    await click(page, "Sign out")

    assert await heading(page) == "You are not signed in"
    await page.goto(f"{company.host.base_url}/api/dashboard/people")
    assert await heading(page) == "You are not signed in"


async def test_every_page_is_free_of_grave_barriers_in_light_and_dark(company: Company) -> None:
    ada = await left(company, name="Seen")
    fault = {"match": {"path": f"{ada.entra_user_id}/assignLicense"}, **FORBIDDEN}
    (await company.tenant.put("/control/faults", json=[fault])).raise_for_status()
    await company.catalog(OFFICE, E3)
    person = f"people/{ada.okta_user_id}"
    paths = [
        "overview",
        "people",
        "people?named=zzz",
        person,
        f"{person}/keep",
        f"{person}/extend",
        "catalog",
        "health",
    ]
    found = {}
    try:
        async with wave(company), running_browser() as browser:
            await left(company, name="Held")
            for scheme in ("light", "dark"):
                # The policy of the pages lets no script run, axe-core's neither.
                context = await browser.new_context(bypass_csp=True, color_scheme=scheme)
                seen = await context.new_page()
                await seen.goto(f"{company.host.base_url}/api/dashboard")
                for path in paths:
                    await seen.goto(f"{company.host.base_url}/api/dashboard/{path}")
                    found[scheme, path] = await barriers(seen)
    except (NoBrowser, SetUpError) as reason:
        pytest.skip(str(reason))
    finally:
        await company.clear_catalog(OFFICE)

    assert {where: each for where, each in found.items() if each} == {}


async def test_nothing_is_wider_than_a_phone(company: Company, page: Page) -> None:
    ada = await left(company, name="W" * 60)
    await page.set_viewport_size(PHONE)

    wide = {}
    for path in ("overview", "people", f"people/{ada.okta_user_id}", f"people/{ada.okta_user_id}/keep", "catalog"):
        await page.goto(f"{company.host.base_url}/api/dashboard/{path}")
        wide[path] = await page.evaluate("document.documentElement.scrollWidth")

    assert {path: width for path, width in wide.items() if width > PHONE["width"]} == {}


async def test_planted_script_does_not_run(company: Company, page: Page) -> None:
    ran: list[str] = []
    page.on("dialog", lambda dialog: ran.append(dialog.message))
    ada = await left(company, name="<img src=x onerror=alert(1)><script>alert(2)</script>")

    await open_person(page, company, ada.okta_user_id)

    assert ran == []
    assert "<script>" in await heading(page)
