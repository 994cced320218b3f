"""Run the scoring process as a plant would, and speak to it over HTTP."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from andamio.errors import Unequipped, text

_ENDS_WITHIN_S = 15.0


class Service:
    """A scoring process of one plant, ended when the ``with`` block ends.

    Attributes:
        address: ``http://127.0.0.1:8081``.
    """

    def __init__(self, plant: Path, *, port: int = 0) -> None:
        command = [sys.executable, "-m", "andamio", "serve", "--port", str(port), "--json"]
        self._process = subprocess.Popen(
            command, cwd=plant, env=os.environ | {"ANDAMIO_PLANT": str(plant)}, stdout=subprocess.PIPE
        )
        self.address = str(self._announced()["address"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Ask it to finish what is on its way, and wait until it has."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def wait(self) -> None:
        """Stay until the process ends, or Ctrl-C."""
        self._process.wait()

    def predict(self, model: str, rows: Sequence[dict[str, object]]) -> list[dict[str, Any]]:
        """Ask for predictions."""
        answer = self._post(f"/v1/models/{model}/predict", {"rows": list(rows)})
        predictions: list[dict[str, Any]] = answer["predictions"]
        return predictions

    def feedback(self, model: str, truths: Sequence[dict[str, object]]) -> None:
        """Bring truths back."""
        self._post(f"/v1/models/{model}/feedback", {"feedback": list(truths)})

    def _post(self, path: str, body: dict[str, object]) -> dict[str, Any]:
        connection = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=30)
        try:
            connection.request("POST", path, msgspec.json.encode(body), {"Content-Type": "application/json"})
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        answer: dict[str, Any] = msgspec.json.decode(content)
        if response.status >= 400:
            raise Unequipped(
                text("the scoring process refused: {reason}", reason=answer["error"]["what"]),
                where=text("{place}", place=f"{self.address}{path}"),
            )
        return answer

    def _announced(self) -> dict[str, Any]:
        """Read the JSON that the process prints once it answers."""
        read = b""
        assert self._process.stdout is not None  # noqa: S101  it was opened as a pipe
        for line in self._process.stdout:
            read += line
            try:
                announced: dict[str, Any] = msgspec.json.decode(read)
            except msgspec.DecodeError:
                continue
            if "error" in announced:
                break
            return announced
        self.end()
        raise Unequipped(
            text("the scoring process did not start"),
            why=text("{reason}", reason=read.decode(errors="replace").strip() or "–"),
            fix=text("andamio doctor tells what this box lacks"),
        )
