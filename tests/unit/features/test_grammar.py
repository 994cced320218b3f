"""Expressions are read by precedence, keep their characters, and never do anything but fail kindly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andamio.errors import FeaturesRefused
from andamio.features.expressions import (
    Arithmetic,
    Call,
    Comparison,
    Negative,
    Node,
    Number,
    Quoted,
    Tag,
    children,
    parts,
    tags_of,
)
from andamio.features.grammar import MAX_PARTS, read
from andamio.features.mistakes import Unreadable
from andamio.features.tokens import MAX_LENGTH


def shown(node: Node) -> str:
    """Write an expression back with every parenthesis."""
    match node:
        case Number(value=value):
            return f"{value:g}"
        case Tag(name=name):
            return name
        case Quoted(value=value):
            return f'"{value}"'
        case Negative(operand=operand):
            return f"(-{shown(operand)})"
        case Arithmetic(sign=sign, left=left, right=right) | Comparison(sign=sign, left=left, right=right):
            return f"({shown(left)} {sign} {shown(right)})"
        case Call(function=function, arguments=arguments, options=options):
            inside = [shown(a) for a in arguments] + [f"{o.name}={shown(o.value)}" for o in options]
            return f"{function}({', '.join(inside)})"


@pytest.mark.parametrize(
    ("expression", "meaning"),
    [
        ("a - b - c", "((a - b) - c)"),
        ("a + b * c", "(a + (b * c))"),
        ("a / b / c", "((a / b) / c)"),
        ("-a ** 2", "(-(a ** 2))"),
        ("2 ** -a", "(2 ** (-a))"),
        ("a ** b ** c", "(a ** (b ** c))"),
        ("-a * b", "((-a) * b)"),
        ("a - -b", "(a - (-b))"),
        ("+a", "a"),
        ("a + 1 > b * 2", "((a + 1) > (b * 2))"),
        ("(a > b) * c", "((a > b) * c)"),
        ("a>=.5", "(a >= 0.5)"),
        ("1.5e-3*a", "(0.0015 * a)"),
        ("clip(a, 0, 10)", "clip(a, 0, 10)"),
        ('where(product == "H", a, 0)', 'where((product == "H"), a, 0)'),
        ("product != 'L'", '(product != "L")'),
        ("band_energy(envelope(v), 3.585 * hz, width=5)", "band_energy(envelope(v), (3.585 * hz), width=5)"),
        ("temperatura_año * 2", "(temperatura_año * 2)"),
        ("\ta\n + b ", "(a + b)"),
    ],
)
def test_an_expression_is_read_as_it_is_meant(expression: str, meaning: str) -> None:
    assert shown(read(expression)) == meaning


@pytest.mark.parametrize(
    ("expression", "words", "start"),
    [
        ("", "there is no expression", 0),
        ("a +", "ends too early", 3),
        ("a ^ 2", "^ has no meaning", 2),
        ("a × b", "× has no meaning", 2),
        ("a = 3", "one = compares nothing", 2),
        ("(a + b", "never closed", 0),
        ("a + b)", "nothing was opened", 5),
        ("2,5 * a", "comma outside a function", 1),
        ("2a", "a sign is missing after 2", 0),
        ("2(a)", "a sign is missing after 2", 0),
        ("a b", "a sign is missing before b", 2),
        ("a and b", "and has no meaning", 2),
        ("a < b < c", "cannot be chained", 6),
        ("* a", "missing before *", 0),
        ("min(a,, b)", "missing before ,", 6),
        ("f(width=5, a)", "without a name follows", 11),
        ('product == "H', "quote is never closed", 11),
        ("1e999 * a", "too large", 0),
        ("a.b", ". has no meaning", 1),
        ("a; b", "; has no meaning", 1),
        ("a\x00", "has no meaning", 1),
    ],
)
def test_a_mistake_of_writing_is_named_at_its_character(expression: str, words: str, start: int) -> None:
    with pytest.raises(Unreadable) as caught:
        read(expression)
    assert words in str(caught.value.mistake.what)
    assert caught.value.mistake.span.start == start


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 10_000,
        "(" * 500 + "a" + ")" * 500,
        "-" * 1_900 + "a",
        "a" + " ** a" * 390,
        "min(" * 400,
        "a" + "+a" * 900,
        "a" * 10_000_000,
        "abs(" * 45 + "a" + ")" * 45,
    ],
    ids=["parentheses", "nested", "minuses", "powers", "calls", "long sum", "ten megabytes", "deep call"],
)
def test_a_hostile_expression_is_refused_at_once(expression: str) -> None:
    with pytest.raises(Unreadable):
        read(expression)


def test_the_longest_allowed_sum_is_read_and_walked() -> None:
    terms = (MAX_PARTS + 1) // 2
    node = read("+".join(f"tag_{n}" for n in range(terms)))
    assert len(tags_of(node)) == terms


def test_parse_raises_one_fault_with_carets_under_the_place() -> None:
    from andamio.features import parse

    with pytest.raises(FeaturesRefused) as caught:
        parse("bearing_temp ^ 2")
    (found,) = caught.value.faults
    *_, expression, carets = str(found.where).splitlines()
    assert expression[carets.index("^") :].startswith("^ 2")
    assert str(found.fix) == "write **"


_pieces = st.sampled_from(
    [
        *"+-*/()<>=,.^ \"'",
        "**",
        "<=",
        "==",
        "!=",
        "a",
        "bearing_temp",
        "min",
        "where",
        "(",
        ")",
        "1",
        "2.5",
        "1e9",
        "é",
        "\n",
    ]
)


@given(st.one_of(st.text(max_size=80), st.lists(_pieces, max_size=40).map("".join)))
def test_any_text_is_read_or_refused_with_a_place_inside_it(text: str) -> None:
    read_node, mistake = None, None
    try:
        read_node = read(text)
    except Unreadable as error:
        mistake = error.mistake
    if mistake is not None:
        assert 0 <= mistake.span.start <= len(text)
        assert mistake.span.start < mistake.span.end
    elif read_node is not None:
        assert len(list(parts(read_node))) <= MAX_PARTS


@given(st.lists(_pieces, max_size=30).map("".join))
def test_every_part_lies_inside_the_part_around_it_and_reads_back_alone(text: str) -> None:
    try:
        whole = read(text)
    except Unreadable:
        return
    for part in parts(whole):
        for inner in children(part):
            assert part.span.start <= inner.span.start < inner.span.end <= part.span.end
        if not isinstance(part, (Quoted, Arithmetic, Comparison, Negative)):
            assert read(text[part.span.start : part.span.end]) == part


def test_reading_is_limited_by_length_alone_before_anything_else() -> None:
    with pytest.raises(Unreadable, match="characters long"):
        read("a" * (MAX_LENGTH + 1))
