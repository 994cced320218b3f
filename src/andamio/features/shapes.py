"""Check what each part of an expression is: a number, a truth, a category, a waveform."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from andamio.contracts.contract import Input, TagType
from andamio.contracts.signal import Signal
from andamio.errors import Text, text
from andamio.features.expressions import (
    Arithmetic,
    Call,
    Comparison,
    Negative,
    Node,
    Number,
    Quoted,
    Span,
    Tag,
)
from andamio.features.functions import CONSTANTS, FUNCTIONS, WINDOWS, Shape, Signature
from andamio.features.mistakes import Mistake

_SHAPES = {
    TagType.NUMBER: Shape.NUMBER,
    TagType.INTEGER: Shape.NUMBER,
    TagType.BOOLEAN: Shape.TRUTH,
    TagType.CATEGORY: Shape.CATEGORY,
    TagType.WAVEFORM: Shape.WAVEFORM,
}

_TYPED = (Shape.COUNT, Shape.CONSTANT, Shape.WINDOW)
# What else fits where something is wanted.
_ALSO = {Shape.NUMBER: (Shape.TRUTH, Shape.SERIES), Shape.WAVEFORM: (Shape.SERIES,)}


class ShapeCheck:
    """Walks one expression and collects every mistake of name, number of arguments and shape.

    Args:
        inputs: The inputs by name.
        features: The names of all features, to tell kindly that they cannot be used.
        signals: The signals by name: waveforms, and the windows of numbers.
    """

    def __init__(
        self, inputs: Mapping[str, Input], features: frozenset[str], signals: Mapping[str, Signal]
    ) -> None:
        self._inputs = inputs
        self._features = features
        self._signals = signals
        self.mistakes: list[Mistake] = []

    def whole(self, node: Node) -> None:
        """Check a whole feature, which must be a number or a truth."""
        self._expect(node, Shape.NUMBER)

    def shape(self, node: Node) -> Shape:
        """Tell what a part is; UNKNOWN where a mistake below it has been noted already."""
        match node:
            case Number():
                return Shape.NUMBER
            case Quoted():
                self._note(
                    "feature-shape",
                    text("a text can only be compared with a category"),
                    node.span,
                    text('write CATEGORY == "{value}"', value=node.value),
                )
                return Shape.UNKNOWN
            case Tag():
                return self._tag(node)
            case Negative(operand=operand):
                self._expect(operand, Shape.NUMBER)
                return Shape.NUMBER
            case Arithmetic(sign=sign, left=left, right=right):
                sides = {self._expect(left, Shape.NUMBER), self._expect(right, Shape.NUMBER)}
                return Shape.TRUTH if sign == "*" and sides == {Shape.TRUTH} else Shape.NUMBER
            case Comparison():
                self._comparison(node)
                return Shape.TRUTH
            case Call():
                return self._call(node)

    def _tag(self, node: Tag) -> Shape:
        if node.name in self._inputs:
            return _SHAPES[self._inputs[node.name].type]
        if node.name in CONSTANTS:
            return Shape.NUMBER
        if node.name in self._features:
            self._note(
                "feature-name",
                text("{name} is a feature; an expression may use inputs only", name=node.name),
                node.span,
                text("write the expression of {name} out here", name=node.name),
            )
        elif node.name in FUNCTIONS:
            self._note(
                "feature-name",
                text("{name} is a function", name=node.name),
                node.span,
                text("give it arguments: {name}(…)", name=node.name),
            )
        else:
            self._note(
                "feature-name",
                text("there is no input {name}", name=node.name),
                node.span,
                _nearest(
                    node.name, (*self._inputs, *CONSTANTS), text("declare [input.{name}]", name=node.name)
                ),
            )
        return Shape.UNKNOWN

    def _expect(self, node: Node, wanted: Shape) -> Shape:
        if wanted in _TYPED:
            return self._typed(node, wanted)
        if wanted is Shape.WAVEFORM and isinstance(node, Tag) and node.name in self._signals:
            return Shape.WAVEFORM
        found = self.shape(node)
        fits = found is wanted or (found in _ALSO.get(wanted, ()))
        if not fits and found is not Shape.UNKNOWN:
            self._note("feature-shape", *_misfit(node, found, wanted))
            return Shape.UNKNOWN
        return found

    def _typed(self, node: Node, wanted: Shape) -> Shape:
        """Check what must stand there as typed."""
        if wanted is Shape.WINDOW:
            if not isinstance(node, Quoted) or node.value not in WINDOWS:
                names = ", ".join(f'"{name}"' for name in WINDOWS)
                self._note(
                    "feature-arguments",
                    text("this is no window function"),
                    node.span,
                    text("it is one of {names}", names=names),
                )
            return wanted
        value = node.value if isinstance(node, Number) else None
        if isinstance(node, Negative) and isinstance(node.operand, Number):
            value = -node.operand.value
        if wanted is Shape.COUNT and (value is None or value < 1 or value != int(value)):
            self._note("feature-arguments", text("a whole number from 1 on is needed here"), node.span)
        elif value is None:
            self._note("feature-arguments", text("a number as typed is needed here"), node.span)
        return wanted

    def _comparison(self, node: Comparison) -> None:
        left, right = node.left, node.right
        if isinstance(left, Quoted):
            left, right = right, left
        if not isinstance(right, Quoted):
            self._expect(left, Shape.NUMBER)
            self._expect(right, Shape.NUMBER)
            return
        if isinstance(left, Quoted) or self.shape(left) is not Shape.CATEGORY or not isinstance(left, Tag):
            self._note(
                "feature-shape",
                text("a text can only be compared with a category"),
                right.span,
            )
        elif node.sign not in ("==", "!="):
            self._note(
                "feature-shape",
                text("categories have no order"),
                node.span,
                text("compare them with == or !="),
            )
        elif right.value not in self._inputs[left.name].values:
            values = self._inputs[left.name].values
            self._note(
                "feature-name",
                text('{name} has no value "{value}"', name=left.name, value=right.value),
                right.span,
                _nearest(right.value, values, text("its values are {values}", values=", ".join(values))),
            )

    def _call(self, node: Call) -> Shape:
        signature = FUNCTIONS.get(node.function)
        if signature is None:
            self._note(
                "feature-name",
                text("there is no function {name}", name=node.function),
                node.name_span,
                _nearest(
                    node.function, FUNCTIONS, text("the functions are {names}", names=", ".join(FUNCTIONS))
                ),
            )
            for part in (*node.arguments, *(option.value for option in node.options)):
                self.shape(part)
            return Shape.UNKNOWN
        self._count(node, signature)
        shapes = [
            self._expect(argument, signature.arguments[min(place, len(signature.arguments) - 1)])
            for place, argument in enumerate(node.arguments)
        ]
        self._options(node, signature)
        if node.function in ("min", "max") and set(shapes) == {Shape.TRUTH}:
            return Shape.TRUTH
        return signature.gives

    def _count(self, node: Call, signature: Signature) -> None:
        wanted, given = len(signature.arguments), len(node.arguments)
        least = wanted - signature.optional
        if least <= given <= wanted or (signature.more and given > wanted):
            return
        counts = {"name": node.function, "wanted": least if given < least else wanted, "given": given}
        if signature.more:
            what = text("{name} was given {given} arguments and takes at least {wanted}", **counts)
        else:
            what = text("{name} was given {given} arguments and takes {wanted}", **counts)
        self._note("feature-arguments", what, node.span)

    def _options(self, node: Call, signature: Signature) -> None:
        seen: set[str] = set()
        for option in node.options:
            if option.name not in signature.options or option.name in seen:
                known = ", ".join(f"{name}=" for name in signature.options)
                self._note(
                    "feature-arguments",
                    text("{name} takes no argument {option}=", name=node.function, option=option.name),
                    option.span,
                    text("it takes {known}", known=known) if known else None,
                )
            seen.add(option.name)
            known_one = signature.options.get(option.name)
            self._expect(option.value, known_one.shape if known_one else Shape.NUMBER)
        needed = [name for name, setting in signature.options.items() if setting.needed]
        if signature.band and len(node.arguments) == 2:
            needed.append("width")
        for name in needed:
            if name not in seen:
                self._note(
                    "feature-arguments",
                    text("{name} needs {option}=", name=node.function, option=name),
                    node.span,
                )
        if signature.band:
            self._band(node, seen)

    def _band(self, node: Call, seen: set[str]) -> None:
        edges = seen & {"low", "high"}
        around = len(node.arguments) == 2
        if (around and edges) or (not around and ("width" in seen or not edges)):
            self._note(
                "feature-arguments",
                text("{name} needs one band", name=node.function),
                node.span,
                text("give it a frequency and width=, or low= and high="),
            )

    def _note(self, code: str, what: Text, span: Span, fix: Text | None = None) -> None:
        self.mistakes.append(Mistake(code, what, span, None, fix))


def _misfit(node: Node, found: Shape, wanted: Shape) -> tuple[Text, Span, Text]:
    name = node.name if isinstance(node, Tag) else "…"
    if found is Shape.CATEGORY:
        return (
            text("{name} is a category, not a number", name=name),
            node.span,
            text('compare it with one of its values: {name} == "…"', name=name),
        )
    if found is Shape.WAVEFORM:
        return (
            text("this is a waveform, not a number"),
            node.span,
            text("take a number from it, as rms(…) does"),
        )
    if wanted is Shape.WAVEFORM:
        return (
            text("a waveform is needed here"),
            node.span,
            text("name an input of type waveform, or declare [window] for the windows of numbers"),
        )
    return (
        text("where asks a question here, and this is a number"),
        node.span,
        text("write a comparison, as {name} > 0", name=name),
    )


def _nearest(word: str, options: Mapping[str, object] | tuple[str, ...], otherwise: Text) -> Text:
    folded = {option.casefold(): option for option in options}
    close = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return text('did you mean "{word}"?', word=folded[close[0]]) if close else otherwise
