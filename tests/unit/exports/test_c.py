"""C for a microcontroller: compiled by this box's compiler, it answers as the bundle does."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from andamio.errors import ExportRefused, FolderTaken, Unequipped
from andamio.exports import export_bundle
from andamio.exports.c_values import array, floats, text_of

from .conftest import MODELS, Make

COMPILER = shutil.which("cc")
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler on this box")


@needs_compiler
@pytest.mark.parametrize("model", MODELS)
def test_every_kind_of_model_answers_as_the_bundle_does(bundle_of: Make, tmp_path: Path, model: str) -> None:
    exported = export_bundle(bundle_of(model, categories=True), "press-1@1", "c", tmp_path / "out")
    parity = exported.facts["parity"]
    assert parity["passed"]
    assert parity["rows"] == 40
    assert parity["decision_flips"] == parity["ties"] == 0
    assert parity["max_abs_difference"] < 1e-5


@needs_compiler
def test_the_export_proves_itself_on_its_target(bundle_of: Make, tmp_path: Path) -> None:
    bundle = bundle_of("forest", categories=True)
    out = export_bundle(bundle, "press-1@1", "c", tmp_path / "out").folder
    facts = json.loads((out / "export.json").read_text())
    assert facts["digest"] == bundle.digest
    assert set(facts["files"]) == {"press_1.c", "press_1.h", "check.c"}
    words = [
        "cc",
        "-std=c99",
        "-Wall",
        "-Wextra",
        "-Werror",
        str(out / "press_1.c"),
        str(out / "check.c"),
        "-lm",
        "-o",
        str(tmp_path / "check"),
    ]
    subprocess.run(words, check=True)
    told = subprocess.run([str(tmp_path / "check")], capture_output=True, text=True, check=False)
    assert told.returncode == 0
    assert told.stdout.startswith("40 rows, 0 decisions differ")
    source = (out / "press_1.c").read_text()
    assert not re.search(r"\b(malloc|free|printf|fopen)\b", source)


@needs_compiler
def test_a_check_that_departs_fails(bundle_of: Make, tmp_path: Path) -> None:
    out = export_bundle(bundle_of("linear"), "press-1@1", "c", tmp_path / "out").folder
    source = out / "press_1.c"
    source.write_text(
        source.read_text().replace("answer->value = value[0]", "answer->value = value[0] + 0.1f")
    )
    words = ["cc", "-std=c99", str(source), str(out / "check.c"), "-lm", "-o", str(tmp_path / "check")]
    subprocess.run(words, check=True)
    assert subprocess.run([str(tmp_path / "check")], capture_output=True, check=False).returncode == 1


@needs_compiler
def test_an_export_that_answers_otherwise_is_not_written(
    bundle_of: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("andamio.exports.c_graph", fromlist=["_EACH"])._EACH, "Sub", "{0} + {1}")
    with pytest.raises(ExportRefused, match="answers otherwise"):
        export_bundle(bundle_of("linear"), "press-1@1", "c", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@needs_compiler
def test_what_has_no_c_is_named(bundle_of: Make, tmp_path: Path) -> None:
    waves = bundle_of("linear", waves=True, features='\n[features]\nk = "kurtosis(envelope(vibration))"\n')
    with pytest.raises(ExportRefused) as refused:
        export_bundle(waves, "press-1@1", "c", tmp_path / "out")
    assert "operators of its graph" in str(refused.value.why)


@needs_compiler
def test_a_folder_with_something_in_it_is_left_alone(bundle_of: Make, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("kept")
    with pytest.raises(FolderTaken):
        export_bundle(bundle_of("linear"), "press-1@1", "c", tmp_path / "out")
    assert (tmp_path / "out" / "mine").read_text() == "kept"


def test_without_a_compiler_nothing_is_claimed(
    bundle_of: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(Unequipped):
        export_bundle(bundle_of("linear"), "press-1@1", "c", tmp_path / "out")


def test_numbers_read_back_to_the_same_bits() -> None:
    values = np.array([0.1, 1 / 3, 1e-38, 3.4028235e38, -0.0, 16777217], np.float32)
    assert np.array_equal(np.array([word[:-1] for word in floats(values)], np.float32), values)
    assert floats([float("nan"), float("-inf"), 2.0]) == ["NAN", "-INFINITY", "2.0f"]


def test_texts_cannot_leave_their_quotes() -> None:
    assert text_of('a"b\\?ñ') == '"a\\042b\\134\\077\\303\\261"'
    assert array("t", "const char *", np.array(["A"], object)) == 'static const char *t[1] = {\n    "A"\n};'
