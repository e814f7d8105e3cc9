"""A file is known by its header, read without settings, and day and month are never swapped."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

import pytest

from tests.engagement.trackers import layouts
from tests.engagement.trackers.layouts import Item, Variant
from workbench.engagement.trackers.imported import Imported, ReadSettings
from workbench.engagement.trackers.recognise import HEADERS, TRACKERS, find_tracker
from workbench.engagement.trackers.source import read_source
from workbench.errors import ClientDataError, UsageError

ITEMS = layouts.make_items()
SIXTY = layouts.sixty(ITEMS)
WANTED = 0.95


def read(content: bytes, file: str = "export.csv", settings: ReadSettings | None = None) -> Imported:
    """Read a file as the command does."""
    source = read_source(content, file, HEADERS)
    found: Imported = find_tracker(source).read(source, settings or ReadSettings())
    return found


def wrong_with(variant: Variant) -> str:
    """Return what of a variant is not read as it is; empty where all is."""
    try:
        source = read_source(variant.content, variant.file, HEADERS)
        tracker = find_tracker(source)
        found = tracker.read(source, ReadSettings())
    except (ClientDataError, UsageError) as error:
        return str(error)
    if variant.tracker != tracker.VENDOR:
        return f"taken for {tracker.VENDOR}"
    rows = found.tables[variant.table]
    items = ITEMS if "repository" not in variant.name else layouts.make_items(60, seed=int(variant.name.split()[-1]))
    expected = {_key(item, variant): item for item in items}
    first = "item" if variant.table == "items" else "incident"
    if sorted(rows[first]) != sorted(expected):
        return f"{len(rows[first])} rows with other keys, such as {rows[first][:2]}"
    created, ended = ("created", "done") if variant.table == "items" else ("raised", "restored")
    for place, key in enumerate(rows[first]):
        item = expected[key]
        pairs = [(rows[created][place], item.created), (rows[ended][place], item.done)]
        if variant.tracker in ("jira", "azure_devops"):
            pairs.append((rows["started"][place], item.started))
        for got, wanted in pairs:
            if _plain(got) != wanted:
                return f"{key}: {got} for {wanted}"
    return ""


def _plain(moment: dt.datetime | None) -> dt.datetime | None:
    return moment.replace(tzinfo=None) if moment else None


def _key(item: Item, variant: Variant) -> str:
    return {
        "jira": item.key,
        "azure_devops": str(item.number),
        "github": f"client/{item.project.lower()}#{item.number}",
        "servicenow": f"INC{item.number:07d}",
    }[variant.tracker]


def test_sixty_variants_need_no_settings() -> None:
    """At least 95 of 100 ways of writing are read whole; the rest ask, and none is read wrongly."""
    assert len({variant.name for variant in SIXTY}) == 60
    wrong = {variant.name: said for variant in SIXTY if (said := wrong_with(variant))}
    assert len(wrong) <= (1 - WANTED) * len(SIXTY), wrong
    swapped = {name: said for name, said in wrong.items() if " for " in said}
    assert not swapped


@pytest.mark.parametrize(
    "write", [layouts.american, layouts.european, layouts.german, layouts.dashed], ids=lambda w: w.__name__
)
def test_days_that_could_be_months_are_proved_by_rows_or_asked(write: Callable[[dt.datetime], str]) -> None:
    """With no day over 12 anywhere, 200 boards are read right or asked about; not one is swapped."""
    asked = read_right = 0
    for seed in range(200):
        items = [
            item
            for item in layouts.make_items(40 if seed % 2 else 400, seed=seed)
            if all(
                moment is None or moment.day <= 12 for moment in (item.created, item.started, item.done, item.updated)
            )
        ]
        try:
            found = read(layouts.jira(items, write, has_times=False))
        except ClientDataError as error:
            asked += "--date-order" in str(error)
            continue
        by_key = {item.key: item.created for item in items}
        for key, created in zip(found.tables["items"]["item"], found.tables["items"]["created"], strict=True):
            assert created == by_key[key]
        read_right += 1
    assert asked + read_right == 200
    assert asked
    assert read_right


@pytest.mark.parametrize("seed", [*range(60), 262, 321, 381, 1_211, 1_223])
def test_rows_that_run_backwards_do_not_swap_days(seed: int) -> None:
    """Boards with a few impossible rows, and no day over 12: read right or asked."""
    generator = random.Random(seed)  # noqa: S311 - a sample, no secret
    items = [
        item
        for item in layouts.make_items(generator.choice([20, 60, 200, 400]), seed=seed)
        if all(moment is None or moment.day <= 12 for moment in (item.created, item.started, item.done, item.updated))
    ]
    for _ in range(generator.choice([0, 1, 3, 6])):
        place = generator.randrange(len(items))
        if items[place].done:
            end = items[place].created - dt.timedelta(days=generator.randrange(1, 60))
            items[place] = layouts.replace(items[place], done=end.replace(day=min(end.day, 12)))
    write = generator.choice([layouts.american, layouts.european, layouts.german])
    try:
        found = read(layouts.jira(items, write, has_times=False))
    except ClientDataError as error:
        assert "--date-order" in str(error)  # noqa: PT017 - asking is one of two right answers
        return
    expected = {item.key: item.created for item in items}
    assert dict(zip(found.tables["items"]["item"], found.tables["items"]["created"], strict=True)) == expected


def test_order_that_the_consultant_says_is_heeded_and_cannot_overrule_proof() -> None:
    """--date-order settles what is open; a value over 12 stands."""
    item = layouts.make_items(1)[0]
    early = layouts.Item(
        1, "MOT", "Bug", "To Do", dt.datetime(2026, 3, 5, 9), None, None, dt.datetime(2026, 3, 5, 9), None
    )
    content = layouts.jira([early], layouts.european)
    with pytest.raises(ClientDataError, match=r"2026-03-05 .* or 2026-05-03"):
        read(content)
    for order, month in (("day-month-year", 3), ("month-day-year", 5)):
        found = read(content, settings=ReadSettings(date_order=order))
        assert found.tables["items"]["created"][0].month == month
        assert found.orders["created"] == (order, "said")
    late = layouts.jira(
        [layouts.replace(item, created=dt.datetime(2026, 3, 27, 9), updated=dt.datetime(2026, 3, 28))], layouts.european
    )
    found = read(late, settings=ReadSettings(date_order="month-day-year"))
    assert found.tables["items"]["created"][0] == dt.datetime(2026, 3, 27, 9)


def test_a_column_that_a_spreadsheet_has_mixed_is_refused() -> None:
    """Two ways of writing dates in one column may be swapped days: nothing is guessed cell by cell."""
    rows = layouts.jira(ITEMS, layouts.american).replace(b"1/15/2026", b"2026-01-15")
    content = layouts.as_csv(
        ["Issue key", "Issue id", "Issue Type", "Status", "Created"],
        [["A-1", "1", "Bug", "Done", "3/27/2026 14:05"], ["A-2", "2", "Bug", "Done", "2026-03-28 09:00"]],
    )
    assert rows
    with pytest.raises(ClientDataError, match="mixes two ways"):
        read(content)
    content = layouts.as_csv(
        ["Issue key", "Issue id", "Issue Type", "Status", "Created"],
        [["A-1", "1", "Bug", "Done", "3/27/2026 14:05"], ["A-2", "2", "Bug", "Done", "28/03/2026 09:00"]],
    )
    with pytest.raises(ClientDataError, match="cannot be read in one order"):
        read(content)


def test_a_name_that_is_another_month_elsewhere_is_asked() -> None:
    """A file whose months are of no one language is refused, with the cell."""
    content = layouts.as_csv(
        ["Issue key", "Issue id", "Issue Type", "Status", "Created"],
        [["A-1", "1", "Bug", "Done", "05/May/26 9:07 AM"], ["A-2", "2", "Bug", "Done", "05/Okt/26 9:07 AM"]],
    )
    with pytest.raises(ClientDataError, match="language"):
        read(content)


def test_a_header_of_nobody_is_refused_with_what_would_be_right() -> None:
    """Neither the name of the file nor a guess decides."""
    content = layouts.as_csv(["a", "b"], [["1", "2"]])
    with pytest.raises(ClientDataError, match="of no tracker") as caught:
        read(content, "jira.csv")
    assert "Issue key (Jira)" in str(caught.value)


def test_two_trackers_within_reach_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where two fit about as well, the consultant says which."""
    source = read_source(layouts.jira(ITEMS), "export.csv", HEADERS)
    servicenow = TRACKERS[3]
    monkeypatch.setattr(servicenow, "detect", lambda header: 0.9)
    with pytest.raises(UsageError, match="--tracker jira or --tracker servicenow"):
        find_tracker(source)
    assert find_tracker(source, "jira").VENDOR == "jira"
    with pytest.raises(UsageError, match="Did you mean 'jira'"):
        find_tracker(source, "jirra")
