"""The examples of docs/api.md run as they stand, in a plant's folder."""

from __future__ import annotations

from pathlib import Path

from sybil.document import Document
from sybil.parsers.markdown import PythonCodeBlockParser

from andamio.bundles import create_key

API = Path(__file__).parents[3] / "docs" / "api.md"


def test_every_example_of_the_api_runs(tmp_path: Path, monkeypatch) -> None:
    signer = create_key(tmp_path / "keys" / "site.pem")
    folder = tmp_path / "plant"
    folder.mkdir()
    (folder / "andamio.toml").write_text(
        "[plant]\nname = 'press'\n[keys]\n"
        f"signing = '{tmp_path}/keys/site.pem'\ntrusted = ['{signer.public}']\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(folder)
    monkeypatch.delenv("ANDAMIO_PLANT", raising=False)
    document = Document.parse(str(API), PythonCodeBlockParser())
    examples = list(document.examples())
    assert len(examples) == 5
    for example in examples:
        example.evaluate()
