"""Ask whether what is offered to a model of few rows is kept where it helps, and left out where it does not.

AI4I 2020, many draws of 60 labelled rows, 15 of them failures; the truth is the logarithmic loss and the
F1 on rows of the same mix that were not drawn. Of each draw one study is made, as in each fold of
`andamio train` with few rows (boosted trees and a linear model, with --smooth a Gaussian process too), and
three models are chosen from it: plainly, without what was offered; by the rule of `andamio train`; and
blindly, from the trials that use it, whatever it is worth. Offered is one of:

  copies    copies of the rows within the accuracy of the sensors: temperatures ±0.5 K (Pt100 class B at
            300 K), torque ±1 Nm (1 % of 100 Nm), speed ±15 rpm (1 %), tool wear ±1 min (its resolution)
  rough     the same, ten times as wide: what a careless contract says
  sister    the prediction of a model of machines of type L; the 60 rows are of type M
  stranger  the prediction of a model that learnt nothing of the process: its targets were shuffled

    python benchmarks/training/small_offers.py [--draws 30] [--rows 60] [--smooth]
        [--offers copies,rough,sister,stranger]
"""

from __future__ import annotations

import argparse
import types

import numpy as np
import polars as pl
from ai4i import CONTRACT, DATA
from small_ai4i import draw
from threadpoolctl import threadpool_limits

from andamio.contracts import parse_contract
from andamio.training.augmentation import is_augmented
from andamio.training.choosing import choose
from andamio.training.fitting import _Finishing, _study, fit
from andamio.training.judging import measure
from andamio.training.study import Budget
from andamio.training.table import Problem, read_problem
from andamio.training.transfer import SISTER, sister_of

ACCURACY = {"air_temperature": 0.5, "process_temperature": 0.5, "speed": 15, "torque": 1, "tool_wear": 1}
NAMES = ("plain", "kept", "blind")
KINDS = frozenset(("linear", "boosting"))


def contract_with(times: float):
    """Write accuracies into the contract; none where ``times`` is 0."""
    written = CONTRACT
    for tag, accuracy in ACCURACY.items() if times else ():
        head = f"[input.{tag}]\n"
        written = written.replace(head, f"{head}accuracy = {accuracy * times}\n")
    return parse_contract(written, name="machines", file="-")


def three(drawn: Problem, sister, seed: int, kinds: frozenset[str]):
    """Choose three models of one study: plainly, by the rule, blindly; and tell what the offer was worth."""
    with threadpool_limits(limits=1):
        study = _study(drawn, frozenset(), seed, kinds, sister)
        study.run(Budget(0.0), lambda _step: None)
        offered = [t for t in study.made if is_augmented(t.candidate) or SISTER in t.found]
        plain = [t for t in study.made if t not in offered]
        given, finishing = study.given(study.matrices.matrix()), _Finishing(drawn, study, frozenset())
        chosen = [choose(trials, given) for trials in (plain, study.eligible, offered)]
        found = study.augmentation if sister is None else study.transfer
        used = is_augmented(chosen[1].candidate) or SISTER in chosen[1].found
        return found, used, [finishing.finish(trial)[0] for trial in chosen]


def truth(rest: Problem, model) -> tuple[float, float]:
    """Measure the logarithmic loss and the F1 on rows that were not drawn."""
    answers = model(rest.rows)
    chance = np.asarray(answers.probabilities, dtype=np.float64)[np.arange(len(rest)), rest.target]
    return float(-np.log(np.clip(chance, 1e-6, 1)).mean()), float(measure(rest, answers)["f1"])


def sister_from(frame: pl.DataFrame, shuffled: bool):
    """Train a model of machines of type L, or of nothing."""
    rows = frame.filter(pl.col("Type") == "L")
    if shuffled:
        rows = rows.with_columns(pl.col("Machine failure").shuffle(seed=0))
    contract = contract_with(0)
    fitted = fit(read_problem(contract, rows), trials=3)
    bundle = types.SimpleNamespace(
        contract=contract, info=fitted.info, graph_bytes=fitted.graph, digest="0" * 64
    )
    return sister_of(bundle, "machines-l@1", contract)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=30)
    parser.add_argument("--first", type=int, default=0, help="the first draw's seed")
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--smooth", action="store_true", help="with a Gaussian process")
    parser.add_argument("--offers", default="copies,rough,sister,stranger")
    options = parser.parse_args()
    frame = pl.read_csv(DATA / "ai4i2020/ai4i2020.csv")
    for offer in options.offers.split(","):
        told = [
            _draw(frame, offer, options, seed, _sister(frame, offer))
            for seed in range(options.first, options.first + options.draws)
        ]
        _tell(offer, told)


_sisters: dict[str, object] = {}


def _sister(frame: pl.DataFrame, offer: str):
    if offer in ("sister", "stranger") and offer not in _sisters:
        _sisters[offer] = sister_from(frame, offer == "stranger")
    return _sisters.get(offer)


def _draw(frame: pl.DataFrame, offer: str, options, seed: int, sister) -> dict[str, object]:
    """Train three models of one draw and measure them."""
    if sister is not None:
        frame = frame.filter(pl.col("Type") == "M")
    problem = read_problem(contract_with({"copies": 1, "rough": 10}.get(offer, 0)), frame)
    drawn, rest = draw(problem, "picked", options.rows, seed)
    kinds = KINDS | {"gaussian_process"} if options.smooth else KINDS
    found, used, models = three(drawn, sister, seed, kinds)
    told = {"used": used, "share": found.share}
    told |= {name: truth(rest, model) for name, model in zip(NAMES, models, strict=True)}
    figures = "  ".join(f"{name} {told[name][0]:.3f} F1 {told[name][1]:.3f}" for name in NAMES)
    print(
        f"{offer} draw {seed}  {'kept' if used else 'left out'} ({100 * found.share:+.1f} %)  {figures}",
        flush=True,
    )
    return told


def _tell(offer: str, told: list[dict[str, object]]) -> None:
    used = [one for one in told if one["used"]]
    print(f"{offer}: kept in {len(used)} of {len(told)} draws")
    for title, some, name in (
        ("  where kept", used, "kept"),
        ("  in all draws, by the rule", told, "kept"),
        ("  in all draws, blindly", told, "blind"),
    ):
        if some:
            change = np.array([[b - a for a, b in zip(one["plain"], one[name], strict=True)] for one in some])
            mean, error = (
                change.mean(axis=0),
                change.std(axis=0, ddof=min(1, len(some) - 1)) / np.sqrt(len(some)),
            )
            loss = np.mean([one["plain"][0] for one in some])
            print(
                f"{title}: loss {mean[0]:+.4f} ± {error[0]:.4f} (plain {loss:.3f}), lower in"
                f" {np.mean(change[:, 0] < 0):.2f}; F1 {mean[1]:+.3f} ± {error[1]:.3f}"
            )


if __name__ == "__main__":
    main()
