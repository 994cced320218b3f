"""Is there a way to production? What each unanswered question of ``[operation]`` will cost later."""

from __future__ import annotations

from andamio.contracts.contract import Contract
from andamio.errors import Text, text


def unanswered(contract: Contract) -> list[tuple[str, Text]]:
    """List the questions without an answer and what that will cost.

    Returns:
        Key of ``[operation]`` and a sentence, in the order of the questions.
    """
    costs = (
        (
            "owner",
            text(
                "owner: nobody is named who acts on the answers; an alarm that nobody owns is switched off"
                " within weeks"
            ),
        ),
        (
            "runs_at",
            text(
                "runs_at: where it answers is not said; memory, network and power of that box are then found"
                " out on the day of deployment"
            ),
        ),
        (
            "inputs_from",
            text(
                "inputs_from: how the inputs arrive is not said; a tag that is in the history but not live"
                " makes the model useless on the first day"
            ),
        ),
        (
            "truth_from",
            text(
                "truth_from: how the truth comes back is not said; without it nobody can tell whether the"
                " model still works, and it cannot be trained again"
            ),
        ),
    )
    return [(key, sentence) for key, sentence in costs if not getattr(contract.operation, key)]
