"""Every sentence a person reads exists in Spanish, with the same holes."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import jinja2

SOURCE = Path(__file__).parents[2] / "src" / "andamio"
CATALOGUES = SOURCE / "language" / "es"
SPEAKERS = {"say", "text", "title"}
PRINTERS = {"echo", "print", "secho", "table"}


def holes(sentence: str) -> set[str]:
    return {name.split(".")[0].split("[")[0] for _, name, _, _ in Formatter().parse(sentence) if name}


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            yield name, node


def python_sentences() -> Iterator[tuple[str, str]]:
    for file in sorted(SOURCE.rglob("*.py")):
        for name, call in calls(ast.parse(file.read_text(encoding="utf-8"))):
            if name in SPEAKERS and call.args and isinstance(call.args[0], ast.Constant):
                sentence = call.args[0].value
                if isinstance(sentence, str):
                    yield sentence, f"{file.relative_to(SOURCE)}:{call.lineno}"


def template_sentences() -> Iterator[tuple[str, str]]:
    for file in sorted(SOURCE.rglob("*.jinja")):
        tree = jinja2.Environment(autoescape=True).parse(file.read_text(encoding="utf-8"))
        for call in tree.find_all(jinja2.nodes.Call):
            if isinstance(call.node, jinja2.nodes.Name) and call.node.name == "say" and call.args:
                sentence = call.args[0]
                if isinstance(sentence, jinja2.nodes.Const):
                    yield str(sentence.value), f"{file.relative_to(SOURCE)}:{call.lineno}"


def spoken() -> dict[str, str]:
    return dict([*python_sentences(), *template_sentences()])


def spanish() -> dict[str, str]:
    sentences: dict[str, str] = {}
    for file in sorted(CATALOGUES.glob("*.toml")):
        for english, translated in tomllib.loads(file.read_text(encoding="utf-8")).items():
            assert sentences.get(english, translated) == translated, (
                f"{file.name}: two translations of {english!r}"
            )
            sentences[english] = translated
    return sentences


def worth_translating(sentence: str) -> bool:
    bare = re.sub(r"\{[^}]*\}", "", sentence.replace("Andamio", ""))
    return re.search(r"[A-Za-z]{2}", bare) is not None


def test_every_sentence_has_its_spanish() -> None:
    translated = spanish()
    missing = {s: where for s, where in spoken().items() if worth_translating(s) and s not in translated}
    assert not missing


def test_a_translation_has_the_holes_of_its_sentence() -> None:
    assert {e: s for e, s in spanish().items() if holes(e) != holes(s)} == {}


def test_no_translation_is_left_without_its_sentence() -> None:
    said = spoken()
    assert sorted(e for e in spanish() if e not in said) == []


def test_no_sentence_is_built_before_it_is_said() -> None:
    """An f-string or a concatenation can not be looked up in a catalogue."""
    built = [
        f"{file.relative_to(SOURCE)}:{call.lineno}"
        for file in sorted(SOURCE.rglob("*.py"))
        for name, call in calls(ast.parse(file.read_text(encoding="utf-8")))
        if name in SPEAKERS and call.args and isinstance(call.args[0], (ast.JoinedStr, ast.BinOp))
    ]
    assert built == []


def test_a_command_prints_no_bare_english() -> None:
    bare = []
    for file in sorted((SOURCE / "cli").glob("*.py")):
        for name, call in calls(ast.parse(file.read_text(encoding="utf-8"))):
            if name in PRINTERS:
                arguments = list(call.args)
            else:
                arguments = [k.value for k in call.keywords if k.arg == "help"]
            for argument in arguments:
                elements = argument.elts if isinstance(argument, (ast.List, ast.Tuple)) else [argument]
                bare += [
                    f"{file.name}:{call.lineno}: {e.value}"
                    for e in elements
                    if isinstance(e, ast.Constant) and isinstance(e.value, str) and worth_translating(e.value)
                ]
    assert bare == []


def test_a_template_shows_no_bare_english() -> None:
    bare = []
    for file in sorted(SOURCE.rglob("*.jinja")):
        body = re.sub(
            r"(?s)<style.*?</style>|<script.*?</script>|<!--.*?-->", "", file.read_text(encoding="utf-8")
        )
        for _, token, value in jinja2.Environment(autoescape=True).lex(body):
            if token == "data":
                shown = re.sub(r"(?s)<[^>]*>|^[^<]*>|<[^>]*$", " ", value)
                bare += [f"{file.name}: {shown.strip()}"] if worth_translating(shown) else []
    assert bare == []
