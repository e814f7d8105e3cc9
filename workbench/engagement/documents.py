"""YAML files with the line of every key, so that a fault can say where it stands."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, get_args, get_origin

from workbench.engagement.read import show
from workbench.errors import Fault, nearest

LARGEST_DOCUMENT = 2_000_000
"""Bytes of a YAML file; more is no settings file (ours)."""


@dataclass(frozen=True, eq=False)
class Document:
    """A YAML document, or the sheets that stand in for one.

    Attributes
    ----------
    file, sheet : str
        Where it stands.
    content : mapping
        What it says.
    lines : mapping of tuple to str
        Path of keys and list places → ``line 12``, or the cell in a workbook.
    """

    file: str
    sheet: str
    content: dict[str, Any]
    lines: Mapping[tuple[str | int, ...], tuple[str, str]] = field(default_factory=dict, repr=False)

    def place(self, path: Sequence[str | int]) -> tuple[str, str]:
        """Return the sheet and the place of a key path: ``line 12, metrics[0].type``, or a cell."""
        path = tuple(path)
        shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                sheet, place = self.lines[path[:length]]
                return sheet, f"{place}, {shown}" if shown and not sheet else place
        return self.sheet, shown

    def fault(self, path: Sequence[str | int], found: str, allowed: str, remedy: str) -> Fault:
        """Return a fault at a key path."""
        sheet, place = self.place(path)
        return Fault(self.file, sheet, place, found, allowed, remedy)


def read_yaml(content: bytes, file: str, *, is_ours: bool = False) -> tuple[Document | None, list[Fault]]:
    """Read a YAML file safely: plain values only, no key twice, no anchors.

    Anchors are refused because a few lines of them can unfold into more than any memory holds.

    Parameters
    ----------
    content : bytes
    file : str
        Its name in a fault.
    is_ours : bool
        Whether it came with the workbench: then libyaml reads it, where there is one, ten times as fast. What a client
        sends is read by Python alone, which no nesting can bring down.
    """
    import yaml

    def fault(place: str, found: str, remedy: str) -> tuple[None, list[Fault]]:
        return None, [Fault(file, "", place, found, "YAML, key: value, in UTF-8.", remedy)]

    if len(content) > LARGEST_DOCUMENT:
        return fault("", f"the file has {len(content):,} bytes", "Facts belong into CSV or Parquet files.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return fault(f"line {line}", "the file is not UTF-8", "Save it as UTF-8.")
    try:
        loader = _loader(is_ours)(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}" if mark else ""
        return fault(place, f"it is not YAML: {error.problem or error}", "Mind the indentation and the colons.")
    except yaml.YAMLError as error:
        return fault("", f"it is not YAML: {str(error).splitlines()[0]}", "Save it as plain text in UTF-8.")
    except RecursionError:
        return fault("", "it is nested too deeply", "Write it flat.")
    if node is None:
        return fault("", "the file is empty", "Fill it, or delete it.")
    faults: list[Fault] = []
    lines: dict[tuple[str | int, ...], tuple[str, str]] = {}
    try:
        _walk(node, (), lines, faults, file, set())
    except RecursionError:
        return fault("", "it is nested too deeply", "Write it flat.")
    if faults:
        return None, faults
    try:
        loaded = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        place = f"line {error.problem_mark.line + 1}" if error.problem_mark else ""
        return fault(place, f"it is not YAML that we read: {error.problem}", "Use plain values only.")
    except (yaml.YAMLError, ValueError) as error:
        return fault("", f"it is not YAML that we read: {str(error).splitlines()[0]}", "Use plain values only.")
    if not isinstance(loaded, dict):
        return fault("line 1", "it does not consist of key: value lines", "Start each line with a key and a colon.")
    return Document(file, "", loaded, lines), []


@lru_cache(maxsize=2)
def _loader(is_ours: bool) -> Any:
    """Return the safe loader with the words and numbers of YAML 1.2.

    YAML 1.1 takes the column ``on`` for true, the key ``no`` for false, ``010`` for 8 and ``10:30`` for 630. A day that
    is in no calendar, and a number too large for any, stay text, so that a fault can say where they stand.
    """
    import yaml

    quick: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    parent: Any = quick if is_ours else yaml.SafeLoader

    class Loader(parent):
        """Values as people read them."""

    def day(loader: Any, node: Any) -> Any:
        try:
            return loader.construct_yaml_timestamp(node)
        except (ValueError, OverflowError):
            return node.value

    def number(loader: Any, node: Any) -> Any:
        value = loader.construct_yaml_float(node)
        return value if math.isfinite(value) else node.value

    Loader.add_constructor("tag:yaml.org,2002:timestamp", day)
    Loader.add_constructor("tag:yaml.org,2002:float", number)

    shapes = {
        "tag:yaml.org,2002:bool": (r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
        "tag:yaml.org,2002:int": (r"^[-+]?(?:0|[1-9][0-9]{0,17})$", "-+0123456789"),
        "tag:yaml.org,2002:float": (
            r"^[-+]?(?:[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)$",
            "-+0123456789.",
        ),
    }
    Loader.yaml_implicit_resolvers = {
        first: [(tag, shape) for tag, shape in held if tag not in shapes]
        for first, held in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    for tag, (shape, first) in shapes.items():
        Loader.add_implicit_resolver(tag, re.compile(shape), list(first))
    return Loader


def _walk(
    node: Any,
    path: tuple[str | int, ...],
    lines: dict[tuple[str | int, ...], tuple[str, str]],
    faults: list[Fault],
    file: str,
    seen: set[int],
) -> None:
    """Note the line of every key; find keys that stand twice and anchors."""
    import yaml

    place = f"line {node.start_mark.line + 1}"
    if id(node) in seen:
        remedy = "Write the values out where they belong."
        faults.append(Fault(file, "", place, "an anchor (&, *) is used", "plain values.", remedy))
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        known: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            name = str(key.value)
            if name in known:
                found = f"the key {name!r} stands twice, also in line {known[name]}"
                faults.append(Fault(file, "", f"line {line}", found, "each key once.", "Delete one of the two."))
            known[name] = line
            lines[(*path, name)] = ("", f"line {line}")
            _walk(value, (*path, name), lines, faults, file, seen)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            lines[(*path, number)] = ("", f"line {value.start_mark.line + 1}")
            _walk(value, (*path, number), lines, faults, file, seen)


def validate(document: Document, model: Any, path: tuple[str | int, ...] = ()) -> tuple[Any, list[Fault]]:
    """Return a document as its pydantic model, or None and every fault with its line."""
    from pydantic import ValidationError

    content: Any = document.content
    for part in path:
        content = content[part]
    try:
        return model.model_validate(content), []
    except ValidationError as error:
        return None, [_model_fault(document, model, path, item) for item in error.errors(include_url=False)]


def _model_fault(document: Document, model: Any, path: tuple[str | int, ...], item: Any) -> Fault:
    location = tuple(part for part in item["loc"] if part != "[key]")
    full = (*path, *location)
    name = str(location[-1]) if location else ""
    inside = _inside(model, location[:-1])
    known = list(inside.model_fields) if inside is not None else []
    if item["type"] == "extra_forbidden":
        allowed = f"{', '.join(known)}." if known else "known settings."
        return document.fault(full, f"the setting {name!r} is unknown", allowed, nearest(name, known) or "Delete it.")
    if item["type"] == "missing":
        described = inside.model_fields[name].description if name in known else ""
        return document.fault(full, f"{name} is missing", described or "a value.", f"Add {name}.")
    if "databases" in location and isinstance(item.get("input"), str):
        found = "what stands here is no env:NAME (it is not shown, because it may hold a password)"
        remedy = "Put the address into a variable on your machine, and write env: and the name of the variable here."
        return document.fault(full, found, "env: and the name of a variable in capitals, such as env:CRM.", remedy)
    if item["type"] in ("dict_type", "model_type", "model_attributes_type"):
        below = _inside(model, location)
        words = f"{', '.join(below.model_fields)}" if below is not None else "names, each with its value"
        found = f"{quote(item.get('input'))} stands where settings belong"
        return document.fault(full, found, f"{words}, one a line below it.", "Write them so, or delete it.")
    allowed, remedy = explain(item)
    return document.fault(full, f"{quote(item.get('input'))} is not allowed", allowed, remedy)


def _inside(model: Any, location: Sequence[str | int]) -> Any:
    """Return the model that stands at a key path; None where none does."""
    held = model
    for part in location:
        if get_origin(held) is dict:
            held = get_args(held)[1]
        elif hasattr(held, "model_fields") and part in held.model_fields:
            held = held.model_fields[part].annotation
        else:
            return None
    return held if hasattr(held, "model_fields") else None


def quote(value: Any) -> str:
    """Return a value of a document as a fault quotes it: shortened, in words, and without a password in an address.

    Examples
    --------
    >>> quote("postgres://reader:secret@host/db"), quote({"a": 1}), quote(True)
    ("'postgres://reader:…@host/db'", 'a group of settings', 'true')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a group of settings"
    if isinstance(value, list | tuple | set):
        return "a list"
    if isinstance(value, str):
        return show(re.sub(r"(://[^:/@\s]*):[^@\s]*@", r"\1:…@", value))
    return str(value)[:60]


def explain(item: Mapping[str, Any]) -> tuple[str, str]:
    """Return what pydantic would allow, and what to do, in plain words."""
    kind, context = item["type"], item.get("ctx", {})
    bounds = {
        "greater_than_equal": ("{ge} or more", "ge"),
        "greater_than": ("more than {gt}", "gt"),
        "less_than_equal": ("{le} or less", "le"),
        "less_than": ("less than {lt}", "lt"),
    }
    if kind in bounds:
        words, name = bounds[kind]
        return f"{words.format(**{name: f'{context[name]:,.16g}'})}.", "Correct the number."
    if kind == "literal_error":
        return f"{str(context['expected']).replace(chr(39), '')}.", "Choose one of them."
    if kind == "string_too_long":
        return f"at most {context['max_length']:,} characters.", "Shorten the text."
    if kind in ("string_too_short", "string_type"):
        return "a text.", "Write something, or put it in quotation marks."
    if kind == "string_pattern_mismatch":
        shapes = {"^[A-Z]{3}$": "three capital letters such as EUR.", "^env:": "env: and the name of a variable."}
        pattern = str(context["pattern"])
        return next((v for k, v in shapes.items() if pattern.startswith(k)), f"a text like {pattern}."), "Correct it."
    if kind in ("finite_number", "float_type", "float_parsing", "int_type", "int_parsing", "int_from_float"):
        return "a whole number." if kind.startswith("int") else "a number.", "Correct the number."
    if kind.startswith("int_parsing"):
        return "a whole number.", "Correct the number."
    if kind.startswith("date"):
        is_day = re.fullmatch(r"\s*\d{4}-\d{2}-\d{2}\s*", str(item.get("input")))
        remedy = "No calendar has this day: correct it." if is_day else "Write it year first."
        return "a date such as 2026-09-30.", remedy
    if kind in ("list_type", "tuple_type"):
        return "a list, such as [one, two].", "Put it in square brackets."
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        return "names, each with its value, one a line below it.", "Write them so, or delete it."
    if kind == "invalid_key":
        return "a name.", "Write a name before the colon, in quotation marks if it is a number."
    if kind == "value_error":
        said = str(context.get("error", item["msg"]))
        allowed, _, remedy = said.partition(" | ")
        return allowed, remedy or "Correct it."
    return "a value of another kind.", "Correct it."
