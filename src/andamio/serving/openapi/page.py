"""The description as one page of HTML: no script, no font, no image, nothing from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

import msgspec

from andamio.language import say

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f23;"
    "background:#fff}h2{margin-top:2.5rem;border-top:1px solid #d0d7de;padding-top:1rem}"
    "code,pre{font:14px/1.45 ui-monospace,monospace;background:#f2f4f6;border-radius:4px}"
    "code{padding:.1em .3em}pre{padding:.8rem;overflow:auto}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #e3e7ea;vertical-align:top}"
    "@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}code,pre{background:#1c2330}"
    "th,td,h2{border-color:#30363d}a{color:#79b8ff}}"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_ROWS = {"Body": "Row", "Truths": "Truth"}


def reading_page(document: Mapping[str, Any], *, language: str) -> bytes:
    """Write an OpenAPI document for a person.

    Args:
        document: As ``openapi`` returns it, in the language of the page.
        language: The page's language.
    """
    title = escape(document["info"]["title"])
    parts = [
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{title}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{title} {escape(document['info']['version'])}</h1>",
        f"<p>{escape(document['info']['description'])}</p>",
        f'<p><a href="/openapi.json">{escape(say("The same as an OpenAPI document"))}</a></p>',
    ]
    if "security" in document:
        parts.append(
            f"<p>{escape(say('Every request needs an access token:'))} "
            "<code>Authorization: Bearer …</code></p>"
        )
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parts += _operation(document, path, method, operation)
    return "".join([*parts, "</body></html>"]).encode()


def _operation(
    document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]
) -> Iterator[str]:
    yield f"<h2><code>{method.upper()} {escape(path)}</code></h2><p>{escape(operation['summary'])}</p>"
    for parameter in operation.get("parameters", ()):
        yield f"<p><code>?{escape(parameter['name'])}=…</code> {escape(parameter['description'])}</p>"
    if "requestBody" not in operation:
        return
    media = operation["requestBody"]["content"]["application/json"]
    name = media["schema"].get("$ref", "").rpartition("/")[2]
    schemas = document["components"]["schemas"]
    row = _ROWS.get(name.rpartition(".")[2])
    if row is not None:
        yield from _table(say("What is sent"), schemas[f"{name.rpartition('.')[0]}.{row}"])
    example = msgspec.json.format(msgspec.json.encode(media["example"]), indent=2).decode()
    yield f"<h3>{escape(say('Example'))}</h3><pre>{escape(example)}</pre>"
    if row == "Row":
        yield from _table(say("What is answered, for each row"), schemas[f"{name[:-5]}.Prediction"])
    yield f"<h3>{escape(say('Otherwise'))}</h3><table>"
    for status, response in operation["responses"].items():
        if status != "200":
            yield f"<tr><td>{status}</td><td>{escape(response['description'])}</td></tr>"
    yield "</table>"


def _table(title: str, schema: Mapping[str, Any]) -> Iterator[str]:
    heads = (say("name"), say("type"), say("unit"), say("range or values"), say("missing"), say("meaning"))
    yield f"<h3>{escape(title)}</h3><table><tr>{''.join(f'<th>{escape(head)}</th>' for head in heads)}</tr>"
    required = schema.get("required", ())
    for name, field in schema["properties"].items():
        missing = field.get("x-missing") or ("–" if name in required else say("allowed"))
        cells = (_kind(field), field.get("x-unit", ""), _range(field), missing, field.get("description", ""))
        yield f"<tr><td><code>{escape(name)}</code></td>"
        yield "".join(f"<td>{escape(str(cell))}</td>" for cell in cells)
        yield "</tr>"
    yield "</table>"


def _kind(field: Mapping[str, Any]) -> str:
    kind = field.get("type", "")
    return " | ".join(kind) if isinstance(kind, list) else kind


def _range(field: Mapping[str, Any]) -> str:
    if "minimum" in field and "maximum" in field:
        return f"{field['minimum']} … {field['maximum']}"
    if "x-range" in field:
        low, high = field["x-range"]
        return f"{low} … {high} ({field['x-out-of-range']})"
    values = field.get("enum") or field.get("x-values") or ()
    return ", ".join("null" if value is None else str(value) for value in values if value != "")
