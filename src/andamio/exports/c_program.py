"""The files around a graph in C: its header, its one function, and the check with rows and answers inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import Bundle
from andamio.exports.c_graph import Written
from andamio.exports.c_values import array, c_type, text_of

Columns = Mapping[str, NDArray[Any]]
_SIGNATURE = (
    "void {name}_answer(const float *numbers, const char *const *categories, const float *signals,"
    "\n    {name}_answers *answer)"
)
_HEADER = """\
/* {version}: written by Andamio from bundle {digest}. Do not edit. */
#ifndef {guard}
#define {guard}

#include <stdint.h>

{defines}

typedef struct {{
{fields}
}} {name}_answers;

/* Answers one row. A missing number is NAN, a missing category "". What it does not read may be NULL. */
{signature};

#endif
"""
_SOURCE = """\
/* {digest} */
#include "{name}.h"

#include <math.h>
#include <string.h>

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

{tables}

{memory}

{signature} {{
    (void)numbers;
    (void)categories;
    (void)signals;
{lines}
}}
"""
_CHECK = """\
/* Asks the rows of the export; prints the answers when told so, else compares them with the bundle's. */
#include "{name}.h"

#include <math.h>
#include <stdio.h>

#define ROWS {rows}

{tables}

static double worst = 0;
static int flips = 0;

static void compare(double is, double was) {{
    double apart = fabs(is - was) / (fabs(was) > 1 ? fabs(was) : 1);
    if (is != is && was != was) return;
    if (!(apart <= worst)) worst = apart;
}}

int main(int count, char **words) {{
    (void)words;
    for (unsigned row = 0; row < ROWS; row++) {{
        {name}_answers answer;
        {name}_answer({numbers}, {categories}, {signals}, &answer);
{each}
        if (count > 1) printf("\\n");
    }}
    if (count > 1) return 0;
    printf("%d rows, %d decisions differ, largest difference %.3g\\n", ROWS, flips, worst);
    return flips == 0 && worst <= 1e-4 ? 0 : 1;
}}
"""


def header(name: str, bundle: Bundle, answers: Columns) -> str:
    """Write the header: sizes, names of the columns, the answer and the function."""
    info, guard = bundle.info, f"{name.upper()}_H"
    listed = {
        "NUMBERS": info.numbers,
        "CATEGORIES": info.categories,
        "SIGNALS": info.signals,
        "CLASSES": info.classes,
    }
    defines = [f"#define {name.upper()}_{what} {len(names)}" for what, names in listed.items()]
    defines += [f"/* {what.lower()}: {_comment(names)} */" for what, names in listed.items() if names]
    fields = [
        f"    {c_type(values)} {output}{f'[{values.shape[1]}]' if output == 'probabilities' else ''};"
        for output, values in answers.items()
    ]
    return _HEADER.format(
        version=bundle.model,
        digest=bundle.digest,
        guard=guard,
        name=name,
        defines="\n".join(defines),
        fields="\n".join(fields),
        signature=_SIGNATURE.format(name=name),
    )


def source(name: str, bundle: Bundle, written: Written, answers: Columns) -> str:
    """Write the model."""
    lines = list(written.lines)
    for output, values in answers.items():
        if output == "probabilities":
            lines += [f"answer->{output}[{k}] = {output}[{k}];" for k in range(values.shape[1])]
        else:
            lines.append(f"answer->{output} = {output}[0];")
    return _SOURCE.format(
        name=name,
        digest=bundle.digest,
        tables="\n".join(written.tables),
        memory="\n".join(written.memory),
        signature=_SIGNATURE.format(name=name),
        lines="\n".join(f"    {line}" for line in lines),
    )


def check_source(name: str, feeds: Columns, answers: Columns) -> str:
    """Write the check."""
    rows = len(next(iter(answers.values())))
    tables = [array(f"in_{key}", c_type(values), values) for key, values in feeds.items()]
    tables += [array(f"was_{key}", c_type(values), values) for key, values in answers.items()]
    places = {
        key: f"in_{key} + row * {feeds[key].shape[1]}" if key in feeds else "0"
        for key in ("numbers", "categories", "signals")
    }
    each = []
    for key, values in answers.items():
        width = values.shape[1]
        for k in range(width):
            told = f"answer.{key}[{k}]" if key == "probabilities" else f"answer.{key}"
            was = f"was_{key}[row * {width} + {k}]"
            each.append(f'if (count > 1) printf("%.9g ", (double){told});')
            if np.issubdtype(values.dtype, np.integer):
                each.append(f"if ({told} != {was}) flips++;")
            else:
                each.append(f"compare({told}, {was});")
    return _CHECK.format(
        name=name,
        rows=rows,
        tables="\n".join(tables),
        each="\n".join(f"        {line}" for line in each),
        **places,
    )


def _comment(names: tuple[str, ...]) -> str:
    return ", ".join(text_of(name) for name in names).replace("*/", "* /")
