"""Read an expression: a small grammar of its own, so that a contract can never carry code.

    comparison  :=  sum [("<" | "<=" | ">" | ">=" | "==" | "!=") sum]
    sum         :=  product (("+" | "-") product)*
    product     :=  signed (("*" | "/") signed)*
    signed      :=  "-" signed | "+" signed | power
    power       :=  atom ["**" signed]
    atom        :=  NUMBER | QUOTED | NAME | NAME "(" arguments ")" | "(" comparison ")"
    arguments   :=  [argument ("," argument)*]      argument := [NAME "="] comparison

It is read by precedence climbing; every part keeps its characters. Length, depth and the number of
parts are limited, so that no text, however hostile, costs more than a moment.
"""

from __future__ import annotations

import math
from functools import lru_cache

from andamio.errors import text
from andamio.features.expressions import (
    Arithmetic,
    Call,
    Comparison,
    Negative,
    Node,
    Number,
    Option,
    Quoted,
    Span,
    Tag,
)
from andamio.features.mistakes import Unreadable, unreadable
from andamio.features.tokens import Word, words

MAX_DEPTH = 40
MAX_PARTS = 200

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
# How tightly each sign binds its two sides; ** is read apart, because it binds from the right.
_BINDING = dict.fromkeys(COMPARISONS, 1) | {"+": 2, "-": 2, "*": 3, "/": 3}


@lru_cache(maxsize=4096)
def read(expression: str) -> Node:
    """Read one expression into its parts.

    Raises:
        Unreadable: With the first mistake and its characters.
    """
    return _Reader(words(expression)).whole()


class _Reader:
    def __init__(self, found: list[Word]) -> None:
        self._words = found
        self._next = 0
        self._depth = 0
        self._parts = 0

    @property
    def word(self) -> Word:
        return self._words[self._next]

    def whole(self) -> Node:
        if self.word.kind == "end":
            raise unreadable(text("there is no expression"), self.word.span)
        node = self.climb(0)
        if self.word.kind != "end":
            raise self._left_over()
        return node

    def climb(self, binding: int) -> Node:
        """Read a part and all signs to its right that bind at least as tightly as ``binding``."""
        self._enter()
        left = self._signed()
        while self.word.kind == "sign" and _BINDING.get(self.word.text, -1) > binding:
            sign = self._take()
            right = self.climb(_BINDING[sign.text])
            span = left.span.to(right.span)
            if sign.text in COMPARISONS:
                left = self._part(Comparison(sign.text, left, right, span))
                self._refuse_chain()
            else:
                left = self._part(Arithmetic(sign.text, left, right, span))
        self._depth -= 1
        return left

    def _signed(self) -> Node:
        self._enter()
        start = self.word
        if start.kind == "sign" and start.text in "+-":
            self._take()
            operand = self._signed()
            if start.text == "-":
                operand = self._part(Negative(operand, start.span.to(operand.span)))
        else:
            operand = self._power()
        self._depth -= 1
        return operand

    def _power(self) -> Node:
        base = self._atom()
        if self.word.text == "**" and self.word.kind == "sign":
            self._take()
            exponent = self._signed()
            return self._part(Arithmetic("**", base, exponent, base.span.to(exponent.span)))
        return base

    def _atom(self) -> Node:
        word = self._take()
        if word.kind == "number":
            return self._number(word)
        if word.kind == "quoted":
            return self._part(Quoted(word.text[1:-1], word.span))
        if word.kind == "name":
            if self.word.text == "(":
                return self._call(word)
            return self._part(Tag(word.text, word.span))
        if word.text == "(":
            node = self.climb(0)
            self._close(word)
            return node
        raise _expected_part(word)

    def _number(self, word: Word) -> Node:
        value = float(word.text)
        if not math.isfinite(value) or abs(value) > 3.4e38:
            raise unreadable(text("{number} is too large a number", number=word.text), word.span)
        if self.word.kind in ("name", "number") or self.word.text == "(":
            raise unreadable(
                text("a sign is missing after {number}", number=word.text),
                word.span.to(self.word.span),
                text("write {number} * {name}", number=word.text, name=self.word.text),
            )
        return self._part(Number(value, word.span))

    def _call(self, name: Word) -> Node:
        opening = self._take()
        arguments: list[Node] = []
        options: list[Option] = []
        while self.word.text != ")":
            after = self._words[min(self._next + 1, len(self._words) - 1)]
            if self.word.kind == "name" and after.text == "=":
                options.append(self._option())
            elif options:
                raise unreadable(
                    text("an argument without a name follows one with a name"),
                    self.word.span,
                    text("put it before {name}=", name=options[0].name),
                )
            else:
                arguments.append(self.climb(0))
            if self.word.text != ",":
                break
            self._take()
        closing = self._close(opening)
        return self._part(
            Call(name.text, tuple(arguments), tuple(options), name.span.to(closing.span), name.span)
        )

    def _option(self) -> Option:
        name = self._take()
        self._take()
        value = self.climb(0)
        return Option(name.text, value, name.span.to(value.span))

    def _close(self, opening: Word) -> Word:
        if self.word.kind == "end":
            raise unreadable(text("the parenthesis is never closed"), opening.span, text("add a )"))
        if self.word.text != ")":
            raise self._left_over()
        return self._take()

    def _take(self) -> Word:
        word = self.word
        if word.kind != "end":
            self._next += 1
        return word

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > 2 * MAX_DEPTH:
            raise unreadable(
                text("the expression is nested too deeply"),
                self.word.span,
                text("nest at most {limit} levels", limit=MAX_DEPTH),
            )

    def _part(self, node: Node) -> Node:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise unreadable(
                text("the expression has too many parts"),
                node.span,
                text("use at most {limit} numbers, names and signs", limit=MAX_PARTS),
            )
        return node

    def _refuse_chain(self) -> None:
        if self.word.kind == "sign" and self.word.text in COMPARISONS:
            raise unreadable(
                text("comparisons cannot be chained"),
                self.word.span,
                text("write min(a < b, b < c) for a < b < c"),
            )

    def _left_over(self) -> Unreadable:
        word = self.word
        if word.kind == "sign" and word.text == "=":
            return unreadable(text("one = compares nothing"), word.span, text("write =="))
        if word.kind == "sign" and word.text == ",":
            return unreadable(
                text("there is a comma outside a function"),
                word.span,
                text("write decimals with a point: 2.5"),
            )
        if word.kind == "sign" and word.text == ")":
            return unreadable(text("nothing was opened that this parenthesis closes"), word.span)
        if word.kind == "name" and word.text.lower() in ("and", "or"):
            pattern = "min(a > 1, b > 2)" if word.text.lower() == "and" else "max(a > 1, b > 2)"
            return unreadable(
                text("{word} has no meaning in an expression", word=word.text),
                word.span,
                text("write {instead}", instead=pattern),
            )
        return unreadable(
            text("a sign is missing before {word}", word=word.text),
            word.span,
            text("join the two parts with one of + - * / **"),
        )


def _expected_part(word: Word) -> Unreadable:
    if word.kind == "end":
        return unreadable(
            text("the expression ends too early"), Span(word.span.start, word.span.end), text("complete it")
        )
    return unreadable(
        text("a number, an input or a function is missing before {word}", word=word.text), word.span
    )
