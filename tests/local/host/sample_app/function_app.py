"""An app folder that knows nothing of the local host: the patterns of Microsoft's Durable quick starts."""

import json
import logging
import os
from datetime import timedelta

import azure.durable_functions as df
import azure.functions as func
from azure.functions.timer import TimerRequest
from more_functions import (  # type: ignore[import-not-found]  # found once a host has put this folder on the path
    Steps,
    blueprint,
    note,
)

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
app.register_functions(blueprint)

CITIES = ["Tokyo", "Seattle", "London"]


@app.route(route="orchestrators/{functionName}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def http_start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    body = req.get_json() if req.get_body() else None
    instance_id = await client.start_new(req.route_params["functionName"], req.params.get("id"), body)
    response: func.HttpResponse = client.create_check_status_response(req, instance_id)
    return response


@app.orchestration_trigger(context_name="context")
def hello_cities(context: df.DurableOrchestrationContext) -> Steps:
    tasks = [context.call_activity(say_hello, city) for city in CITIES]
    return (yield context.task_all(tasks))


@app.orchestration_trigger(context_name="context")
def hello_chain(context: df.DurableOrchestrationContext) -> Steps:
    greetings = []
    for city in context.get_input() or CITIES:
        context.set_custom_status({"greeting": city})
        greetings.append((yield context.call_activity("say_hello", city)))
        yield context.create_timer(context.current_utc_datetime + timedelta(milliseconds=30))
    return greetings


@app.activity_trigger(input_name="city")
def say_hello(city: str) -> str:
    note(f"say_hello {city}")
    return f"{os.environ['GREETING']} {city}!"


@app.orchestration_trigger(context_name="context")
def approval(context: df.DurableOrchestrationContext) -> Steps:
    context.set_custom_status("waiting")
    due = context.create_timer(context.current_utc_datetime + timedelta(days=3))
    answer = context.wait_for_external_event("Approval")
    winner = yield context.task_any([answer, due])
    if winner == due:
        return (yield context.call_activity(escalate, "manager"))
    due.cancel()
    return {"answered": answer.result}


@app.activity_trigger(input_name="whom")
async def escalate(whom: str) -> str:
    note(f"escalate {whom}")
    return f"escalated to {whom}"


@app.orchestration_trigger(context_name="context")
def monitor(context: df.DurableOrchestrationContext) -> Steps:
    state = context.get_input() or {"checks": 0}
    done = yield context.call_activity(check_job, state["checks"])
    if done:
        return state["checks"]
    yield context.create_timer(context.current_utc_datetime + timedelta(minutes=30))
    context.continue_as_new({"checks": state["checks"] + 1})
    return None


@app.activity_trigger(input_name="checks")
def check_job(checks: int) -> bool:
    return checks >= 3


@app.timer_trigger(schedule="%HEARTBEAT_SCHEDULE%", arg_name="timer")
def heartbeat(timer: TimerRequest) -> None:
    note(f"heartbeat {json.dumps({'past_due': timer.past_due, 'status': timer.schedule_status})}")
    logging.info("the heart beats")


@app.route(route="echo/{number:int}/{word?}")
def echo(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    seen = {
        "url": req.url,
        "method": req.method,
        "params": dict(req.params),
        "route": dict(req.route_params),
        "body": req.get_body().decode(),
        "header": req.headers.get("X-Mine"),
        "function": context.function_name,
    }
    headers = {"X-Answer": "yes", "Set-Cookie": "a=b; Path=/"}
    return func.HttpResponse(json.dumps(seen), status_code=201, mimetype="application/json", headers=headers)


@app.route(route="broken")
def broken(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("this function always fails")
