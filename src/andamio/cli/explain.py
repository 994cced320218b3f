"""``andamio explain``: why did this prediction come out as it did?"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated

import numpy as np
import typer

from andamio.bundles import Bundle, Outputs, PublicKey, open_bundle
from andamio.bundles.golden import ABSOLUTE, RELATIVE
from andamio.cli.explain_output import Told, tell
from andamio.cli.output import Json, Output
from andamio.cli.past import archive_of
from andamio.contracts import Rows
from andamio.errors import NotExplainable, NotFound, PredictionNotFound, UsageError, text
from andamio.explanations import Effort, Explainer
from andamio.journal import BatchRecord, Prediction, find_prediction, read_journal
from andamio.kernel.ids import ID_LENGTH, time_of
from andamio.kernel.settings import PlantFolder, find_plant
from andamio.language import say


def command(
    prediction: Annotated[
        str, typer.Argument(metavar="PREDICTION_ID", help=say("the prediction's id, as it was answered"))
    ],
    json: Json = False,
) -> None:
    """Calculate what each tag contributed to a prediction, with the version that gave it."""
    out = Output(json=json)
    plant = find_plant()
    found = _find(plant, prediction.strip().lower())
    bundle = _bundle(plant, found)
    _refuse_rule(found, bundle)
    graph = bundle.graph()
    _refuse_without_samples(found, bundle)
    row = _row(found)
    again = graph.run(row, features=False)
    started = time.perf_counter()
    explainer = Explainer(bundle, graph)
    explanation = explainer.explain(row, found.id, Effort())
    inside = explainer.inside(row, explanation)
    seconds = time.perf_counter() - started
    tell(
        out, Told(found, bundle, explanation, inside, _same(found, again), seconds), plant.settings.time_zone
    )


def _find(plant: PlantFolder, name: str) -> Prediction:
    made = time_of(name)
    if made is None:
        raise UsageError(
            text("{name} is not a prediction's id", name=name),
            why=text("an id has {length} letters and digits, without i, l, o and u", length=ID_LENGTH),
            fix=text("copy it from the field id of the answer, or the column id of the file"),
        )
    found = find_prediction(plant.journal, name)
    if found is None and (archive := archive_of(plant)) is not None:  # loaded only where it is needed
        found = find_prediction(plant.journal, name, archive=archive)
    if found is None:
        raise _missing(plant, name, made)
    return found


def _missing(plant: PlantFolder, name: str, made: datetime) -> PredictionNotFound:
    """Say as well as can be known why the journal does not hold a prediction."""
    told = text("the journal holds no prediction {name}", name=name)
    where = text("{path}", path=plant.journal)
    file = _file_without_rows(plant, made.timestamp())
    if file is not None:
        return PredictionNotFound(
            told,
            where=where,
            why=text(
                "the id was made when {input} was scored; of a file as long as this ({rows} rows) only the "
                "file is recorded",
                input=file.input,
                rows=file.scored + file.refused,
            ),
            fix=text("score its row alone, or with few others, and explain that prediction"),
        )
    keep_days = plant.settings.journal.keep_days
    if keep_days is not None and (datetime.now(UTC) - made).days >= keep_days:
        return PredictionNotFound(
            told,
            where=where,
            why=text("it was made {time}, and this plant keeps {days} days", time=made, days=keep_days),
            fix=text("score its row again, and explain that prediction"),
        )
    return PredictionNotFound(
        told,
        where=where,
        why=text("the id says that it was made {time}", time=made.astimezone(plant.settings.time_zone)),
        fix=text("check the id, and that this is the plant that answered; --plant FOLDER names another"),
    )


def _file_without_rows(plant: PlantFolder, made_s: float) -> BatchRecord | None:
    """Find the scored file whose rows were not kept and that an id is of: the first that ended after it."""
    ended_after = (
        record
        for record in read_journal(plant.journal, archive=archive_of(plant))
        if isinstance(record, BatchRecord) and not record.rows_kept and record.time >= made_s
    )
    first = next(ended_after, None)
    return first if first is not None and first.time - made_s < 86_400 else None


def _bundle(plant: PlantFolder, found: Prediction) -> Bundle:
    trusted = [PublicKey.parse(pinned) for pinned in plant.settings.keys.trusted]
    try:
        return open_bundle(plant.bundles / found.record.digest, trusted)
    except NotFound as error:
        raise NotExplainable(
            text("the version that gave this prediction is gone: {model}@{version}",
                 model=found.model, version=found.version),
            where=text("{path}", path=plant.bundles / found.record.digest),
            why=text("only the bundle that answered can say why it answered so"),
            fix=text("put the bundle's folder back from a backup, or from the box that answered"),
        ) from error  # fmt: skip


def _refuse_rule(found: Prediction, bundle: Bundle) -> None:
    """Refuse to explain what no model said: the contract's fixed rule stood in."""
    rule = bundle.contract.fallback.rule if bundle.contract.fallback is not None else None
    shares = found.probabilities
    certain = shares is not None and sorted(set(shares.tolist())) == [0.0, 1.0]
    if found.record.quality != "fallback" or rule is None or not certain:
        return
    side = (
        text("above {bound}", bound=rule.bound)
        if rule.side == "above"
        else text("below {bound}", bound=rule.bound)
    )
    raise NotExplainable(
        text("no model gave this prediction: the contract's fixed rule stood in"),
        why=text("the rule asks whether {tag} is {side}, and nothing else", tag=rule.tag, side=side),
        fix=text("andamio status tells whether the model answers again"),
    )


def _refuse_without_samples(found: Prediction, bundle: Bundle) -> None:
    """Explain no answer to signals whose samples are gone."""
    if not found.lacks_samples:
        return
    share = bundle.contract.operation.keep_signals
    raise NotExplainable(
        text("the samples of its signals were not kept, and without them nobody can say why"),
        why=text("[operation] keep_signals = {share}: chosen by the id, other rows have theirs", share=share),
        fix=text("send the row again, or train a version that keeps more of them"),
    )


def _row(found: Prediction) -> Rows:
    numbers = np.array(found.numbers, np.float32).reshape(1, -1)
    categories = np.array(found.categories, object).reshape(1, -1)
    signals = None if found.signals is None else np.array(found.signals, np.float32).reshape(1, -1)
    return Rows(numbers, categories, [found.asset], [found.event_time], [found.flags], signals)


def _same(found: Prediction, again: Outputs) -> bool:
    """Tell whether the graph answers today what was recorded."""
    if found.decision is not None and again.decision is not None and int(again.decision[0]) != found.decision:
        return False
    for then, now in ((found.probabilities, again.probabilities), (found.value, again.value)):
        if then is not None and (
            now is None or not np.allclose(then, now[0], RELATIVE, ABSOLUTE, equal_nan=True)
        ):
            return False
    return True
