"""Write down how a row breaks its contract: what, where, why, and what to do about it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from andamio.contracts.cells import NoNumber, number_of_text
from andamio.contracts.confusions import likely_confusion
from andamio.contracts.contract import Contract, Input, TagType
from andamio.contracts.judgement import LARGEST
from andamio.contracts.samples import count_samples
from andamio.errors import Fault, Text, text

_LONGEST = 60
_LARGEST_WHOLE = 10**18


class FaultWriter:
    """Writes the faults of one contract's rows; ``label`` is how the model is called, ``pump-health@3``."""

    def __init__(self, contract: Contract, label: str | None = None) -> None:
        self.contract = contract
        self.label = label or contract.name
        self.file = f"models/{contract.name}.toml"
        self._window = contract.window

    def write(
        self, code: str, declared: Input, row: int, cell: object, value: object, unit: str | None
    ) -> Fault:
        """Write one fault.

        Args:
            code: The breach, as ``ColumnVerdict.breaches`` names it.
            declared: The tag.
            row: Its place, from 0.
            cell: What was sent.
            value: What it is in the contract's unit.
            unit: The unit it was sent in, if it was another one.
        """
        if code == "contract-missing":
            return self._fault(code, row, declared.name, *self._missing(declared))
        data: dict[str, object] = {"value": _short(cell)}
        if code == "contract-range" and declared.type is TagType.WAVEFORM:
            what = text("a sample of {tag} is too large to compute with", tag=declared.name)
            why = text("a model computes with numbers up to 3.4e38")
            return self._fault(code, row, declared.name, what, why, text("check the sensor"), data)
        if code == "contract-range":
            what, why, fix = self._range(declared, cell, float(str(value)), unit)
            data |= {"low": declared.range[0], "high": declared.range[1]} if declared.range else {}
            data |= {"unit": declared.unit} if declared.unit else {}
            return self._fault(code, row, declared.name, what, why, fix, data)
        parts = self._type(declared, cell) if code == "contract-type" else self._unknown(declared, str(value))
        return self._fault(code, row, declared.name, *parts, data)

    def extra_key(self, row: int, key: str) -> Fault:
        """Write that a row has a key that is no tag."""
        tags = [i.name for i in self.contract.inputs]
        return self._fault(
            "contract-extra",
            row,
            cut(key),
            text('the model has no input "{tag}"', tag=cut(key)),
            text("every key of a row must be an input of the contract, or asset or time"),
            nearest(key, tags) or text("remove it, or declare it in {file}", file=self.file),
        )

    def identity(self, row: int, key: str, cell: object) -> Fault:
        """Write that ``asset`` or ``time`` is not a text."""
        return self._fault(
            "contract-type",
            row,
            key,
            text("{tag} = {value} is not a text", tag=key, value=_quoted(cell)),
            text("asset is the machine's name, time the moment as text (ISO 8601)"),
            text("send it in quotes, or leave it out"),
            {"value": _short(cell)},
        )

    def unit(self, tag: str, what: Text, fix: Text) -> Fault:
        """Write that the units of a request cannot be used."""
        where = text("{model}, units", model=self.label)
        return Fault("contract-unit", what, where, None, fix, {"tag": cut(tag)})

    def _fault(
        self,
        code: str,
        row: int,
        tag: str,
        what: Text,
        why: Text,
        fix: Text,
        data: Mapping[str, object] | None = None,
    ) -> Fault:
        where = text("{model}, row {row}", model=self.label, row=row + 1)
        return Fault(code, what, where, why, fix, {"row": row, "tag": tag, **(data or {})})

    def _missing(self, declared: Input) -> tuple[Text, Text, Text]:
        return (
            text("{tag} has no value", tag=declared.name),
            text('the contract says missing = "reject"'),
            text('send a value, or write missing = "impute" in {file}', file=self.file),
        )

    def _range(
        self, declared: Input, cell: object, value: float, unit: str | None
    ) -> tuple[Text, Text, Text]:
        sent = _measured(value, declared.unit)
        if unit is not None and isinstance(cell, (str, int, float)):
            sent = text("{sent} ({value})", sent=_measured(number_of(cell), unit), value=sent)
        if declared.range is None or abs(value) > LARGEST:
            what = text("{tag} = {value} is too large to compute with", tag=declared.name, value=sent)
            return what, text("a model computes with numbers up to 3.4e38"), text("check the sensor")
        low, high = declared.range
        span = _measured(high, declared.unit)
        what = text(
            "{tag} = {value} is outside {low}–{high}", tag=declared.name, value=sent, low=low, high=span
        )
        why = text('the contract says out_of_range = "reject"')
        confusion = None if unit is not None else likely_confusion(declared, value)
        if confusion is None:
            return what, why, text("check the sensor, or widen the range in {file}", file=self.file)
        return (
            what,
            why,
            text(
                "check the sensor's unit ({hint}), or widen the range in {file}",
                hint=confusion,
                file=self.file,
            ),
        )

    def _type(self, declared: Input, cell: object) -> tuple[Text, Text, Text]:
        if declared.type is TagType.WAVEFORM:
            return self._waveform(declared, cell)
        if self._window is not None and declared.name in self._window.tags:
            return self._list(declared, cell, self._window.length)
        names = {
            TagType.NUMBER: text("a number"),
            TagType.INTEGER: text("a whole number"),
            TagType.BOOLEAN: text("true or false"),
        }
        expected = names.get(declared.type, text("a text"))
        what = text(
            "{tag} = {value} is not {expected}", tag=declared.name, value=_quoted(cell), expected=expected
        )
        why = text('the contract says type = "{type}"', type=declared.type)
        return what, why, self._spelling(declared, cell, expected)

    def _waveform(self, declared: Input, cell: object) -> tuple[Text, Text, Text]:
        samples = count_samples(cell, typed=False)
        if samples is None or samples == declared.length:
            what = text("{tag} = {value} is not a list of numbers", tag=declared.name, value=_quoted(cell))
        else:
            what = text("{tag} has {samples} samples", tag=declared.name, samples=samples)
        return (
            what,
            text('the contract says type = "waveform" and length = {length}', length=declared.length),
            text("send a list of {length} numbers, the oldest first", length=declared.length),
        )

    def _list(self, declared: Input, cell: object, length: int) -> tuple[Text, Text, Text]:
        samples = count_samples(cell, typed=False)
        if samples is None or samples == length:
            what = text("{tag} = {value} is not a list of numbers", tag=declared.name, value=_quoted(cell))
        else:
            what = text("{tag} has {samples} samples", tag=declared.name, samples=samples)
        return (
            what,
            text("the contract says [window] length = {length}", length=length),
            text("send the last {length} samples, the oldest first", length=length),
        )

    def _spelling(self, declared: Input, cell: object, expected: Text) -> Text:
        if isinstance(cell, str) and not isinstance(cell, NoNumber) and len(cell) < _LONGEST:
            for attempt in (cell, cell.replace(",", ".")):
                number = number_of_text(attempt, declared.type)
                if math.isfinite(number) and declared.type is not TagType.BOOLEAN:
                    return text(
                        "write it without quotes and with a decimal point: {number}", number=attempt.strip()
                    )
        if declared.type is TagType.INTEGER and isinstance(cell, float):
            return text('round it, or write type = "number" in {file}', file=self.file)
        return text("send {expected}", expected=expected)

    def _unknown(self, declared: Input, value: str) -> tuple[Text, Text, Text]:
        known = ", ".join(declared.values[:20])
        what = text('{tag} = "{value}" is none of {known}', tag=declared.name, value=cut(value), known=known)
        why = text('the contract says unknown = "reject"')
        add = text("add it to values in {file}, and train again", file=self.file)
        return what, why, nearest(value, declared.values) or add


def number_of(cell: object) -> float:
    """Return what was sent as a number, for the text of a fault."""
    return number_of_text(str(cell), TagType.NUMBER)


def _measured(value: float, unit: str | None) -> Text:
    return text("{value} {unit}", value=value, unit=unit) if unit else text("{value}", value=value)


def nearest(word: str, options: Iterable[str]) -> Text | None:
    """Suggest the option that a word was meant to be, or None."""
    folded = {option.casefold(): option for option in options}
    close = get_close_matches(cut(word).casefold(), folded, n=1, cutoff=0.6)
    return text('did you mean "{word}"?', word=folded[close[0]]) if close else None


def cut(shown: str) -> str:
    """Shorten a text that somebody sent to what a sentence can hold."""
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def _short(value: object) -> object:
    if isinstance(value, int) and abs(value) >= _LARGEST_WHOLE:
        return f"1e+{math.log10(abs(value)):.0f}"
    if value is None or (isinstance(value, (int, float)) and math.isfinite(value)):
        return value
    return cut(str(value))


def _quoted(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{cut(value)}"' if isinstance(value, str) else _short(value)
