"""The README's ten minutes, as typed, on the real milling machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
pytestmark = [pytest.mark.live, pytest.mark.data, pytest.mark.slow]


def typed() -> list[str]:
    """Return every andamio and curl command of the README's path, in order."""
    text = README.read_text(encoding="utf-8")
    path = text[text.index("## Ten minutes") : text.index("## The house")]
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", path, flags=re.MULTILINE | re.DOTALL)
    plain = "".join(block for language, block in fenced if not language)
    joined = re.sub(
        r"-d '\n(.*?)'\n", lambda m: f"-d '{' '.join(m.group(1).split())}'\n", plain, flags=re.DOTALL
    )
    return joined.splitlines()


def declared_features() -> str:
    text = README.read_text(encoding="utf-8")
    found = re.search(r"```toml\n(\[features\]\n.*?)```", text, flags=re.DOTALL)
    assert found is not None
    return found.group(1)


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment whose keys lie in a home of its own, with andamio on the path."""
    home = tmp_path / "home"
    home.mkdir()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return os.environ | {"HOME": str(home), "PATH": path, "ANDAMIO_LANG": "en"}


def wait_until_ready(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            os.sched_yield()
    pytest.fail("the scoring process was not ready within a minute")


def test_the_ten_minutes_work_as_typed(real_data: Path, tmp_path: Path, shell: dict[str, str]) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: apt-get install curl")
    shutil.copy(real_data / "ai4i2020" / "ai4i2020.csv", tmp_path)
    port, folder = _free_port(), tmp_path
    service: subprocess.Popen[bytes] | None = None
    answered: dict[str, str] = {}
    try:
        for line in typed():
            command = line.replace("--budget 2m", "--trials 3").replace(":8081", f":{port}")
            if command.startswith("cd "):
                folder = folder / command.removeprefix("cd ")
                settings = folder / "andamio.toml"
                settings.write_text(settings.read_text().replace("port = 8081", f"port = {port}"))
                contract = folder / "models" / "machine-failure.toml"
                contract.write_text(re.sub(r"\[features\]\n#.*\n", declared_features(), contract.read_text()))
            elif command == "andamio serve":
                service = subprocess.Popen(
                    ["andamio", "serve"], cwd=folder, env=shell, stdout=subprocess.DEVNULL
                )
                wait_until_ready(f"http://127.0.0.1:{port}")
            else:
                if command.startswith("andamio feedback"):
                    (folder / "feedback.csv").write_text(f"id,value\n{answered['id']},1\n")
                ended = subprocess.run(
                    ["bash", "-c", command],
                    cwd=folder,
                    env=shell,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
                if command.startswith("curl"):
                    answered = json.loads(ended.stdout)["predictions"][0]
    finally:
        if service is not None:
            service.send_signal(signal.SIGTERM)
            service.wait(30)
    assert answered["label"] == "1"
    shown = subprocess.run(
        ["andamio", "show", "machine-failure", "--json"],
        cwd=folder,
        env=shell,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(shown.stdout)["champion"] == 1
    log = subprocess.run(
        ["andamio", "audit", "--json"], cwd=folder, env=shell, capture_output=True, text=True, check=True
    )
    assert "the first was better" in log.stdout


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
