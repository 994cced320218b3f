"""What each metric is, in plain words."""

from __future__ import annotations

from andamio.errors import Text, text

NAMES: dict[str, Text] = {
    "recall": text("events caught"),
    "precision": text("alarms that were right"),
    "f1": text("balance of both (F1)"),
    "false_alarm_rate": text("false alarms among normal rows"),
    "detection": text("injected faults noticed"),
    "accuracy": text("rows answered right"),
    "roc_auc": text("ranking of events above others (ROC AUC)"),
    "average_precision": text("ranking, where events are rare (average precision)"),
    "brier": text("error of the probabilities (Brier)"),
    "cost_per_row": text("cost per row"),
    "rmse": text("typical error, large ones weigh more (RMSE)"),
    "mae": text("mean error size (MAE)"),
    "r2": text("share of the variation explained (R²)"),
    "bias": text("mean error with its sign"),
    "coverage": text("truths inside the interval"),
    "interval_width": text("mean width of the interval"),
    "phm_score": text("error of the remaining life, worse when too late (PHM score)"),
    "late_share": text("answers that promise more life than there is"),
    "flips": text("decisions that changed"),
    "shift": text("how far the values moved"),
    "model_mb": text("what the graph weighs, in MB"),
    "p99_ms": text("99 of 100 single rows are answered within so many ms"),
    "parity": text("the graph answers as the trained model did"),
}


SHORT: dict[str, Text] = {"f1": text("F1"), "rmse": text("RMSE")}


def short_name(metric: str) -> Text:
    """Return what a metric is called in the middle of a sentence."""
    return SHORT.get(metric, metric_name(metric))


def metric_name(metric: str) -> Text:
    """Return a metric's name in plain words; an unknown one stays as it is written."""
    return NAMES.get(metric, Text(metric))
