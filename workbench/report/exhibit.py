"""An exhibit shows one thing: a chart, a table, an analyst's picture, or a note on what could not be shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench import theme
from workbench.errors import ReportError
from workbench.findings import CLAIM_LENGTH, Off
from workbench.report.chart import Chart
from workbench.report.tables import Table, table
from workbench.report.text import data_table, exhibit_html, exhibit_text
from workbench.report.values import columns_of, fields_of, figure_columns, heading

SLUG = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")
"""What keys of exhibits and names of chapters look like: they become names of files and of places in a page."""


@dataclass(frozen=True)
class Note:
    """Words where a chart would stand: what could not be shown, and which table would show it.

    Attributes
    ----------
    claim, detail : str
        What is missing, in one sentence; why, and what would answer it.
    tables : tuple of str
        The client's tables that would.
    subtitle, source, alt : str
        As in a chart; blank `alt` means the claim itself.
    """

    claim: str
    detail: str
    tables: tuple[str, ...] = ()
    subtitle: str = ""
    source: str = "the engagement's folder"
    alt: str = ""

    def __post_init__(self) -> None:
        if not self.alt:
            object.__setattr__(self, "alt", f"Note: {self.claim}")


@dataclass(frozen=True)
class Picture:
    """A figure that an analyst drew, with the numbers it shows.

    Attributes
    ----------
    svg, png : str
        The drawing as SVG text and as a slide-size PNG in base 64.
    data : Table
        The plotted numbers.
    claim, subtitle, source, alt : str
        As in a chart.
    """

    svg: str
    png: str
    data: Table
    claim: str
    subtitle: str
    source: str
    alt: str


Content = Chart | Table | Note | Picture
_CONTENTS: dict[str, type] = {"chart": Chart, "table": Table, "note": Note, "picture": Picture}


@dataclass(frozen=True)
class Exhibit:
    """One thing shown: a chart, a table, an analyst's picture or a note, under a key that never changes.

    Attributes
    ----------
    key : str
        Lower-case slug, unique in the report: names its files, its sheet and its place in ``commentary``.
    content : Chart, Table, Note or Picture
        What is shown; claim, subtitle, source and alternative text are its own.
    is_appendix : bool
        Stands behind the body, with the method.
    comments : tuple of str
        The consultant's own words, from ``commentary``.
    doubts : tuple of (str, tuple of str)
        Sentences that hold against other exhibits, each with the ids of the figures it is about: whoever joins the
        chapters writes it beside each exhibit that quotes one of them.
    whole : Table or None
        All rows of which the page shows some, for the exhibit's sheet of the workbook.

    In a notebook it shows its picture, and a text with every plotted number as the report rounds it.
    """

    key: str
    content: Content
    is_appendix: bool = False
    comments: tuple[str, ...] = ()
    doubts: tuple[tuple[str, tuple[str, ...]], ...] = ()
    whole: Table | None = None

    def __post_init__(self) -> None:
        if not SLUG.match(self.key):
            raise ReportError((f"An exhibit's key is a lower-case slug; got {self.key!r}.",))

    @property
    def claim(self) -> str:
        """The finding, one sentence."""
        return self.content.claim

    @property
    def subtitle(self) -> str:
        """Measure, unit, population and n."""
        return self.content.subtitle

    @property
    def source(self) -> str:
        """Where the data come from."""
        return self.content.source

    @property
    def alt(self) -> str:
        """What someone hears who does not see the picture."""
        return self.content.alt

    def data(self) -> Table:
        """Return the plotted data as a table with the ids of the figures behind each row."""
        if isinstance(self.content, Picture):
            return self.content.data
        if isinstance(self.content, Table):
            return self.content
        if isinstance(self.content, Note):
            return Table((), (), self.claim, self.subtitle, self.source, self.alt)
        return data_table(self.content)

    def sheet(self) -> Table:
        """Return what its sheet of the workbook holds: all rows, also of a list that the page cuts."""
        return self.data() if self.whole is None else self.whole

    def figure_ids(self) -> tuple[str, ...]:
        """Return the ids of all figures it quotes, each once, in order."""
        if isinstance(self.content, Note):
            return ()
        per_row = self.content.figure_ids() if isinstance(self.content, Chart) else self.data().figures
        return tuple(dict.fromkeys(name for ids in per_row for name in ids))

    def __repr__(self) -> str:
        return exhibit_text(self.content)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """Show the picture with its alternative text; nbval compares the text, which holds every number."""
        if isinstance(self.content, Table):
            return {"text/plain": repr(self), "text/html": exhibit_html(self.content)}
        if isinstance(self.content, Note):
            return {"text/plain": repr(self)}
        import base64

        from workbench.report.drawing.draw import png_bytes

        held = self.content
        picture = held.png if isinstance(held, Picture) else base64.b64encode(png_bytes(held)).decode("ascii")
        return {"text/plain": repr(self), "image/png": picture}, {"image/png": {"alt": self.alt, "width": 760}}

    def to_dict(self) -> dict[str, Any]:
        """Return the exhibit as JSON types."""
        kind = next(name for name, cls in _CONTENTS.items() if type(self.content) is cls)
        document: dict[str, Any] = {
            "key": self.key,
            "kind": kind,
            "content": fields_of(self.content),
            "is_appendix": self.is_appendix,
            "comments": list(self.comments),
        }
        document |= {"doubts": [[words, list(ids)] for words, ids in self.doubts]} if self.doubts else {}
        return document | ({} if self.whole is None else {"whole": fields_of(self.whole)})

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Exhibit:
        """Return the exhibit that `to_dict` wrote."""
        held = dict(document["content"])
        content: Content
        match document["kind"]:
            case "chart":
                content = Chart.from_dict(held)
            case "table":
                content = Table.from_dict(held)
            case "picture":
                content = Picture(**{**held, "data": Table.from_dict(held["data"])})
            case _:
                content = Note(**{**held, "tables": tuple(held["tables"])})
        doubts = tuple((str(words), tuple(map(str, ids))) for words, ids in document.get("doubts", ()))
        whole = Table.from_dict(document["whole"]) if "whole" in document else None
        return cls(document["key"], content, bool(document["is_appendix"]), tuple(document["comments"]), doubts, whole)


def words_exhibit(
    key: str,
    claim: str,
    detail: str,
    tables: tuple[str, ...] = (),
    *,
    source: str = "the engagement's folder",
    alt: str = "",
    is_appendix: bool = False,
) -> Exhibit:
    """Return an exhibit of words where a chart would stand, as `Note` describes them."""
    return Exhibit(key, Note(claim, detail, tables, source=source, alt=alt), is_appendix)


def note_exhibit(off: Off, key: str = "") -> Exhibit:
    """Return the exhibit of a pillar (or part) that could not answer: what is missing, and which table would do.

    Parameters
    ----------
    off : Off
        Why it is off.
    key : str
        Key of the exhibit it stands for; blank means one note for the whole pillar. A chapter keeps notes of the
        same reason only once.
    """
    needed = f"{theme.listing(off.tables, 8)} would answer it." if off.tables else ""
    claim = off.reason if len(off.reason) <= CLAIM_LENGTH and off.reason.endswith(".") else ""
    title = heading(off.pillar)
    content = Note(
        claim=claim or f"{title} could not be answered from the files we have.",
        detail=f"{'' if claim else off.reason + ' '}{needed}".strip(),
        tables=tuple(off.tables),
        alt=f"Note: {claim or off.reason}",
    )
    return Exhibit(key or f"{off.pillar}-off", content)


def exhibit_from_figure(
    figure: Any,
    *,
    claim: str,
    alt: str,
    source: str,
    data: Any,
    subtitle: str = "",
    key: str = "",
    figures: str | Sequence[str] | None = None,
) -> Exhibit:
    """Take any matplotlib figure into the report, with the numbers it shows.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        As the analyst drew it; the picture is made now, later changes do not reach the report.
    claim, alt, source : str
        The finding with its number; what someone hears who does not see it; where the data come from.
    data : DataFrame or mapping of columns
        The plotted numbers; they stand below the picture and in the workbook of exhibits.
    subtitle : str
        Measure, unit, population and n.
    key : str
        Slug of the exhibit; blank makes one from the claim.
    figures : str or list of str
        Column(s) of `data` with ids of figures; by default ``ids``, where there is one.
    """
    from workbench.report.drawing.pictures import picture_of

    data = columns_of(data)
    names = figure_columns(data, figures)
    listed = table(
        data,
        columns=[name for name in data if name not in names],
        claim=claim,
        subtitle=subtitle,
        source=source,
        figures=names,
        alt=alt,
    )
    slug = re.sub(r"[^a-z0-9]+", "-", claim.lower()).strip("-")[:48].strip("-")
    svg, png = picture_of(figure)
    return Exhibit(key or slug or "picture", Picture(svg, png, listed, claim, subtitle, source, alt))
