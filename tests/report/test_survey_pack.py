"""The survey's folder: everything to send, true to the settings, safe for any name, and nothing filled in is lost."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from workbench import cli
from workbench.engagement.inputs_readiness import read_instrument
from workbench.engagement.load import Engagement, load_engagement
from workbench.errors import FolderError, UsageError
from workbench.readiness import routed
from workbench.report.survey_pack import DOCUMENTS, SurveyPack, write_survey_pack

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = '<script>alert("x")</script> & Söhne'

Make = Callable[..., tuple[Engagement, SurveyPack]]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return a maker of packs for a small client."""
    for name in ("WORKBENCH_CLIENTS", "WORKBENCH_REPORTS", "WORKBENCH_HOME"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "client_data" / "tiny"
    folder.mkdir(parents=True)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "templates").symlink_to(ROOT / "templates")

    def pack(
        name: str = "Tiny Insurance", line: str = "Motor", more: str = "", out: Path | None = None
    ) -> tuple[Engagement, SurveyPack]:
        quoted = name.replace("'", "''")
        (folder / "engagement.yaml").write_text(f"name: '{quoted}'\nas_of: 2026-09-30\n{more}", encoding="utf-8")
        (folder / "lines.csv").write_text(f'product_line,name\nmotor,"{line.replace(chr(34), chr(34) * 2)}"\n', "utf-8")
        (folder / "population.csv").write_text(
            "unit,role,product_line,headcount\nA,builder,motor,8\nB,builder,motor,7\nA,product,motor,5\n", "utf-8"
        )
        held = load_engagement("tiny", root=tmp_path)
        return held, write_survey_pack(held, out=out, root=tmp_path)

    return pack


def page(pack: SurveyPack, name: str) -> str:
    """Return a document."""
    return (pack.folder / name).read_text(encoding="utf-8")


class Parsed(HTMLParser):
    """What a page holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.seen: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Note a tag."""
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.seen.append(data)

    @property
    def text(self) -> str:
        """All that is read."""
        return " ".join(" ".join(self.seen).split())


def test_the_pack_lies_outside_of_the_clients_folder(make: Make, tmp_path: Path) -> None:
    """Forms for five tools, a role each; the client's folder stays as it is."""
    held, pack = make()
    assert pack.folder == tmp_path / "reports" / "tiny" / "survey"
    assert set(DOCUMENTS) <= set(pack.files)
    assert {name.split("/")[0] for name in pack.files if "/" in name} == {
        *("qualtrics", "limesurvey", "google-forms", "microsoft-forms", "surveymonkey")
    }
    assert {Path(name).stem for name in pack.files if "/" in name} == {"builder", "product"}
    assert all((pack.folder / name).stat().st_size > 200 for name in pack.files)
    assert sorted(path.name for path in held.folder.iterdir()) == ["engagement.yaml", "lines.csv", "population.csv"]


def test_it_is_not_written_into_the_clients_folder(make: Make, tmp_path: Path) -> None:
    """Every file there is input, and the next check would stop at it."""
    with pytest.raises(UsageError, match="client's folder"):
        make(out=tmp_path / "client_data" / "tiny" / "survey")


def test_what_was_filled_in_is_kept(make: Make) -> None:
    """A second run leaves the note as people completed it and lays the new text beside."""
    _, pack = make()
    note = pack.folder / "privacy-note.html"
    note.write_text("filled in", encoding="utf-8")
    _, again = make(more="minimum_group: 7\n")
    assert again.kept == ("invitation.txt", "privacy-note.html", "works-council.html")
    assert note.read_text(encoding="utf-8") == "filled in"
    assert "groups of 7 people" in (pack.folder / "privacy-note.new.html").read_text(encoding="utf-8")


def test_nothing_is_written_through_a_link_and_nothing_half(make: Make, tmp_path: Path) -> None:
    """A link in the folder is replaced, a pipe keeps nobody waiting, and a folder in the way leaves all as it was."""
    elsewhere = tmp_path / "elsewhere.txt"
    elsewhere.write_text("keep", encoding="utf-8")
    folder = make()[1].folder
    (folder / "README.txt").unlink()
    (folder / "README.txt").symlink_to(elsewhere)
    (folder / "invitation.txt").unlink()
    os.mkfifo(folder / "invitation.txt")
    make()
    assert elsewhere.read_text(encoding="utf-8") == "keep"
    assert (folder / "invitation.txt").is_file()
    (folder / "README.txt").unlink()
    (folder / "README.txt").mkdir()
    before = (folder / "qualtrics" / "product.txt").stat().st_mtime_ns
    with pytest.raises(FolderError, match=r"README\.txt"):
        make()
    assert (folder / "qualtrics" / "product.txt").stat().st_mtime_ns == before


def test_the_note_says_pseudonymous_and_what_that_is_not(make: Make) -> None:
    """Who holds what, what is shown, the minimum group, what cannot be promised, how long."""
    _, pack = make(more="minimum_group: 6\nbrand: Product Practice\n")
    said = Parsed(page(pack, "privacy-note.html")).text
    assert "pseudonymous. That is not the same as anonymous" in said
    assert "groups of 6 people or more" in said
    assert "Product Practice alone, apart from the answers" in said
    assert "may point to one person" in said
    assert "24 months" in said
    assert "name, your e-mail address, the address of your computer and any location are dropped" in said


def test_an_openly_named_assessment_promises_no_protection(make: Make) -> None:
    """A minimum group of one is said in every document."""
    _, pack = make(more="minimum_group: 1\n")
    for name in DOCUMENTS[1:]:
        said = Parsed(page(pack, name)).text
        assert "openly named" in said, name
        assert "pseudonymous: they stand under a key" not in said, name
    assert "people or more, with one decimal" not in page(pack, "privacy-note.html")
    assert "No result of a single person exists" not in page(pack, "works-council.html")


def test_the_works_council_gets_what_it_asks_for(make: Make) -> None:
    """Purpose, data item by item, protection in plain words, readers, times, no judging of persons, all questions."""
    held, pack = make()
    text = page(pack, "works-council.html")
    said = Parsed(text).text
    for words in (
        "no legal advice",
        "not used to judge any person's performance or behaviour",
        "20 people are asked",
        "Time spent on the form",
        "the other three can be computed",
        "takes the part of a curious reader",
        "such as: deleted 30 days after the report",
    ):
        assert words in said, words
    instrument = read_instrument(held.tables)
    asked = set(routed(instrument, "builder")) | set(routed(instrument, "product"))
    assert text.count('class="item"') == len(asked) < len(instrument.items)
    assert html.escape("We release to users …") in text
    assert all(reader in said for reader in ("The board", "Owners of product lines", "Everybody who works here"))


def test_no_word_of_the_trade_reaches_those_who_answer(make: Make) -> None:
    """Plain words: no quasi-identifiers, no suppression, no linear programs."""
    _, pack = make()
    for name in ("privacy-note.html", "works-council.html", "invitation.txt"):
        said = Parsed(page(pack, name)).text.casefold()
        for word in ("suppression", "k-anonym", "quasi", "linear program", "dataframe", "yaml", "csv", "careless"):
            assert word not in said, (name, word)


def test_names_of_clients_run_nowhere(make: Make) -> None:
    """Every text is escaped where it enters a page, and no page may load anything."""
    _, pack = make(HOSTILE, line=HOSTILE, more="brand: '<img src=x onerror=alert(1)>'\n")
    for name in ("privacy-note.html", "works-council.html"):
        text = page(pack, name)
        parsed = Parsed(text)
        assert "script" not in parsed.tags
        assert "img" not in parsed.tags
        assert HOSTILE in parsed.text or html.escape(HOSTILE) in text
        assert "default-src 'none'" in text
        assert not re.search(r"https?://", text)


def test_blanks_are_counted_and_marked(make: Make) -> None:
    """What people must fill in is yellow, and the command says how many there are."""
    _, pack = make()
    marked = sum(page(pack, name).count('class="fill"') for name in DOCUMENTS if name.endswith("html"))
    assert pack.blanks == marked
    assert marked > 5


def test_pages_are_sound(make: Make) -> None:
    """One heading of the first order, no gap in headings, tables with heads, a language and a title."""
    _, pack = make()
    for name in ("privacy-note.html", "works-council.html"):
        text = page(pack, name)
        tags = Parsed(text).tags
        levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h\d", tag)]
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        assert '<html lang="en">' in text
        assert "<title>" in text
        assert "{{" not in text
        assert "{%" not in text


def test_the_command_writes_the_pack_and_tells_the_response(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sample client: what was written and where to start; then who has answered, without a number below five."""
    monkeypatch.setenv("WORKBENCH_REPORTS", str(tmp_path))
    cli.app(["survey", "harbour-mutual"], standalone_mode=False)
    said = capsys.readouterr().out
    assert f"{len(list((tmp_path / 'harbour-mutual' / 'survey').rglob('*.*')))} files" in said
    assert "Start with README.txt" in said
    cli.app(["survey", "harbour-mutual", "--status"], standalone_mode=False)
    told = capsys.readouterr().out
    assert "fewer than 5" in told
    assert all(int(number) % 5 == 0 for number in re.findall(r"(\d+) or more", told))
    assert "to judge" in told


def test_forms_written_before_the_lines_are_known_say_so(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without lines no form can ask for one, which nobody would notice before the answers are in."""
    make()
    monkeypatch.chdir(tmp_path)
    cli.app(["survey", "tiny"], standalone_mode=False)
    assert "since lines is empty" not in capsys.readouterr().out
    for table in ("lines.csv", "population.csv"):
        (tmp_path / "client_data" / "tiny" / table).unlink()
    cli.app(["survey", "tiny"], standalone_mode=False)
    assert "No form asks for a product line, since lines is empty" in capsys.readouterr().out
