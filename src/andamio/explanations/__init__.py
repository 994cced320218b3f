"""Why a prediction came out as it did: what each raw tag contributed to it, in numbers and in words.

``background`` holds the rows that a prediction is compared with: some of its training, carried in the
bundle. ``shapley`` shares the difference out among the tags, exactly or by sampled orders; it knows nothing
of models. ``coalitions`` asks the bundle's own graph, from raw tags to answer, so that features of several
tags need no treatment of their own. ``usual`` knows what is normal for each tag, ``explainer`` puts it all
together; ``inside`` looks into a signal for the stretch or the band that made the difference. ``wording``
says it to a person, ``telling`` to a program, in ``figures`` as exact as they deserve.
"""

from andamio.explanations.background import background_arrays
from andamio.explanations.explainer import Contribution, Effort, Explainer, Explanation
from andamio.explanations.inside import Inside
from andamio.explanations.telling import explanation_data, inside_data
from andamio.explanations.wording import Worded, inside_words, worded

__all__ = [
    "Contribution",
    "Effort",
    "Explainer",
    "Explanation",
    "Inside",
    "Worded",
    "background_arrays",
    "explanation_data",
    "inside_data",
    "inside_words",
    "worded",
]
