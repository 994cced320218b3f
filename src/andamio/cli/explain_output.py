"""What ``andamio explain`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from textwrap import wrap
from zoneinfo import ZoneInfo

from andamio.bundles import Bundle
from andamio.cli.output import Output
from andamio.explanations import (
    Explanation,
    Inside,
    Worded,
    explanation_data,
    inside_data,
    inside_words,
    worded,
)
from andamio.explanations.figures import fixed
from andamio.journal import Prediction
from andamio.kernel.clock import iso
from andamio.language import say

_SHOWN = 10
_WIDTH = 78
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Told:
    """A prediction, its explanation, and what lies inside its signals.

    ``same`` is whether its graph answers today what was recorded.
    """

    found: Prediction
    bundle: Bundle
    explanation: Explanation
    inside: Sequence[Inside]
    same: bool
    seconds: float


def tell(out: Output, told: Told, zone: ZoneInfo) -> None:
    """Print an explanation."""
    found, explanation = told.found, told.explanation
    words = worded(explanation)
    moment = datetime.fromtimestamp(found.time, zone)
    parts = [f"{found.model}@{found.version}", say("{time}", time=moment), found.asset or "", found.id]
    out.say("{line}", line=" · ".join(part for part in parts if part), style="bold")
    out.blank()
    _tell_answer(out, told, words)
    out.blank()
    _tell_contributions(out, explanation, words)
    out.blank()
    for inside in told.inside:
        said = inside_words(inside, words.scale)
        if said is not None:
            out.say("  {line}", line=said)
    if told.inside:
        out.blank()
    for note in _notes(told):
        for line in wrap(note, _WIDTH, initial_indent="  ", subsequent_indent="  "):
            out.say("{line}", line=line)
    out.data(_data(told, moment))


def _tell_answer(out: Output, told: Told, words: Worded) -> None:
    explanation, info = told.explanation, told.bundle.info
    if explanation.label is None:
        out.say("  {output}: {value}", output=told.bundle.contract.output.name, value=words.value)
    else:
        target = told.bundle.contract.target
        out.say(
            "  chance that {target} is «{label}»: {value}",
            label=explanation.label,
            target=target,
            value=words.value,
        )
    if info.classes and told.found.decision is not None:
        decided = info.classes[told.found.decision]
        if info.threshold is None:
            out.say("  decided: «{label}»", label=decided)
        else:
            bound = fixed(info.threshold * 100, 1 if info.threshold * 100 % 1 else 0) + " %"
            out.say("  decided: «{label}»; the limit is {threshold}", label=decided, threshold=bound)
    if told.found.record.quality == "fallback":
        out.say("  this version stood in for one that could not answer", style="yellow")
    if not told.same:
        out.say("  The journal has another answer than the model gives today; see below.", style="yellow")


def _tell_contributions(out: Output, explanation: Explanation, words: Worded) -> None:
    shown = max(1, min(words.told, _SHOWN))
    width = max(len(change) for change in [*words.changes[:shown], words.base, words.value])
    out.say("  {amount}  on average", amount=words.base.rjust(width))
    for change, reason in zip(words.changes[:shown], words.reasons[:shown], strict=True):
        lines = wrap(say("because {reason}", reason=reason), _WIDTH - width - 2) or [""]
        out.say("  {amount}  {line}", amount=change.rjust(width), line=lines[0])
        for line in lines[1:]:
            out.say("{line}", line=" " * (width + 4) + line)
    rest = explanation.contributions[shown:]
    if rest:
        amount = words.together(sum(one.amount for one in rest))
        others = say("from the other tag") if len(rest) == 1 else say("from the {n} other tags", n=len(rest))
        out.say("  {amount}  {line}", amount=amount.rjust(width), line=others)
    out.say("  {rule}", rule="─" * width)
    out.say("  {amount}  this prediction", amount=words.value.rjust(width))


def _notes(told: Told) -> list[str]:
    explanation = told.explanation
    shares = explanation.shares
    average = say("The average is over {n} rows of its training.", n=shares.background)
    if explanation.source == "golden":
        average = say(
            "This bundle carries no sample of its training; "
            "the average is over {n} golden rows, which is rough.",
            n=shares.background,
        )
    notes = [average]
    if any(one.usual.low is not None for one in explanation.contributions):
        notes = [f"{average} " + say("Usual is where eight rows of ten of its training lay.")]
    if shares.exact:
        notes.append(say("Every combination of tags was asked: the shares are exact."))
    elif shares.error is not None:
        notes.append(_precision(explanation, 2 * max(shares.error.tolist())))
    if shares.cut:
        notes.append(say("The time was up before everything was asked: a slow model."))
    notes.append(
        say("Tags that move together divide the credit between them, and that division is uncertain.")
    )
    notes.append(say("This is how the model calculates; it need not be what causes it in the plant."))
    if not told.same:
        notes.append(
            say("What is explained is today's answer: another processor or library calculates another one.")
        )
    return notes


def _precision(explanation: Explanation, error: float) -> str:
    asked = explanation.shares.asked
    if error <= _ROUNDING * max(abs(explanation.value), abs(explanation.base)):
        return say("{n} rows were asked in many orders, and every order gave the same shares.", n=asked)
    good = worded(explanation).error(error)
    return say("{n} rows were asked; the shares are good to ±{error}.", n=asked, error=good)


def _data(told: Told, moment: datetime) -> dict[str, object]:
    found, classes = told.found, told.bundle.info.classes
    return {
        "id": found.id,
        "model": found.model,
        "version": found.version,
        "digest": found.record.digest,
        "time": iso(moment),
        "asset": found.asset,
        "event_time": found.event_time,
        "route": found.record.route,
        "quality": found.record.quality,
        "flags": list(found.flags),
        "label": classes[found.decision] if classes and found.decision is not None else None,
        "same_answer": told.same,
        "seconds": round(told.seconds, 3),
        "explanation": explanation_data(told.explanation),
        **({"inside": inside_data(told.inside)} if told.inside else {}),
    }
