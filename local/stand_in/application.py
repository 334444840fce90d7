"""A stand-in as a web application: its vendor's routes and the controls, behind what happens around every request."""

from collections.abc import Callable, Iterable, Sequence

from aiohttp import web
from aiohttp.typedefs import Middleware

from local.stand_in.control_routes import (
    SEED_SAMPLE_PEOPLE,
    SHARED_CONTROL_ROUTES,
    STAND_IN,
    explain_bad_control_requests,
)
from local.stand_in.middleware import log_requests, save_changes, strike_faults, tell_the_time
from local.stand_in.stand_in import AnyStandIn

MOST_BODY_BYTES = 16 * 1024 * 1024


def make_application(
    stand_in: AnyStandIn,
    seed_sample_people: Callable[[], None],
    routes: Iterable[web.RouteDef],
    *,
    before_faults: Sequence[Middleware] = (),
    after_faults: Sequence[Middleware],
) -> web.Application:
    """`before_faults` wrap the answers of faults too, `after_faults` those of the routes only."""
    app = web.Application(
        client_max_size=MOST_BODY_BYTES,
        middlewares=[
            log_requests(stand_in),
            tell_the_time(stand_in),
            save_changes(stand_in),
            *before_faults,
            strike_faults(stand_in),
            explain_bad_control_requests,
            *after_faults,
        ],
    )
    app[STAND_IN] = stand_in
    app[SEED_SAMPLE_PEOPLE] = seed_sample_people
    app.add_routes([*routes, *SHARED_CONTROL_ROUTES])
    app.on_cleanup.append(_stop)
    return app


async def _stop(app: web.Application) -> None:
    await app[STAND_IN].stop()
