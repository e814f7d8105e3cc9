"""A folder in the layout of owaspsamm/core, with sentences of our own: two functions, three practices, two streams."""

from __future__ import annotations

from collections.abc import Mapping

FUNCTIONS = {"Keeping": ("Doors", "Windows"), "Cooking": ("Stove",)}
SHORT = {"Doors": "DO", "Windows": "WI", "Stove": "ST", "Keeping": "K", "Cooking": "C"}


def samm_files(prefix: str = "instruments/samm/model", *, levels: int = 3) -> dict[str, bytes]:
    """Return the files of a small model: path → content."""
    files: dict[str, str] = {}

    def put(kind: str, name: str, text: str) -> None:
        files[f"{prefix}/{kind}/{name}.yml"] = f"---\n# a comment\n{text}\ntype: Thing\n"

    for number in range(1, levels + 1):
        put("maturity_levels", str(number), f"id: level{number}\nnumber: {number}\ndescription: step {number}")
    put(
        "answer_sets",
        "K",
        "id: set-k\nvalues:\n"
        + "".join(
            f"- text: {text}\n  value: {value}\n  weight: 1\n  order: {order}\n"
            for order, (text, value) in enumerate(
                (("No", 0), ("A little", 0.25), ("Half of it", 0.5), ("All of it", 1))
            )
        ),
    )
    for order, (function, practices) in enumerate(FUNCTIONS.items(), start=1):
        put("business_functions", function, f"id: f-{function}\nmodel: SAMM20\nname: {function}\norder: {order}")
        for place, practice in enumerate(practices, start=1):
            code = f"{SHORT[function]}-{SHORT[practice]}"
            put(
                "security_practices",
                f"{SHORT[function]}-{practice}",
                f"function: f-{function}\nid: p-{practice}\nname: {practice}\n"
                f"shortName: {SHORT[practice]}\norder: {place}",
            )
            for level in range(1, levels + 1):
                put(
                    "practice_levels",
                    f"{code}-{level}",
                    f"practice: p-{practice}\nmaturityLevel: level{level}\nid: pl-{code}-{level}\nobjective: better",
                )
            for letter in ("A", "B"):
                put(
                    "streams",
                    f"{code}-{letter}",
                    f"practice: p-{practice}\nid: s-{code}-{letter}\nname: {practice} {letter}\nletter: {letter}\n"
                    f"order: {'AB'.index(letter) + 1}",
                )
                for level in range(1, levels + 1):
                    name = f"{code}-{level}-{letter}"
                    put(
                        "activities",
                        name,
                        f"stream: s-{code}-{letter}\nlevel: pl-{code}-{level}\nid: a-{name}\n"
                        f"title: {practice} {level}{letter}",
                    )
                    put(
                        "questions",
                        name,
                        f"activity: a-{name}\nanswerSet: set-k\nid: q-{name}\n"
                        f"text: Is {practice} kept at {level}{letter}?\n"
                        "order: 1\nquality:\n- Somebody looks\n- Somebody writes it down",
                    )
    return {path: text.encode("utf-8") for path, text in files.items()}


def answers(text: str) -> Mapping[str, float]:
    """Return answers by item from lines such as ``k_do_1_a 0.25``."""
    return {name: float(value) for name, value in (line.split() for line in text.strip().splitlines())}
