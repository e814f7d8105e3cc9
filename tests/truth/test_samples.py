"""The sample engagements are what the generator makes, and hold what they promise: nothing here asks the workbench."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from python_calamine import CalamineWorkbook

from tests.truth.make_samples import SAMPLES, make_samples
from tests.truth.survey import ASKED, LETTERS
from tests.truth.tables import truth

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = ROOT / "client_data"
HARBOUR, NORTHGATE, ALDER = (CLIENTS / name for name in ("harbour-mutual", "northgate-transit", "alder-retail"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with all samples, made now."""
    target = tmp_path_factory.mktemp("samples")
    make_samples(target)
    return target


def files(folder: Path) -> dict[str, bytes]:
    """Return path and content of every file, an analyst's notebooks apart."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "notebooks" not in path.relative_to(folder).parts
    }


def sheets(path: Path) -> dict[str, list[list[Any]]]:
    """Return the cells of every sheet."""
    book = CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


@pytest.mark.parametrize("name", SAMPLES)
def test_committed_samples_come_from_the_generator(name: str, made: Path) -> None:
    """Each committed file is what the generator writes now; Parquet and Excel may be packed by another library."""
    committed, fresh = files(CLIENTS / name), files(made / name)
    assert set(committed) == set(fresh)
    for file, content in fresh.items():
        if file.endswith(".parquet"):
            assert pq.read_table(CLIENTS / name / file).equals(pq.read_table(made / name / file)), file
        elif file.endswith(".xlsx"):
            assert sheets(CLIENTS / name / file) == sheets(made / name / file)
        else:
            assert committed[file] == content, file


@pytest.mark.parametrize("name", SAMPLES)
def test_the_generator_repeats_itself(name: str, made: Path, tmp_path: Path) -> None:
    """The same seed gives the same bytes."""
    SAMPLES[name](tmp_path)
    assert files(tmp_path) == files(made / name)


def test_old_files_go_and_an_analysts_notebooks_stay(tmp_path: Path) -> None:
    """Making the samples again removes what they no longer hold, and never a notebook."""
    folder = tmp_path / "alder-retail"
    (folder / "notebooks").mkdir(parents=True)
    (folder / "notebooks" / "50_own.ipynb").write_text("{}")
    (folder / "resources.csv").write_text("resource\n")
    make_samples(tmp_path)
    assert (folder / "notebooks" / "50_own.ipynb").exists()
    assert not (folder / "resources.csv").exists()


def test_samples_are_small_enough_for_git() -> None:
    """No file is above 4 MB, and no trace of an open workbook is among them."""
    sizes = {path: path.stat().st_size for name in SAMPLES for path in (CLIENTS / name).rglob("*") if path.is_file()}
    assert max(sizes.values()) < 4_000_000
    assert not [path for path in sizes if path.name.startswith("~$")]


# -- harbour-mutual --------------------------------------------------------------------------------------------------


def harbour(name: str) -> pd.DataFrame:
    """Return a table of Harbour Mutual as text."""
    return pd.read_csv(HARBOUR / f"{name}.csv", dtype=str, keep_default_na=False)


def test_harbour_has_the_size_it_promises() -> None:
    """Lines, products, parents, respondents, metrics, resources, activities and projects are as many as said."""
    memberships, survey, activities = harbour("memberships"), harbour("survey"), harbour("activities")
    catalogue = yaml.safe_load((HARBOUR / "metrics.yaml").read_text(encoding="utf-8"))
    parents = memberships.groupby("kind")["parent"].nunique()
    got = {
        "lines": len(harbour("lines")),
        "products": len(harbour("products")),
        "streams": parents["value_stream"],
        "experiences": parents["customer_experience"],
        "sheets": survey.groupby("wave").size().to_list(),
        "roles": survey["role"].nunique(),
        "metrics": len(catalogue["metrics"]),
        "types": len({metric["type"] for metric in catalogue["metrics"]}),
        "resources": len(harbour("resources")),
        "functions": harbour("resources")["function"].nunique(),
        "activities": len(activities),
        "projects": len(harbour("projects")),
        "signals": len(harbour("feedback")),
        "interviews": harbour("interviews")["interview"].nunique(),
        "scenarios": len(list((HARBOUR / "scenarios").glob("*.yaml"))),
    }
    assert got == {
        "lines": 6,
        "products": 18,
        "streams": 3,
        "experiences": 3,
        "sheets": [210, 210],
        "roles": 5,
        "metrics": 14,
        "types": 8,
        "resources": 5,
        "functions": 4,
        "activities": 14,
        "projects": 20,
        "signals": 15,
        "interviews": 19,
        "scenarios": 2,
    }
    assert set(activities["family"]) == {"adbudg", "exponential", "points"}
    assert pq.read_metadata(HARBOUR / "facts" / "claims.parquet").num_rows == 200_000
    assert len(set(harbour("facts/premiums")["month"])) == 48


def test_harbour_shares_products_between_parents() -> None:
    """Several products have several parents; a share is blank, one changes on a date, one product has no experience."""
    held = harbour("memberships")
    several = held[held["valid_from"] == ""].groupby(["kind", "product"]).size()
    assert (several["value_stream"] > 1).sum() >= 3
    assert (several["customer_experience"] > 1).sum() >= 3
    assert (held["share"] == "").sum() == 4
    assert held.loc[held["valid_from"] != "", "product"].unique().tolist() == ["home-landlord"]
    assert set(harbour("products")["product"]) > set(held.loc[held["kind"] == "customer_experience", "product"])


def test_harbour_sheets_fit_the_people_who_were_asked() -> None:
    """In no group answered more people than it has, 55 to 80 % of each line did, and everybody saw only their items."""
    survey, population = harbour("survey"), harbour("population")
    group = ["unit", "role", "product_line"]
    headcount = population.set_index(group)["headcount"].astype(int)
    answered = survey.groupby(["wave", *group]).size()
    assert survey.duplicated(["respondent", "wave", "product_line"]).sum() == 0
    for (wave, *key), people in answered.items():
        assert people <= headcount[tuple(key)], (wave, key)
    rates = answered.groupby(["wave", "product_line"]).sum() / headcount.groupby("product_line").sum()
    lines = rates.drop("", level="product_line")
    assert lines.between(0.55, 0.80).all()
    for role, rows in survey.groupby("role"):
        asked = {item for item, letters in ASKED.items() if set(letters) & set(LETTERS[role])}
        filled = {item for item in ASKED if (rows[item] != "").any()}
        assert filled == asked, role
    cells = survey[[*ASKED]].to_numpy().ravel()
    assert {"cannot see", "not applicable", ""} < set(cells)
    reasons = [column for column in survey if column.endswith("_reason")]
    assert reasons
    assert all((survey[c.removesuffix("_reason")] == "not applicable")[survey[c] != ""].all() for c in reasons)


def harbour_levels() -> pd.DataFrame:
    """Return Harbour's answers as numbers, with who gave them."""
    survey = harbour("survey")
    levels = survey[[item for item in ASKED if item != "d07_5"]].apply(pd.to_numeric, errors="coerce")
    return pd.concat([survey[["respondent", "wave", "unit", "role", "product_line", "seconds"]], levels], axis=1)


def dimension_level(rows: pd.DataFrame, dimension: str) -> float:
    """Return the plain mean of the items' means, by hand."""
    return float(rows[[item for item in rows if item.startswith(dimension)]].mean().mean())


def test_harbour_waves_hold_the_same_people_and_others() -> None:
    """Pairs, joiners and leavers are as many as said; what was planted is there in the answers."""
    held, levels = truth("harbour-mutual")["readiness"]["waves"], harbour_levels()
    before, after = (levels[levels["wave"] == held[name]].set_index("respondent") for name in ("before", "after"))
    both = before.index.intersection(after.index)
    assert (len(both), len(after) - len(both), len(before) - len(both)) == (
        held["pairs"],
        held["joined"],
        held["left"],
    )
    stable = ["unit", "role", "product_line"]
    assert before.loc[both, stable].equals(after.loc[both, stable])

    def changes(line: str, dimension: str) -> tuple[float, float]:
        """Return the change of the same people, and of all."""
        first, second = (rows[rows["product_line"].isin([line, ""]) | (line == "")] for rows in (before, after))
        same = [dimension_level(rows[rows.index.isin(both)], dimension) for rows in (first, second)]
        total = [dimension_level(rows, dimension) for rows in (first, second)]
        return same[1] - same[0], total[1] - total[0]

    for one in held["changed"]:
        assert changes(one["line"], one["dimension"])[0] > 0.4, one
    for one in held["steady"]:
        assert abs(changes(one["line"], one["dimension"])[0]) < 0.2, one
    for one in held["misleading"]:
        same, total = changes(one["line"], one["dimension"])
        assert same < -0.15, one
        assert total > 0.1, one


def test_harbour_differences_between_people_are_planted() -> None:
    """Executives are rosier, two teams see two worlds, a silent team sees another, and some did not read."""
    held, levels = truth("harbour-mutual")["readiness"], harbour_levels()
    levels = levels[levels["wave"] == "2026-09"]
    gap = held["gaps"]
    rosy, others = (levels[levels["role"] == gap[name]][gap["items"]].mean() for name in ("rosier", "than"))
    assert ((rosy - others) > 0.8).all()
    for one in held["disagree"]:
        first, second = (levels[levels["unit"] == team][["d10_1", "d10_3", "d10_4"]].mean() for team in one["teams"])
        assert ((first - second) > 1.2).all(), one
    for one in held["silent"]:
        line = levels[levels["product_line"] == one["line"]]
        own, rest = (
            dimension_level(rows, one["dimension"])
            for rows in (line[line["unit"] == one["unit"]], line[line["unit"] != one["unit"]])
        )
        assert own < rest - 1, one
        asked = harbour("population").set_index("unit")["headcount"].astype(int)[one["unit"]]
        assert (line["unit"] == one["unit"]).sum() < 0.3 * asked, one
    answered = levels[[item for item in ASKED if item != "d07_5"]].notna().sum(axis=1)
    quick = levels["seconds"].astype(float) / answered < 2
    assert levels.loc[quick, "respondent"].tolist() == held["not_read"]


def test_harbour_sources_contradict_each_other_where_planted() -> None:
    """Artefacts contradict what Motor says, interviews what Travel says, and two assessors looked at some artefacts."""
    held, levels = truth("harbour-mutual")["readiness"], harbour_levels()
    levels = levels[levels["wave"] == "2026-09"]
    evidence, interviews = harbour("evidence"), harbour("interviews")
    for one in held["claimed_not_evidenced"]:
        rows = evidence[(evidence["product_line"] == one["line"]) & evidence["item"].str.startswith(one["dimension"])]
        assert (rows.drop_duplicates("item")["seen"] == "no").sum() == 2, one
        assert dimension_level(levels[levels["product_line"] == one["line"]], one["dimension"]) > 3, one
    for one in held["interviews_differ"]:
        own = interviews["item"].str.startswith(one["dimension"]) & (interviews["product_line"] == one["line"])
        said = interviews[own].astype({"level": float})
        assert said.groupby("item")["interview"].nunique().min() >= 5, one
        survey = dimension_level(levels[levels["product_line"] == one["line"]], one["dimension"])
        assert said.groupby("item")["level"].median().mean() < survey - 1, one
    twice = evidence[evidence.duplicated(["item", "product_line"], keep=False)]
    coded = twice.groupby(["item", "product_line"])
    assert len(coded) == held["looked_at_twice"]["artefacts"]
    assert (coded["assessor"].nunique() == 2).all()
    differ = coded["level"].nunique()
    assert sorted({item for item, _ in differ[differ > 1].index}) == held["looked_at_twice"]["differ"]


def series(table: pd.DataFrame, numerator: str, denominator: str, products: str) -> pd.Series:
    """Return a ratio of some products, month by month."""
    own = table[table["product"].str.startswith(products)]
    sums = own.groupby("month")[[numerator, denominator]].sum()
    return sums[numerator] / sums[denominator]


def harbour_premiums(version: str, line: str) -> pd.DataFrame:
    """Return the premiums of a line, actual or budget."""
    held = pd.read_csv(HARBOUR / "facts" / "premiums.csv")
    return held[held["product"].str.startswith(line) & (held["version"] == version)]


def harbour_series(metric: str, line: str) -> pd.Series:
    """Add up a metric of a line by hand, month by month."""
    if metric in ("loss_ratio", "quote_conversion"):
        file, top, bottom = {
            "loss_ratio": ("underwriting", "claims_incurred", "earned_premium"),
            "quote_conversion": ("quotes", "policies_sold", "quotes"),
        }[metric]
        return series(pd.read_csv(HARBOUR / "facts" / f"{file}.csv"), top, bottom, line)
    if metric == "written_premium":
        return harbour_premiums("actual", line).groupby("month")["written_premium"].sum()
    if metric == "premium_per_policy":
        sums = harbour_premiums("actual", line).groupby("month")[["written_premium", "policies_at_start"]].sum()
        return sums["written_premium"] / sums["policies_at_start"]
    file, column = ("voice", "satisfied") if metric == "satisfaction" else ("claims", "")
    rows = pq.read_table(HARBOUR / "facts" / f"{file}.parquet").to_pandas()
    time = rows["answered_on" if file == "voice" else "settled_on"].astype(str).str.slice(0, 7)
    rows = rows.assign(month=time + "-01")[rows["product"].str.startswith(line)]
    if metric == "satisfaction":
        return (rows[column].dropna() >= 4).groupby(rows["month"]).mean()
    if metric == "settle_days_p85":
        return rows.groupby("month")["days_to_settle"].quantile(0.85)
    return rows.groupby("month")["straight_through"].mean()


@pytest.mark.parametrize(
    "move", truth("harbour-mutual")["outcomes"]["moves"], ids=lambda m: f"{m['metric']}-{m['product_line']}"
)
def test_harbour_moves_are_planted_late_and_large(move: dict[str, Any]) -> None:
    """Each planted move is at least three standard deviations and starts within the last eight months."""
    values = harbour_series(move["metric"], move["product_line"])
    assert len(values) == 48
    assert move["from"] in values.index[-8:]
    baseline, after = values.iloc[:36], values[move["from"] :]
    size = (after.mean() - baseline.mean()) / baseline.std(ddof=1)
    assert abs(size) >= 3
    assert (size > 0) == (move["way"] == "up")


@pytest.mark.parametrize(
    "steady",
    [s for s in truth("harbour-mutual")["outcomes"]["steady"] if s["metric"] in ("loss_ratio", "quote_conversion")],
    ids=lambda s: f"{s['metric']}-{s['product_line']}",
)
def test_harbour_leaves_the_rest_alone(steady: dict[str, Any]) -> None:
    """What is called steady did not move in the last eight months."""
    values = harbour_series(steady["metric"], steady["product_line"])
    baseline = values.iloc[:36]
    assert abs(values.iloc[-8:].mean() - baseline.mean()) < 1.5 * baseline.std(ddof=1)


def mix_share(table: pd.DataFrame, top: str, bottom: str, products: str, change: str) -> float:
    """Split a change by Kitagawa over products and return the share of it that is mix."""
    own = table[table["product"].str.startswith(products)]
    before = own[own["month"] < change].groupby("product")[[top, bottom]].sum()
    after = own[own["month"] >= change].groupby("product")[[top, bottom]].sum().loc[before.index]
    rates = [held[top] / held[bottom] for held in (before, after)]
    weights = [held[bottom] / held[bottom].sum() for held in (before, after)]
    mix = float(((weights[1] - weights[0]) * (rates[0] + rates[1]) / 2).sum())
    rate = float(((rates[1] - rates[0]) * (weights[0] + weights[1]) / 2).sum())
    return mix / (mix + rate)


def test_harbour_home_conversion_fell_by_mix_alone() -> None:
    """Renters' quotes multiplied; no home product converts otherwise than before."""
    quotes = pd.read_csv(HARBOUR / "facts" / "quotes.csv")
    assert mix_share(quotes, "policies_sold", "quotes", "home", "2026-02-01") == pytest.approx(1, abs=0.1)
    for product in ("home-contents", "home-buildings", "home-landlord", "home-renters"):
        values = series(quotes, "policies_sold", "quotes", product)
        assert abs(values.iloc[-8:].mean() / values.iloc[:40].mean() - 1) < 0.03, product


def test_harbour_life_sells_better_in_each_channel_and_worse_in_all() -> None:
    """Life's quotes moved to the portal: every channel converts better than the year before, the total worse."""
    quotes = pd.read_csv(HARBOUR / "facts" / "quotes.csv")
    own = quotes[quotes["product"].str.startswith("life")]
    sides = [own[own["month"].between("2024-10-01", "2025-09-01")], own[own["month"] >= "2025-10-01"]]
    before, after = (side.groupby("channel")[["policies_sold", "quotes"]].sum() for side in sides)
    assert ((after["policies_sold"] / after["quotes"]) > 1.04 * before["policies_sold"] / before["quotes"]).all()
    totals = [side["policies_sold"].sum() / side["quotes"].sum() for side in (before, after)]
    assert totals[1] < 0.96 * totals[0]


@pytest.mark.parametrize(("line", "volume", "price"), [("motor", 1.0, 1.02), ("travel", 1 / 1.09, 1.0)])
def test_harbour_budget_is_missed_by_one_thing(line: str, volume: float, price: float) -> None:
    """The year motor differs from its budget in price alone, travel in the number of policies alone."""
    actual, budget = (harbour_premiums(version, line) for version in ("actual", "budget"))
    actual = actual[actual["month"] >= budget["month"].min()]
    assert len(actual) == len(budget)
    policies = actual["policies_at_start"].sum() / budget["policies_at_start"].sum()
    assert policies == pytest.approx(volume, abs=0.01)
    per_policy = actual["written_premium"].sum() / budget["written_premium"].sum() / policies
    assert per_policy == pytest.approx(price, abs=0.01)


def test_harbour_travel_became_dearer_by_rate_alone() -> None:
    """Both travel products cost more; their weights did not matter."""
    held = pd.read_csv(HARBOUR / "facts" / "underwriting.csv")
    assert mix_share(held, "claims_incurred", "earned_premium", "travel", "2026-03-01") == pytest.approx(0, abs=0.1)


def test_harbour_plan_fits_its_people() -> None:
    """Today's plan uses no more than there is, and engineers and specialists are the people of the survey."""
    resources = harbour("resources").set_index("resource")["capacity"].astype(float)
    levels = harbour("activities").set_index("activity")["current"].astype(float)
    recipes, needs = harbour("recipes"), harbour("needs")
    used = recipes["amount"].astype(float) * levels.loc[recipes["activity"]].to_numpy()
    needed = needs["amount"].astype(float).groupby(needs["resource"]).sum()
    total = used.groupby(recipes["resource"]).sum().add(needed, fill_value=0).reindex(resources.index)
    assert (total <= resources + 1e-9).all()
    population = harbour("population")
    people = population["headcount"].astype(int).groupby(population["role"]).sum()
    assert resources["engineers"] == people["builder"] == total["engineers"]
    assert resources["specialists"] == people["operations"] == total["specialists"]


# -- northgate-transit and alder-retail ------------------------------------------------------------------------------


def test_northgate_is_one_workbook_without_population() -> None:
    """One file, 60 sheets in one wave, no population, no objective in money."""
    assert [path.name for path in NORTHGATE.iterdir()] == ["engagement.xlsx"]
    book = sheets(NORTHGATE / "engagement.xlsx")
    assert "population" not in book
    assert len(book["survey"]) == 61
    assert {row[1] for row in book["survey"][1:]} == {"2026-06"}
    assert "no" in {row[2] for row in book["objectives"][1:]}
    assert "yes" not in {row[2] for row in book["objectives"][1:]}


def test_northgate_moves_are_planted() -> None:
    """Trams lost punctuality by rate, buses gained complaints and cost by mix: each by three standard deviations."""
    book = sheets(NORTHGATE / "engagement.xlsx")
    service = pd.DataFrame(book["facts_service"][1:], columns=book["facts_service"][0])
    service["month"] = service["month"].astype(str).str.slice(0, 10)
    complaints = pd.DataFrame(book["facts_complaints"][1:], columns=book["facts_complaints"][0])
    counted = complaints.groupby([complaints["received_on"].astype(str).str.slice(0, 7) + "-01", "product"]).size()
    keys = pd.MultiIndex.from_frame(service[["month", "product"]])
    service["complaints"] = counted.reindex(keys, fill_value=0).to_numpy()
    planted = (("on_time_thousand", "tram", -1, 0), ("complaints", "bus", 1, 1), ("cost_thousand", "bus", 1, 1))
    for top, line, way, mix in planted:
        values = series(service, top, "journeys_thousand", line)
        baseline = values.iloc[:24]
        assert way * (values["2026-03-01":].mean() - baseline.mean()) >= 3 * baseline.std(ddof=1)
        got = mix_share(service, top, "journeys_thousand", line, "2026-03-01")
        assert got == pytest.approx(mix, abs=0.2)


def test_alder_is_messy_and_small() -> None:
    """Semicolons, cp1252, decimal commas, day before month, capitals; small groups; no table of the third question."""
    raw = {path.stem: path.read_bytes() for path in ALDER.glob("*.csv")}
    assert all(b";" in content for content in raw.values())
    with pytest.raises(UnicodeDecodeError):
        raw["products"].decode("utf-8")
    assert 'Gift cards <b>&</b> ""vouchers""' in raw["products"].decode("cp1252")
    assert not {"resources", "activities", "recipes", "objectives", "worths", "interviews"} & set(raw)
    survey = pd.read_csv(ALDER / "survey.csv", sep=";", encoding="cp1252", dtype=str, keep_default_na=False)
    assert survey.groupby("product_line").size().max() <= 6
    assert not (survey["product_line"] == "cards").any()
    assert survey["role"].nunique() > survey["role"].str.lower().nunique()
    sales = pd.read_csv(ALDER / "facts" / "sales.csv", sep=";", encoding="cp1252", dtype=str)
    for column in ("Gross sales", "Returned"):
        sales[column] = sales[column].str.replace(".", "").str.replace(",", ".").astype(float)
    months = pd.to_datetime(sales["Month"], format="%d.%m.%Y")
    assert months.nunique() == 14
    online = sales[sales["Product"].str.strip().str.startswith("online")].assign(month=months)
    values = online.groupby("month")[["Returned", "Gross sales"]].sum()
    rate = values["Returned"] / values["Gross sales"]
    assert rate.iloc[-2:].min() - rate.iloc[:12].mean() >= 3 * rate.iloc[:12].std(ddof=1)


def test_no_sample_names_a_product_line_that_its_truth_does_not_know() -> None:
    """Each truth speaks of lines, items and activities that the sample has."""
    for name in SAMPLES:
        held = truth(name)
        assert held["engagement"] == name
        text = (
            {
                cell
                for rows in sheets(NORTHGATE / "engagement.xlsx").values()
                for row in rows
                for cell in row
                if isinstance(cell, str)
            }
            if name == "northgate-transit"
            else set(
                np.concatenate(
                    [
                        pd.read_csv(path, sep=None, engine="python", encoding="cp1252", dtype=str).to_numpy().ravel()
                        for path in (CLIENTS / name).glob("*.csv")
                        if path.stem in ("lines", "products", "activities", "memberships", "layers")
                    ]
                )
            )
        )
        lines = {
            *held["readiness"].get("classes", {}),
            *held["readiness"].get("too_few_to_show", []),
            *(move["product_line"] for move in held["outcomes"]["moves"]),
            *(move["product_line"] for move in held["outcomes"]["steady"]),
            *held["allocation"].get("keep", []),
            *held["allocation"].get("more", []),
            *held["allocation"].get("less", []),
        }
        assert lines <= text
