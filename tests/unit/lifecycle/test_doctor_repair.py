"""A damaged deployment file comes back from the audit log, by the command that the error names."""

from __future__ import annotations

import json
from pathlib import Path

from andamio.bundles.deployment import read_deployment
from andamio.cli.application import run


def test_doctor_writes_a_damaged_deployment_file_again(plant, tmp_path: Path, monkeypatch, capsys) -> None:
    (tmp_path / "andamio.toml").write_text(
        f"[plant]\nname = 'Planta'\n[keys]\ntrusted = ['{plant.signer.public}']\n", encoding="utf-8"
    )
    monkeypatch.setenv("ANDAMIO_PLANT", str(tmp_path))
    monkeypatch.setenv("ANDAMIO_LANG", "en")
    plant.train()
    assert run(["deploy", "pump-health@1", "--reason", "first"]) == 0
    file = tmp_path / ".andamio" / "deployment.json"
    before = read_deployment(file)
    file.write_text("{", encoding="utf-8")
    assert run(["status"]) == 3
    assert "andamio doctor --repair" in capsys.readouterr().err
    run(["doctor", "--repair", "--json"])
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["repair"]["good"] is True
    after = read_deployment(file)
    assert after.models == before.models
    assert after.generation > before.generation
