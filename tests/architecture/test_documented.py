"""Nothing that a person may type or meet is without its page, and no page speaks of what is not there."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from typer._click.exceptions import ClickException

from andamio.cli.application import load_command
from andamio.cli.commands import COMMANDS
from andamio.cli.error import exit_statuses
from andamio.contracts import parse_contract
from andamio.contracts.reading.gates import METRICS, NOISE_METRICS
from andamio.contracts.reading.settings import REASONS, SCHEDULES
from andamio.errors import AndamioError
from andamio.features import check_features
from andamio.features.functions import CONSTANTS, FUNCTIONS
from andamio.kernel.settings import Settings, read_settings
from andamio.language import LANGUAGES, speak
from andamio.language.pages import codes, page

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "andamio"
DOCS = ROOT / "docs"
PAGES = SOURCE / "language" / "pages"
# A fault's code of the contract's or the features' own families, wherever it is written.
FAULT_CODE = re.compile(r"(?:contract|feature)-[a-z]+")
READERS = {"string", "number", "choice", "word", "words", "section", "raw"}


@cache
def sources() -> dict[str, ast.Module]:
    files = sorted(SOURCE.rglob("*.py"))
    return {str(f.relative_to(SOURCE)): ast.parse(f.read_text(encoding="utf-8")) for f in files}


def literals(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def error_classes(kind: type[AndamioError] = AndamioError) -> Iterator[type[AndamioError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from error_classes(child)


def codes_in_the_code() -> set[str]:
    found = {kind.code for kind in error_classes() if kind.__module__.startswith("andamio.errors.")}
    for node in chain.from_iterable(map(ast.walk, sources().values())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= {node.value} if FAULT_CODE.fullmatch(node.value) else set()
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            first = node.args[0] if node.args else None
            if node.func.id in {"Fault", "Mistake"} and isinstance(first, ast.Constant):
                found.add(str(first.value))
    return found


def test_every_code_has_its_page_and_every_page_its_code() -> None:
    assert set(codes()) == codes_in_the_code()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_page_in_each_language(language: str) -> None:
    assert sorted(file.stem for file in (PAGES / language).iterdir()) == list(codes())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_says_what_to_do_in_few_lines(language: str) -> None:
    for code in codes():
        with speak(language):
            found = page(code)
        lines = found.body.splitlines()
        assert found.title, code
        assert not found.title.startswith("#"), code
        assert any(line.startswith("1. ") for line in lines), code
        assert lines[-1].startswith("    "), f"{code} ends without an example"
        assert len(lines) <= 15, code


def test_an_exit_status_is_explained_where_it_may_come_from() -> None:
    assert {kind.exit_status for kind in error_classes()} <= exit_statuses().keys()
    table = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert [s for s in exit_statuses() if f"| {s} | " not in table] == []


@cache
def commands() -> dict[str, Any]:
    found = {}
    for name in COMMANDS:
        found[name] = load_command(name)
        for child, below in getattr(found[name], "commands", {}).items():
            found[f"{name} {child}"] = below
    return found


def options_of(command: Any) -> set[str]:
    return {option for p in command.params for option in (*p.opts, *p.secondary_opts)}


def section(document: str, heading: str) -> str:
    found = re.search(rf"(?ms)^#+ {re.escape(heading)}$(.*?)(?=^#+ |\Z)", document)
    return found.group(1) if found else ""


def test_every_command_is_documented_with_all_its_options() -> None:
    document = (DOCS / "commands.md").read_text(encoding="utf-8")
    missing = []
    for name, command in commands().items():
        about = section(document, f"andamio {name}")
        missing += [] if about else [name]
        for parameter in command.params:
            if parameter.param_type_name == "option":
                written = [*parameter.opts, *parameter.secondary_opts]
                missing += [f"{name} {option}" for option in written if f"`{option}`" not in about]
            elif f"`{parameter.metavar or parameter.name.upper()}`" not in about:
                missing.append(f"{name} {parameter.name}")
    assert missing == []


def test_no_documented_option_has_gone() -> None:
    document = (DOCS / "commands.md").read_text(encoding="utf-8")
    gone = []
    for name, command in commands().items():
        offered = options_of(command)
        rows = [row for row in section(document, f"andamio {name}").splitlines() if row.startswith("| `-")]
        told = {option for row in rows for option in re.findall(r"`(-[^`]+)`", row.split(" | ")[0])}
        gone += [f"{name} {option}" for option in sorted(told - offered)]
    assert gone == []


def test_no_documented_command_has_gone() -> None:
    document = (DOCS / "commands.md").read_text(encoding="utf-8")
    told = re.findall(r"(?m)^#+ andamio (.+)$", document)
    assert told == list(commands())


def recommended() -> Iterator[tuple[str, str]]:
    """Yield every command line that a sentence, a page or a document recommends."""
    for place, tree in sources().items():
        for node in ast.walk(tree):
            name = getattr(node.func, "id", None) if isinstance(node, ast.Call) else None
            if name in {"say", "text"}:
                yield from ((place, sentence) for sentence in literals(node))
    for file in documents():
        quoted = re.findall(r"`([^`\n]+)`", file.read_text(encoding="utf-8"))
        yield from ((file.name, sentence) for sentence in quoted)


def documents() -> list[Path]:
    return [*sorted(PAGES.rglob("*.md")), *sorted(DOCS.glob("*.md")), ROOT / "README.md"]


def test_a_recommended_command_exists_with_its_options() -> None:
    known = {
        name: {o for p in c.params for o in (*p.opts, *p.secondary_opts)} for name, c in commands().items()
    }
    wrong = []
    for place, sentence in recommended():
        for line in re.split(r"(?=\bandamio )|;|&&", sentence):
            found = re.match(r"andamio (?:-C \S+ |--plant \S+ )?([a-z]+)(?: ([a-z][a-z-]*))?", line)
            if found is None or found.group(1) not in COMMANDS:
                continue
            name = " ".join(filter(None, found.groups()))
            name = name if name in known else found.group(1)
            options = set(re.findall(r"(?<!\S)--[a-z][a-z-]*", line)) - {"--help", "--json"}
            wrong += [f"{place}: andamio {name} {option}" for option in options - known[name]]
    assert wrong == []


def examples() -> Iterator[tuple[str, list[str]]]:
    """Yield every line of an example that begins with andamio, as the words that a shell makes of it."""
    for file in documents():
        for line in re.findall(r"(?m)^(?:    )?andamio (.+)$", file.read_text(encoding="utf-8")):
            yield file.name, shlex.split(re.split(r" (?:\|\||&&|#) ?", line)[0])


def test_an_example_can_be_typed_as_it_stands() -> None:
    for place, typed in examples():
        words = typed[2:] if typed[0] == "-C" else typed
        if words[0].startswith("-") or "--help" in words:
            continue
        length = 2 if " ".join(words[:2]) in commands() else 1
        name = " ".join(words[:length])
        try:
            commands()[name].make_context(name, words[length:])
        except ClickException as error:
            pytest.fail(f"{place}: andamio {' '.join(words)}: {error.format_message()}")


def settings_keys(kind: type[msgspec.Struct] = Settings, prefix: str = "") -> Iterator[str]:
    for field in msgspec.structs.fields(kind):
        listed = next(iter(get_args(field.type)), None)  # of [[tables]]
        below = next(
            (t for t in (field.type, listed) if isinstance(t, type) and issubclass(t, msgspec.Struct)), None
        )
        if below is not None:
            yield from settings_keys(below, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}"


def test_every_setting_is_documented_and_no_other() -> None:
    document = (DOCS / "settings.md").read_text(encoding="utf-8")
    assert re.findall(r"(?m)^\| `([a-z_]+(?:\.[a-z_]+)+)`", document) == list(settings_keys())


def example(document: str) -> str:
    found = re.search(r"(?s)```toml\n(.*?)```", (DOCS / document).read_text(encoding="utf-8"))
    assert found is not None
    return found.group(1)


def test_the_documented_settings_hold(tmp_path: Path) -> None:
    file = tmp_path / "andamio.toml"
    file.write_text(example("settings.md"), encoding="utf-8")
    assert read_settings(file).plant.name == "pump-house"


def contract_keys() -> set[str]:
    """Return every key that some reader of contracts asks a section for."""
    found = {str(name) for metrics in (*METRICS.values(), *NOISE_METRICS.values()) for name in metrics}
    for file in (SOURCE / "contracts" / "reading").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in READERS and node.args:
                found |= set(literals(node.args[0]))
    return found


def test_every_key_of_a_contract_is_documented() -> None:
    document = (DOCS / "contract.md").read_text(encoding="utf-8")
    words = set(re.findall(r"[A-Za-z_0-9]+", " ".join(re.findall(r"`[^`\n]+`", document))))
    named = contract_keys() | set(SCHEDULES) | set(REASONS) | set(FUNCTIONS) | set(CONSTANTS)
    assert sorted(named - words) == []


def test_every_function_over_signals_is_documented_with_its_formula_and_unit() -> None:
    rows = re.findall(r"(?m)^\| `([a-z_]+)\([^`]*\)` \| (.+?) \| ([^|]+) \|[^|]*\|$", features_document())
    told = {name for name, formula, unit in rows if formula.strip() and unit.strip()}
    over_signals = {name for name, found in FUNCTIONS.items() if found.reads_signal}
    assert told == over_signals | {"bpfo", "bpfi", "bsf", "ftf"}
    options = {f"`{option}=`" for name in told for option in FUNCTIONS[name].options} - {"`width=`"}
    assert [option for option in sorted(options) if option not in features_document()] == []


def features_document() -> str:
    return (DOCS / "features.md").read_text(encoding="utf-8")


def test_the_documented_contract_holds_and_uses_every_section() -> None:
    written = example("contract.md")
    contract = parse_contract(written, name="pump-health", file="docs/contract.md")
    assert check_features(contract) == []
    headings = re.findall(r"(?m)^## `\[([a-z]+)", (DOCS / "contract.md").read_text(encoding="utf-8"))
    assert headings == list(tomllib.loads(written))


def test_every_relative_link_of_the_documents_leads_somewhere() -> None:
    linked = [
        (file, target)
        for file in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
        for target in re.findall(r"\]\(([^)#\s]+)", file.read_text(encoding="utf-8"))
        if "://" not in target
    ]
    assert [f"{file.name}: {target}" for file, target in linked if not (file.parent / target).exists()] == []
