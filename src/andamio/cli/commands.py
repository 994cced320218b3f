"""Every command: its name, its file, one line about it. The order is the order of a model's life."""

from __future__ import annotations

from dataclasses import dataclass

from andamio.errors import Text, text

START = text("Start")
DATA = text("Data and contract")
MODEL = text("Model")
PRODUCTION = text("Production")
TRUST = text("Trust")


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Where a command lives and what its line in the help says."""

    module: str
    panel: Text
    help: Text


COMMANDS = {
    "demo": CommandLine(
        "demo", START, text("See the whole story on a simulated plant, in about a minute and a half")
    ),
    "init": CommandLine(
        "init", START, text("Make a plant's folder from a history file, with a drafted contract")
    ),
    "doctor": CommandLine("doctor", START, text("Check this box and this plant's folder")),
    "data": CommandLine("data", DATA, text("Add history files, list, check and profile dataset versions")),
    "contract": CommandLine("contract", DATA, text("Check, show and compare contracts")),
    "features": CommandLine("features", DATA, text("Show the features that a contract declares")),
    "train": CommandLine("train", MODEL, text("Train a model and judge it by its acceptance gates")),
    "models": CommandLine("models", MODEL, text("List the models and their versions")),
    "show": CommandLine("show", MODEL, text("Show a model, a version, or what was in production on a day")),
    "compare": CommandLine("compare", MODEL, text("Compare two versions")),
    "export": CommandLine(
        "export", MODEL, text("Write a version for OpenVINO, or as C for a microcontroller, and prove it")
    ),
    "deploy": CommandLine("deploy", PRODUCTION, text("Put a version in production")),
    "promote": CommandLine("promote", PRODUCTION, text("Make the challenger the champion")),
    "rollback": CommandLine("rollback", PRODUCTION, text("Go back to the version before, with its features")),
    "serve": CommandLine("serve", PRODUCTION, text("Answer predictions over HTTP on this box")),
    "score": CommandLine("score", PRODUCTION, text("Score a file with a model in production")),
    "explain": CommandLine("explain", PRODUCTION, text("Say why a prediction came out as it did")),
    "feedback": CommandLine(
        "feedback", PRODUCTION, text("Bring the truth back for predictions that were made")
    ),
    "label": CommandLine("label", PRODUCTION, text("Choose the rows to label next, and bring labels back")),
    "status": CommandLine("status", PRODUCTION, text("Is the model still working?")),
    "alarms": CommandLine(
        "alarms", PRODUCTION, text("What needs a person now; acknowledge it or put it aside")
    ),
    "monitor": CommandLine(
        "monitor", PRODUCTION, text("Watch what is answered; replay, report, and learn anew what normal is")
    ),
    "up": CommandLine("up", PRODUCTION, text("Go on watching, and tell of it over HTTP")),
    "journal": CommandLine(
        "journal", PRODUCTION, text("Move what was recorded into tables, and prune what is old")
    ),
    "token": CommandLine("token", TRUST, text("Give access to the scoring process, and take it away")),
    "audit": CommandLine("audit", TRUST, text("Read the audit log and verify that nobody changed it")),
    "error": CommandLine("error", TRUST, text("Explain an error by its code")),
}
