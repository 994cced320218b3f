"""``andamio alarms``: what stands, what a person does about it, and what was told to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from andamio.app import Plant
from andamio.cli.alarms_output import AlarmPrinter
from andamio.cli.output import Json, Output
from andamio.errors import Fault, NotFound, NotificationFailed, Text, text
from andamio.kernel import clock
from andamio.language import say
from andamio.monitoring.alarms.as_data import alarm_data, event_data, standing_data
from andamio.notification.sender import targets_named
from andamio.registry import parse_moment

if TYPE_CHECKING:
    from andamio.monitoring.alarms import Alarm

command = typer.Typer()

Ids = Annotated[
    list[str], typer.Argument(metavar="ID...", help=say("the numbers of alarms, or of a flood, such as F3"))
]
Comment = Annotated[str, typer.Option(help=say("a remark, for the journal of alarms and the audit log"))]
Reason = Annotated[str, typer.Option(help=say("why, for the journal of alarms and the audit log"))]


@command.callback(invoke_without_command=True)
def alarms(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help=say("also what is put aside, and floods in their parts"))
    ] = False,
    json: Json = False,
) -> None:
    """List what stands."""
    if context.invoked_subcommand is not None:
        return
    out = Output(json=json)
    plant = Plant.open()
    standing = plant.alarms.standing(all_states=everything)
    queues = plant.alarms.outbox.queues()
    _printer(out, plant).standing(standing, queues)
    out.data(
        standing_data(standing)
        | {
            "notification": [
                {
                    "target": queue.target,
                    "waiting": queue.waiting,
                    "since": clock.iso(queue.since) if queue.since else None,
                    "given_up": queue.given_up,
                    "sent": queue.sent,
                    "reason": queue.reason or None,
                }
                for queue in queues
            ]
        }
    )


@command.command(help=say("Show everything about an alarm or a flood"))
def show(ids: Ids, json: Json = False) -> None:
    """Show alarms with all their findings and what happened to them."""
    out = Output(json=json)
    plant = Plant.open()
    printer = _printer(out, plant)
    shown = []
    for alarm in plant.alarms.find(ids):
        events = plant.alarms.history([alarm.id], newest=20)
        printer.details(alarm, events)
        out.blank()
        shown.append(alarm_data(alarm) | {"history": [event_data(event) for event in events]})
    out.data({"alarms": shown})


@command.command(help=say("Read the journal of alarms: every transition, who and why"))
def history(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID...]", help=say("only of these alarms"), show_default=False),
    ] = None,
    last: Annotated[int, typer.Option(min=1, help=say("how many of the newest rows to show"))] = 50,
    since: Annotated[
        str, typer.Option(metavar="MOMENT", help=say("only from this moment on, such as 2026-11-01T14:30"))
    ] = "",
    json: Json = False,
) -> None:
    """Read the journal."""
    out = Output(json=json)
    plant = Plant.open()
    begin = parse_moment(since, plant.settings.time_zone) if since else None
    events = plant.alarms.history(ids or (), since=begin, newest=last)
    if not events:
        out.say("The journal of alarms has no such rows.")
    _printer(out, plant).history(events)
    out.data({"events": [event_data(event) for event in events]})


@command.command(help=say("Acknowledge: you have seen it, and it stops calling"))
def ack(ids: Ids, comment: Comment = "", *, json: Json = False) -> None:
    """Acknowledge alarms."""
    _act(
        text("acknowledged"),
        lambda plant: plant.alarms.acknowledge(ids, actor=plant.actor, reason=comment),
        json=json,
    )


@command.command(help=say("Put an alarm aside for some hours; it comes back by itself"))
def shelve(
    ids: Ids,
    hours: Annotated[float, typer.Option(help=say("for how long"))] = 8.0,
    reason: Reason = "",
    *,
    json: Json = False,
) -> None:
    """Shelve alarms."""
    _act(
        text("shelved; it comes back by itself"),
        lambda plant: plant.alarms.shelve(ids, hours=hours, reason=reason, actor=plant.actor),
        json=json,
    )


@command.command(help=say("Take an alarm from the shelf before its time"))
def unshelve(ids: Ids, comment: Comment = "", *, json: Json = False) -> None:
    """Take alarms from the shelf."""
    _act(
        text("back from the shelf"),
        lambda plant: plant.alarms.unshelve(ids, actor=plant.actor, reason=comment),
        json=json,
    )


@command.command("out-of-service", help=say("Take an alarm out of service until somebody puts it back"))
def out_of_service(ids: Ids, reason: Reason = "", *, json: Json = False) -> None:
    """Take alarms out of service."""
    _act(
        text("out of service until somebody puts it back"),
        lambda plant: plant.alarms.take_out_of_service(ids, reason=reason, actor=plant.actor),
        json=json,
    )


@command.command("in-service", help=say("Put an alarm back into service"))
def in_service(ids: Ids, comment: Comment = "", *, json: Json = False) -> None:
    """Put alarms back into service."""
    _act(
        text("back in service"),
        lambda plant: plant.alarms.put_in_service(ids, actor=plant.actor, reason=comment),
        json=json,
    )


@command.command(help=say("Write a remark into the journal of alarms"))
def comment(ids: Ids, reason: Reason = "", *, json: Json = False) -> None:
    """Write a remark."""
    _act(
        text("remark noted"),
        lambda plant: plant.alarms.comment(ids, actor=plant.actor, reason=reason),
        json=json,
    )


@command.command(help=say("Send now what waits in the outbox of notifications"))
def deliver(json: Json = False) -> None:
    """Send what is due, once."""
    out = Output(json=json)
    done = Plant.open().sender.run_once()
    out.say("Messages sent: {n}", n=done.sent)
    for name in done.unnamed:
        out.say("Nobody in andamio.toml is called {target}; its messages wait.", target=name, style="yellow")
    failures = {failure.target: failure.reason for failure in done.failures}
    if failures:
        raise _failed(failures, text("what was not taken waits and is tried again by itself"))
    out.data({"sent": done.sent, "unnamed": list(done.unnamed)})


@command.command("test-notification", help=say("Send a test message to the targets that the settings name"))
def try_targets(
    target: Annotated[
        str, typer.Argument(metavar="[TARGET]", help=say("only this target"), show_default=False)
    ] = "",
    *,
    json: Json = False,
) -> None:
    """Send a test message past the outbox, and say what came of it."""
    from andamio.cli.trial_message import send_test

    out = Output(json=json)
    plant = Plant.open()
    settings = plant.settings.notification
    named = targets_named(settings, [target] if target else [])
    if not named:
        names = ", ".join(known.name for known in settings.target)
        raise NotFound(
            text("andamio.toml names no such target of notifications")
            if target
            else text("andamio.toml names nobody who is told of alarms"),
            where=text("{place}", place=plant.folder.root / "andamio.toml"),
            fix=text("its targets: {names}", names=names)
            if names
            else text("add a [[notification.target]] with a name and an address; docs/settings.md shows how"),
        )
    failures = send_test(plant.settings, named)
    for known in named:
        if known.name not in failures:
            out.say("{target} took the test message.", target=known.name, style="green")
    if failures:
        raise _failed(failures, text("check the address in andamio.toml, its secret, and the network"))
    out.data({"sent": [known.name for known in named]})


def _act(done: Text, act: Callable[[Plant], list[Alarm]], *, json: bool) -> None:
    out = Output(json=json)
    plant = Plant.open()
    found = act(plant)
    for alarm in found:
        place = alarm.asset or alarm.model
        out.say("{id}  {place}: {done}", id=str(alarm.id), place=place, done=done)
    left = plant.alarms.standing().waiting
    if left:
        out.say("Alarms that still wait for you: {n}", n=left)
    else:
        out.say("No alarm waits for you.", style="green")
    out.data({"alarms": [alarm_data(alarm) for alarm in found], "waiting": left})


def _printer(out: Output, plant: Plant) -> AlarmPrinter:
    return AlarmPrinter(out, plant.settings.time_zone, clock.now())


def _failed(failures: dict[str, str], fix: Text) -> NotificationFailed:
    return NotificationFailed(
        text("a notification was not taken: {targets}", targets=", ".join(failures)),
        fix=fix,
        faults=[
            Fault(
                "notification-failed",
                text("{target}: {reason}", target=target, reason=reason),
                data={"target": target},
            )
            for target, reason in failures.items()
        ],
    )
