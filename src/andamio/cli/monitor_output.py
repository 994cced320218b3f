"""How findings and episodes are told in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

import msgspec

from andamio.cli.output import Output
from andamio.errors import AndamioError
from andamio.kernel import clock
from andamio.language import error_json, render_error, say
from andamio.monitoring.findings import Finding, Level
from andamio.monitoring.following import Episode
from andamio.monitoring.opening import Watched
from andamio.monitoring.plain import assets_data, cause_name, finding_data, moment_at
from andamio.monitoring.rounds import Looked, Round

_Key = tuple[str, int, str, str | None, str | None, Level]


def looked_data(one: Looked) -> dict[str, Any]:
    """Return a look for a program."""
    return {
        "model": one.watched.model,
        "version": one.watched.served.version,
        "reference": "bundle" if one.watched.rebase is None else one.watched.rebase.id,
        "rows": one.rows,
        "judged": _judged(one),
        "kept": one.kept,
        "assets": assets_data(one.watched.watch),
        "findings": [finding_data(finding) for finding in one.findings],
    }


def tell_look(out: Output, one: Looked, zone: tzinfo) -> None:
    """Tell what stands for one version, the most urgent first."""
    watch = one.watched.watch
    rows = sum(asset.line.counts.fed for asset in watch.assets.values())
    alarms = sum(finding.level is Level.ALARM for finding in one.findings)
    out.say(
        "{model}@{version}: {new} new {new:row|rows} read; {rows} watched so far, of {assets} "
        "{assets:asset|assets}",
        model=one.watched.model,
        version=one.watched.served.version,
        rows=rows,
        assets=len(watch.assets),
        new=one.rows,
    )
    if one.watched.rebase is not None:
        out.say("  compared with the rebase of {time}", time=one.watched.rebase.at[:16])
    if _judged(one):
        out.say("  {n} {n:answer|answers} held against {n:its|their} truth", n=_judged(one))
    if watch.waiting():
        out.say("  {rows} {rows:row waits|rows wait} for older ones", rows=watch.waiting())
    if not one.kept:
        out.say("  another process keeps this watch; this look was not kept")
    if not alarms:
        out.say("  nothing that needs a person", style="green")
    for finding in one.findings:
        _tell_finding(out, finding, zone)


def _judged(one: Looked) -> int:
    judging = one.watched.watch.judging
    return 0 if judging is None else judging.judged


def _tell_finding(out: Output, finding: Finding, zone: tzinfo) -> None:
    mark, style = ("!", "red") if finding.level is Level.ALARM else ("·", "yellow")
    asset = f"{finding.asset}: " if finding.asset else ""
    out.say("  {mark} {asset}{what}", mark=mark, asset=asset, what=finding.what, style=style)
    if finding.since is not None:
        out.say("      since {time}", time=finding.since.astimezone(zone))
    if finding.cause is not None and finding.certainty is not None:
        out.say(
            "      cause: {cause} ({percent} % sure)",
            cause=say(cause_name(finding.cause)),
            percent=round(100 * finding.certainty),
        )
    elif finding.cause is not None:
        out.say("      cause: {cause}", cause=say(cause_name(finding.cause)))
    out.say("      {fix}", fix=finding.fix)


def tell_episodes(
    out: Output, watched: Watched, rows: int, episodes: Sequence[Episode], zone: tzinfo
) -> None:
    """Tell what would have stood from when to when."""
    alarms = sum(episode.level is Level.ALARM for episode in episodes)
    out.say(
        "{model}@{version}: {rows} {rows:row|rows} looked at; {alarms} {alarms:alarm|alarms} "
        "and {others} {others:notice|notices} would have stood",
        model=watched.model,
        version=watched.served.version,
        rows=rows,
        alarms=alarms,
        others=len(episodes) - alarms,
    )
    for episode in episodes:
        mark, style = ("!", "red") if episode.level is Level.ALARM else ("·", "yellow")
        asset = f"{episode.asset}: " if episode.asset else ""
        out.say("  {mark} {asset}{what}", mark=mark, asset=asset, what=episode.what, style=style)
        raised, cleared = moment_at(episode.raised), moment_at(episode.cleared)
        start = None if raised is None else raised.astimezone(zone)
        if cleared is None:
            out.say("      from {start}, to the end", start=start)
        else:
            out.say("      from {start} to {end}", start=start, end=cleared.astimezone(zone))


class Teller:
    """Tells of many looks what changed: what has come to stand, and what no longer does."""

    def __init__(self, out: Output, zone: tzinfo) -> None:
        self._out = out
        self._zone = zone
        self._standing: dict[_Key, Finding] = {}
        self._failing: set[str] = set()
        self._trouble = ""
        self.is_first = True

    def tell(self, found: Round) -> None:
        """Tell one round."""
        now = {_key(one, finding): finding for one in found.looked for finding in one.findings}
        if self._out.json:
            self._line(found)
        elif self.is_first:
            for one in found.looked:
                tell_look(self._out, one, self._zone)
        else:
            for key in now.keys() - self._standing.keys():
                _tell_finding(self._out, now[key], self._zone)
            for key in self._standing.keys() - now.keys():
                self._out.say("  ✓ no longer: {what}", what=self._standing[key].what)
        for name in found.failures.keys() - self._failing:
            sys.stderr.write(render_error(found.failures[name]) + "\n")
        self._standing, self._failing, self.is_first = now, set(found.failures), False
        sys.stdout.flush()

    def tell_trouble(self, error: AndamioError) -> None:
        """Tell, once, what kept a whole round from being made or its alarms from being kept."""
        if error.code != self._trouble:
            sys.stderr.write(render_error(error) + "\n")
            sys.stderr.flush()
        self._trouble = error.code

    def no_trouble(self) -> None:
        """Forget the last trouble: when it comes again, it is told again."""
        self._trouble = ""

    def _line(self, found: Round) -> None:
        value = {
            "at": clock.iso(clock.now()),
            "models": [looked_data(one) for one in found.looked],
            "errors": [error_json(error)["error"] for error in found.failures.values()],
        }
        sys.stdout.write(msgspec.json.encode(value, enc_hook=str).decode() + "\n")


def _key(one: Looked, finding: Finding) -> _Key:
    served = one.watched.served
    return one.watched.model, served.version, finding.kind, finding.asset, finding.tag, finding.level
