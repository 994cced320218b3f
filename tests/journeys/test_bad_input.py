"""Every command given what it cannot take: it says what, where and what to do, in both languages.

Each line of the tables is one command line, the exit status that it must have, and the code of its error.
"""

from __future__ import annotations

import json
import pickle
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from andamio.cli.application import run
from andamio.language import say, speak

pytestmark = pytest.mark.xdist_group("bad input")

GARBAGE = random.Random(7).randbytes(3000)

MISTYPED = """
data add ../missing.csv --to pumps                            4 not-found
data add ../missing.xlsx --to pumps                           4 not-found
data add ../missing.parquet --to pumps                        4 not-found
init ../new --from ../missing.csv --target Failed             4 not-found
score --in ../missing.csv --out ../out.csv                    4 not-found
score --in ../missing.jsonl --out ../out.csv                  4 not-found
score --in ../missing.parquet --out ../out.csv                4 not-found
feedback ../missing.csv                                       4 not-found
train pump-health --model ../missing.onnx                     4 not-found
audit --kept-head ../missing.json                             4 not-found
deploy pump-health@2 --bundle ../missing                      4 not-found
data check pumps --contract ../missing.toml                   4 contract-not-found
contract check ../missing.toml                                4 contract-not-found
contract show missing                                         4 contract-not-found
contract diff pump-health missing                             4 contract-not-found
features show missing                                         4 not-found
data add ../folder.csv --to pumps                             3 file-refused
data add ../folder.xlsx --to pumps                            3 file-refused
data add ../folder.parquet --to pumps                         3 file-refused
init ../new --from ../folder.csv --target Failed              3 file-refused
score --in ../folder.csv --out ../out.csv                     3 file-refused
feedback ../folder.csv                                        3 file-refused
train pump-health --model ../folder.onnx                      3 model-refused
audit --kept-head ../folder.json                              4 not-found
deploy pump-health@2 --bundle ../folder.csv                   5 bundle-refused
data add ../empty.csv --to pumps                              3 file-refused
data add ../empty.xlsx --to pumps                             3 file-refused
data add ../empty.parquet --to pumps                          3 file-refused
init ../new --from ../empty.csv --target Failed               3 file-refused
score --in ../empty.csv --out ../out.csv                      3 file-refused
score --in ../empty.jsonl --out ../out.csv                    3 rows-rejected
score --in ../empty.parquet --out ../out.csv                  3 file-refused
feedback ../empty.csv                                         3 file-refused
train pump-health --model ../empty.onnx                       3 model-refused
audit --kept-head ../empty.json                               3 input-refused
deploy pump-health@2 --bundle ../empty.csv                    5 bundle-refused
contract check ../empty.toml                                  3 contract-invalid
data add ../garbage.csv --to pumps                            3 file-refused
data add ../garbage.xlsx --to pumps                           3 file-refused
data add ../garbage.parquet --to pumps                        3 file-refused
init ../new --from ../garbage.xlsx --target Failed            3 file-refused
score --in ../garbage.csv --out ../out.csv                    3 file-refused
score --in ../garbage.jsonl --out ../out.csv                  3 rows-rejected
score --in ../garbage.parquet --out ../out.csv                3 file-refused
feedback ../garbage.csv                                       3 file-refused
train pump-health --model ../garbage.onnx                     3 model-refused
audit --kept-head ../garbage.json                             3 input-refused
contract check ../garbage.toml                                3 contract-invalid
contract diff pump-health ../garbage.toml                     3 contract-invalid
data check pumps --contract ../garbage.toml                   3 contract-invalid
train pump-health --model ../model.pkl                        3 model-refused
train pump-health --model ../pickle.onnx                      3 model-refused
init ../new --from ../first.csv --target Nothing              3 input-refused
data add ../other.csv --to pumps                              3 columns-differ
data add ../texts.csv --to pumps                              3 columns-differ
data add ../header.csv --to pumps                             3 file-refused
data add ../first.csv --to Bad/Name                           2 usage
score --in ../other.csv --out ../out.csv                      3 file-refused
score --in ../texts.csv --out ../out.csv                      3 rows-rejected
score --in ../header.csv --out ../out.csv                     3 rows-rejected
feedback ../other.csv                                         3 feedback-rejected
feedback ../truth.csv --value nothing                         3 feedback-rejected
init . --from ../first.csv --target Failed                    3 folder-taken
init ../first.csv --from ../first.csv --target Failed         3 folder-taken
init ../new --from ../first.csv --target Failed --kind dream  2 usage
init ../new --from ../first.csv --target Failed --time-zone X 2 usage
score --in ../rows.csv --out ../nowhere/out.csv               2 usage
score --in ../rows.csv --out ../folder.csv                    2 usage
score --in ../rows.csv --out ../rows.csv                      2 usage
score --in ../rows.csv --out ../out.csv --decimal x           2 usage
score --in ../rows.csv --out ../out.csv --model nothing       4 model-not-served
feedback ../truth.csv --model nothing                         4 model-not-served
audit --keep ../nowhere/head.json                             2 usage
audit --keep ../folder.json                                   2 usage
show nothing                                                  4 version-not-found
show pump-health@9                                            4 version-not-found
show --as-of yesterday                                        2 usage
compare pump-health@1 pump-health@9                           4 version-not-found
compare pump-health@1 nothing@1                               4 version-not-found
deploy nothing@1                                              4 version-not-found
deploy pump-health@9                                          4 version-not-found
deploy pump-health@x                                          4 version-not-found
deploy pump-health                                            2 usage
rollback nothing                                              4 not-found
rollback pump-health                                          4 not-found
status nothing                                                4 not-found
train nothing                                                 4 not-found
train                                                         2 usage
train pump-health --budget never                              2 usage
train pump-health --keep nothing                              2 usage
train pump-health --data 9                                    4 not-found
train --repeat pump-health@9                                  4 version-not-found
data show nothing                                             4 not-found
data show pumps@9                                             4 not-found
data show pumps@x                                             2 usage
data check nothing                                            4 not-found
data add ../first.csv --to new --encoding klingon             3 file-refused
data add ../first.csv --to new --delimiter abc                2 usage
data add ../first.csv --to new --dates never                  2 usage
data add ../first.csv --to new --time-zone Mars               2 usage
data add ../first.csv --to new --keep nothing                 2 usage
serve --host 0.0.0.0                                          2 address-refused
serve --port 99999                                            7 unequipped
serve --port x                                                2 usage
error nothing                                                 4 not-found
nonsense                                                      2 usage
data nonsense                                                 2 usage
models too-much                                               2 usage
train pump-health --nothing                                   2 usage
--plant ../nowhere status                                     4 not-found
--plant ../folder.csv models                                  4 not-found
--language fr status                                          2 usage
"""


def lines(table: str) -> list[tuple[str, int, str]]:
    """Read a table: words, exit status, code."""
    found = re.findall(r"^(.*?) +(\d+) ([a-z-]+)$", table, flags=re.MULTILINE)
    return [(words, int(status), code) for words, status, code in found]


def lay_out_bad_files(folder: Path) -> None:
    """Put beside the plant what no command can take."""
    for kind in ("csv", "xlsx", "parquet", "jsonl", "onnx", "json", "toml"):
        (folder / f"empty.{kind}").write_bytes(b"")
        (folder / f"garbage.{kind}").write_bytes(GARBAGE)
        (folder / f"folder.{kind}").mkdir()
    for name in ("model.pkl", "pickle.onnx"):
        (folder / name).write_bytes(pickle.dumps({"a": "model"}))
    header = "Temperature [degC],Load,Failed\n"
    (folder / "header.csv").write_text(header, encoding="utf-8")
    (folder / "other.csv").write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    (folder / "texts.csv").write_text(header + "hot,full,yes\ncold,void,no\n", encoding="utf-8")
    (folder / "truth.csv").write_text("id,actual\nnobody,yes\n", encoding="utf-8")


def kept(folder: Path) -> dict[str, object]:
    """Remember what a refused command must leave alone."""
    hidden = folder / ".andamio"
    tables = [path for path in (hidden / "datasets").rglob("*") if path.suffix in {".parquet", ".json"}]
    files = [*tables, *(hidden / "bundles").rglob("*.*"), *(folder / "data").rglob("*.csv")]
    deployment = hidden / "deployment.json"
    return {
        "files": sorted(path.as_posix() for path in files if path.name[0] != "."),
        "deployment": deployment.read_bytes() if deployment.is_file() else None,
        "left": [p.name for p in folder.parent.rglob(".*") if re.search(r"tmp$|staging|founding", p.name)],
        "outputs": sorted(path.name for path in folder.parent.glob("out*")),
    }


def refused(plant: Path, words: str, status: int, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Type the command as a program and as a person, and read how it is refused."""
    before = kept(plant)
    with speak("en"):
        assert run([*words.split(), "--json"]) == status, capsys.readouterr()
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == code
    parts = [error, *error.get("faults", [])]
    assert any(part.get("try") for part in parts), error
    named = [*words.split()[1:], *(word for word in re.split(r"[ /@.-]+", words) if len(word) > 3)]
    assert any(part.get("where") or any(name in part["what"] for name in named) for part in parts), error
    with speak("es"):
        assert run(words.split()) == status
        shown = capsys.readouterr()
        assert shown.err.startswith(f"error[{code}]: ")
        assert f"\n  {say('try')} " in shown.err, shown.err
    assert f"error[{code}]: {error['what']}\n" not in shown.err
    assert kept(plant) == before


@pytest.mark.parametrize(("words", "status", "code"), lines(MISTYPED))
def test_what_cannot_be_taken_is_refused_kindly_and_nothing_is_written(
    plant: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    words: str, status: int, code: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("COLUMNS", "200")
    lay_out_bad_files(plant.parent)
    refused(plant, words, status, code, capsys)


def settings(content: bytes) -> Callable[[Path], None]:
    """Ruin the settings."""

    def ruin(plant: Path) -> None:
        (plant / "andamio.toml").write_bytes(content)

    return ruin


def deployment(content: bytes) -> Callable[[Path], None]:
    """Ruin the file that says what answers."""

    def ruin(plant: Path) -> None:
        (plant / ".andamio" / "deployment.json").write_bytes(content)

    return ruin


def contract(plant: Path) -> None:
    """Ruin the contract."""
    (plant / "models" / "pump-health.toml").write_bytes(GARBAGE)


def change_a_byte_of_every_graph(plant: Path) -> None:
    """Tamper with both bundles."""
    for graph in (plant / ".andamio" / "bundles").glob("*/graph.onnx"):
        content = bytearray(graph.read_bytes())
        content[len(content) // 2] ^= 1
        graph.write_bytes(content)


def lose_the_bundles(plant: Path) -> None:
    """Delete the store."""
    shutil.rmtree(plant / ".andamio" / "bundles")


def lose_the_database(plant: Path) -> None:
    """Delete the registry and the audit log."""
    for file in (plant / ".andamio").glob("andamio.db*"):
        file.unlink()


def scribble_over_the_database(plant: Path) -> None:
    """Write something else over the registry."""
    lose_the_database(plant)
    (plant / ".andamio" / "andamio.db").write_bytes(GARBAGE)


def scribble_over_the_table(plant: Path) -> None:
    """Write something else over the rows of the dataset."""
    for file in (plant / ".andamio" / "datasets").rglob("*.parquet"):
        file.write_bytes(GARBAGE)


def scribble_over_the_log_of_the_table(plant: Path) -> None:
    """Write something else over the versions of the dataset."""
    for file in (plant / ".andamio" / "datasets").rglob("*.json"):
        file.write_bytes(GARBAGE)


def lose_the_rows(plant: Path) -> None:
    """Delete the rows of the dataset."""
    for file in (plant / ".andamio" / "datasets").rglob("*.parquet"):
        file.unlink()


def exchange_the_rows(plant: Path) -> None:
    """Put other rows of the same form into the dataset, as if they were those that were added."""
    import polars as pl

    for file in (plant / ".andamio" / "datasets").rglob("*.parquet"):
        pl.read_parquet(file).with_columns(pl.col("Load") + 1).write_parquet(file)


def lose_the_key(plant: Path) -> None:
    """Name a signing key that is not there."""
    _write_setting(plant, r'signing = ".*"', 'signing = "/nowhere/key.pem"')


def trust_nonsense(plant: Path) -> None:
    """Pin something that is no key."""
    _write_setting(plant, r"trusted = .*", 'trusted = ["nonsense"]')


def _write_setting(plant: Path, old: str, new: str) -> None:
    file = plant / "andamio.toml"
    file.write_text(re.sub(old, new, file.read_text(encoding="utf-8")), encoding="utf-8")


OPEN = "status|models|show pump-health|deploy pump-health@2|rollback pump-health|audit --verify"
CONTRACT = (
    "contract check|contract show pump-health|features show pump-health|data check pumps|train pump-health"
)
BUNDLE = "status|deploy pump-health@2|score --in ../rows.csv --out ../out.csv"
TABLE = "data show pumps|data add ../more.csv --to pumps"
RUINED: list[tuple[Callable[[Path], None], str, int, str]] = [
    (settings(GARBAGE), OPEN + "|data list|contract check|score --in ../rows.csv --out ../out.csv", 3,
     "settings-invalid"),
    (settings(b"[plant\n"), "status", 3, "settings-invalid"),
    (settings(b"[plant]\nname = 'x'\nlanguag = 'es'\n"), "models", 3, "settings-invalid"),
    (settings(b""), "serve --port 0", 3, "settings-invalid"),
    (deployment(GARBAGE), OPEN + "|score --in ../rows.csv --out ../out.csv", 3, "deployment-damaged"),
    (deployment(b'{"generation": 3, "models": {'), "status", 3, "deployment-damaged"),
    (deployment(b""), "status", 3, "deployment-damaged"),
    (contract, CONTRACT, 3, "contract-invalid"),
    (change_a_byte_of_every_graph, BUNDLE + "|show pump-health@1|compare pump-health@1 pump-health@2", 5,
     "bundle-refused"),
    (lose_the_bundles, BUNDLE, 4, "not-found"),
    (lose_the_database, "models|deploy pump-health@2|rollback pump-health|audit --verify", 7,
     "database-unreachable"),
    (scribble_over_the_database, "models|deploy pump-health@2|rollback pump-health|audit --verify", 7,
     "database-unreachable"),
    (scribble_over_the_table, TABLE + "|data check pumps|train pump-health", 3, "dataset-damaged"),
    (scribble_over_the_log_of_the_table, TABLE + "|data list", 3, "dataset-damaged"),
    (lose_the_rows, TABLE, 3, "dataset-damaged"),
    (exchange_the_rows, "data show pumps|train pump-health", 3, "dataset-damaged"),
    (lose_the_key, "train pump-health|audit --keep ../out.json", 4, "not-found"),
    (trust_nonsense, "deploy pump-health@2|status|audit --keep ../out.json", 5, "key-refused"),
]  # fmt: skip


@pytest.mark.parametrize(("ruin", "commands", "status", "code"), RUINED)
def test_a_ruined_plant_is_refused_kindly_and_not_ruined_further(
    plant: Path, capsys: pytest.CaptureFixture[str],
    ruin: Callable[[Path], None], commands: str, status: int, code: str,
) -> None:  # fmt: skip
    ruin(plant)
    for words in commands.split("|"):
        if words == "status" and code not in {"settings-invalid", "deployment-damaged"}:
            refused_beside_an_answer(words, status, code, capsys)
        else:
            refused(plant, words, status, code, capsys)


def refused_beside_an_answer(words: str, status: int, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``status`` tells of the models that it can, and of the one that it cannot: still one JSON value."""
    assert run([*words.split(), "--json"]) == status
    answer = json.loads(capsys.readouterr().out)
    assert [error["code"] for error in answer["errors"]] == [code]
    assert answer["errors"][0]["try"]
    with speak("es"):
        assert run(words.split()) == status
    assert f"error[{code}]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("ruin", "check"),
    [
        (settings(GARBAGE), "plant"),
        (deployment(GARBAGE), "deployment"),
        (contract, "contract"),
        (change_a_byte_of_every_graph, "deployment"),
        (lose_the_database, "registry"),
        (scribble_over_the_database, "registry"),
        (lose_the_key, "keys"),
        (trust_nonsense, "keys"),
    ],
)
def test_doctor_names_what_is_ruined(
    plant: Path, capsys: pytest.CaptureFixture[str], ruin: Callable[[Path], None], check: str
) -> None:
    ruin(plant)
    assert run(["doctor", "--json"]) == 1
    checks = json.loads(capsys.readouterr().out)["checks"]
    found = [one for one in checks if one["name"] == check]
    assert [one["good"] for one in found] == [False]
    assert found[0]["try"]


def test_after_every_refusal_the_next_command_works(plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out_bad_files(plant.parent)
    for words, status, _ in lines(MISTYPED)[::6]:
        if "--plant" not in words:
            assert run(words.split()) == status
    capsys.readouterr()
    for words in ("status", "models", "data show pumps", "audit --verify", "deploy pump-health@2"):
        assert run(words.split()) == 0, capsys.readouterr()
    assert run(["score", "--in", "../rows.csv", "--out", "../scored.csv"]) == 0
