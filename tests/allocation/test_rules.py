"""Rules are read as written, refused at the character, and described in words that read back."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from allocation_cases import small
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.allocation import Rule, RuleError, RuleRow, compile_rules, describe, parse_rule
from workbench.allocation.rules import Change, Compare, Count, Quantity, Support, Term

PORTFOLIO = small()


def rows(text: str) -> tuple[RuleRow, ...]:
    """Return the rows of one rule."""
    return compile_rules(replace(PORTFOLIO, rules=(Rule("r", text, "CFO"),)))


@pytest.mark.parametrize(
    ("text", "terms", "sense", "limit"),
    [
        pytest.param(
            "budget in use=market <= 30% of budget",
            {"loans-market": 60 * 0.7, "loans-develop": -6.0, "cards-operate": -3.0, "cards": -15.0},
            "<=",
            0.0,
            id="share of what is used, needs of lines included",
        ),
        pytest.param(
            "engineers in line=loans >= 12", {"loans-develop": 5.0}, ">=", 10.0, id="a floor in people, needs included"
        ),
        pytest.param("budget <= 50% of capacity of budget", None, "<=", 200.0, id="share of the capacity"),
        pytest.param(
            "level of loans-develop = 2 + 0.5 * level of cards-operate",
            {"loans-develop": 1.0, "cards-operate": -0.5},
            "=",
            2.0,
            id="levels and a number",
        ),
        pytest.param(
            "engineers in use=operate >= 80 % of current engineers in use=operate",
            {"cards-operate": 3.0},
            ">=",
            4.8,
            id="against today",
        ),
        pytest.param(
            "engineers in function=HR <= 20", {"loans-develop": 5, "cards-operate": 3}, "<=", 20.0, id="function"
        ),
        pytest.param(
            "level of cards-operate <= current level of loans-develop - 1",
            {"cards-operate": 1.0},
            "<=",
            1.0,
            id="minus",
        ),
        pytest.param('keep line "Cards"', {"cards": 1.0}, "=", 1.0, id="a line by its name"),
        pytest.param("close line cards", {"cards": 1.0}, "=", 0.0, id="close"),
        pytest.param("line loans requires line cards", {"loans": 1.0, "cards": -1.0}, "<=", 0.0, id="requires"),
        pytest.param("line loans excludes line cards", {"loans": 1.0, "cards": 1.0}, "<=", 1.0, id="excludes"),
        pytest.param("line loans goes with line cards", {"loans": 1.0, "cards": -1.0}, "=", 0.0, id="goes with"),
        pytest.param("engineers ≥ 3 − 1", None, ">=", None, id="typographic signs"),
    ],
)
def test_a_rule_becomes_the_row_it_says(
    text: str, terms: dict[str, float] | None, sense: str, limit: float | None
) -> None:
    """Coefficients, sense and limit, in the resource's own unit."""
    (row,) = rows(text)
    assert row.sense == sense
    if terms is not None:
        assert {key: value for _, key, value in row.terms} == pytest.approx(terms)
    if limit is not None:
        assert row.limit == pytest.approx(limit)
    assert (row.name, row.text, row.owner) == ("r", text, "CFO")


def test_a_closed_line_frees_its_needs_in_a_rule() -> None:
    """What a rule counts for a line is its needs while supported, and what closing leaves afterwards."""
    (row,) = rows("budget in line=cards <= 100")
    assert dict(((kind, key), value) for kind, key, value in row.terms) == {
        ("level", "cards-operate"): 10.0,
        ("support", "cards"): 50.0,
    }


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        pytest.param("enginers >= 3", 1, "Did you mean 'engineers'?", id="misspelt resource"),
        pytest.param("engineers in line=Consumer loans >= 3", 19, "takes quotes", id="a name with a space"),
        pytest.param("engineers >= 3 budget", 16, "should end here", id="two rules in one"),
        pytest.param("budget * engineers <= 3", 8, "cannot be multiplied", id="a product"),
        pytest.param("2 * budget * engineers <= 3", 12, "cannot be multiplied", id="a product behind a number"),
        pytest.param("engineers ! 3", 11, "no meaning", id="a sign that is none"),
        pytest.param("engineers > 3", 11, "Write >=", id="more than"),
        pytest.param("engineers < 3", 11, "Write <=", id="less than"),
        pytest.param("engineers =< 3", 11, "Write <=", id="a sign turned round"),
        pytest.param("engineers == 3", 11, "Write =", id="a programmer's sign"),
        pytest.param("budget <= 1,000", 11, "1000 without separators", id="a thousand with a comma"),
        pytest.param("budget <= .5 * engineers", 11, "such as 0.5", id="a point without a digit"),
        pytest.param("engineers in function=Finance >= 1", 23, "Write function=HR", id="a function that gives none"),
        pytest.param("3 <= 4", 1, "compares two numbers", id="nothing named"),
        pytest.param("", 1, "is empty", id="empty"),
        pytest.param("engineers >=", 13, "the rule ends here", id="half a rule"),
        pytest.param("engineers in place=loans >= 1", 14, "line=, use=", id="an unknown scope"),
        pytest.param("engineers in use=sell >= 1", 18, "develop, market, operate|use \\(develop", id="an unknown use"),
        pytest.param("30% budget <= 4", 5, "'of'", id="a percentage of nothing"),
        pytest.param("line loans needs line cards", 12, "requires, excludes or goes with", id="an unknown relation"),
        pytest.param("line cards requires line cards", 26, "both sides", id="a line against itself"),
        pytest.param('level of "loans', 10, "quote", id="an open quote"),
        pytest.param("change of enginers within 5%", 11, "Did you mean 'engineers'", id="a misspelt name in a change"),
        pytest.param("change of engineers by 5%", 21, "Write 'within' here", id="another word than within"),
        pytest.param("change of engineers within a fifth", 28, "percentage", id="a share in words"),
        pytest.param("change of engineers within 5", 29, "Write '%' here", id="a percentage without its sign"),
        pytest.param("change of capacity of budget within 5%", 11, "same in every", id="a change of what is given"),
        pytest.param("at most three of lines", 9, "whole number", id="a number in words"),
        pytest.param("at most 1.5 of lines", 9, "whole number", id="half a line"),
        pytest.param("at most 1 lines", 11, "Write: at most 1 of lines", id="a count without of"),
        pytest.param("at least 3 of lines", 10, "there are 2 lines", id="more lines than there are"),
        pytest.param("exactly 1 of lines loans, cads", 27, "Did you mean|There are", id="a misspelt line in a count"),
        pytest.param("exactly 1 of lines loans, loans", 27, "named twice", id="a line twice"),
        pytest.param("exactly 1 of lines loans,", 26, "name of a product line", id="a comma too many"),
        pytest.param("exactly 1 of lines loans cards", 26, "should end here", id="a comma too few"),
        pytest.param("level of cards <= 3", 10, "cards-operate", id="a line where an activity is meant"),
        pytest.param("budget <= 1.800.000", 11, "Write 1800000\\.", id="points between thousands"),
        pytest.param("budget <= 1,800,000", 11, "Write 1800000\\.", id="commas between thousands"),
        pytest.param("budget <= 1.800,50", 11, "plain digits", id="a continental decimal"),
        pytest.param("budget <= 1e5", 11, "Write 100000\\.", id="an exponent"),
        pytest.param("budget <= 1.5E-2 * engineers", 11, "Write 0.015\\.", id="a small exponent"),
        pytest.param("budget <= 1e400", 11, "plain digits", id="an exponent without end"),
        pytest.param("keep lin cards", 6, "Did you mean 'keep line'", id="a misspelt line"),
        pytest.param("close cards", 7, "Write: close line cards", id="close without line"),
        pytest.param(f"budget <= {'9' * 400}", 11, "at most, without the commas", id="a number beyond every float"),
        pytest.param(f"budget <= {'9' * 5000}", 11, "of 5000 digits", id="a number beyond what Python turns into one"),
        pytest.param("budget <= 1000000000000001", 11, "1,000,000,000,000,000 at most", id="just too large"),
        pytest.param(f"change of budget within {'9' * 400}%", 25, "too large", id="a change beyond every float"),
        pytest.param(f"at most {'9' * 1900} of lines", 9, "too large", id="a count beyond every float"),
        pytest.param(f"budget >= 0.{'0' * 399}1", 11, "400 digits behind the point", id="400 decimals"),
        pytest.param("budget >= 0.0000000000000001", 11, "too small to be told from nothing", id="nearly nothing"),
    ],
)
def test_a_rule_that_is_none_is_refused_at_its_character(text: str, position: int, said: str) -> None:
    """The message points, and names the nearest spelling."""
    with pytest.raises(RuleError, match=said) as caught:
        rows(text)
    assert caught.value.position == position
    assert str(caught.value).endswith("^")


def test_a_limit_on_change_is_two_rows_around_today() -> None:
    """Today: 3 engineers a team x 2 teams + 4 needed = 10."""
    most, least = rows("change of engineers in line=cards within 20%")
    assert (most.sense, most.limit, least.sense, least.limit) == (
        "<=",
        pytest.approx(12.0),
        ">=",
        pytest.approx(8.0),
    )
    assert most.terms == least.terms == (("level", "cards-operate", 3.0), ("support", "cards", 4.0))
    (still,) = rows("change of level of loans-develop within 0%")
    assert (still.sense, still.limit) == ("=", 2.0)


def test_the_largest_and_the_finest_number_read_back() -> None:
    """What is allowed compiles to finite numbers, and its plainest words are the same rule."""
    for number in ("1000000000000000", f"999999999999999.{'3' * 30}", "0.000000000000001", "007"):
        for text in (f"budget <= {number}", f"budget <= {number}% of capacity of budget"):
            parsed = parse_rule(text, PORTFOLIO)
            assert parse_rule(describe(parsed), PORTFOLIO) == parsed
            assert all(math.isfinite(row.limit) and row.limit > 0 for row in rows(text))


@pytest.mark.parametrize(
    ("text", "counted", "sense", "limit"),
    [
        pytest.param("at most 1 of lines", ("loans", "cards"), "<=", 1.0, id="all lines"),
        pytest.param('exactly 1 of lines loans, "Cards"', ("loans", "cards"), "=", 1.0, id="named lines"),
        pytest.param("At least 0 of lines cards", ("cards",), ">=", 0.0, id="capitals"),
    ],
)
def test_a_count_of_lines_is_one_row(text: str, counted: tuple[str, ...], sense: str, limit: float) -> None:
    """Supported lines count one each."""
    (row,) = rows(text)
    assert row.terms == tuple(("support", line, 1.0) for line in counted)
    assert (row.sense, row.limit, row.unit) == (sense, limit, "lines")


def test_a_share_of_nothing_is_refused() -> None:
    """An activity that is not done today cannot change by a share; the remedy reads as a rule."""
    idle = replace(
        PORTFOLIO,
        activities=tuple(replace(item, current=0.0) for item in PORTFOLIO.activities),
        rules=(Rule("r", " change of level of loans-market within 20%"),),
    )
    with pytest.raises(RuleError, match="none of it today") as caught:
        compile_rules(idle)
    assert caught.value.position == 12
    assert parse_rule(caught.value.remedy.split(": ")[1].rstrip("."), PORTFOLIO)


def test_an_error_survives_pickling() -> None:
    """So that it can cross a process."""
    with pytest.raises(RuleError) as caught:
        parse_rule("enginers >= 3", PORTFOLIO)
    rebuild, arguments = caught.value.__reduce__()[:2]
    assert str(rebuild(*arguments)) == str(caught.value)


numbers = st.integers(0, 10_000).map(lambda value: Fraction(value, 100))
quantities = st.one_of(
    st.builds(Quantity, st.sampled_from(["used", "current"]), st.sampled_from(["engineers", "budget"])),
    st.builds(Quantity, st.just("capacity"), st.sampled_from(["engineers", "budget"])),
    st.builds(
        Quantity, st.sampled_from(["level", "current level"]), st.sampled_from(["loans-market", "cards-operate"])
    ),
    st.builds(
        Quantity,
        st.sampled_from(["used", "current"]),
        st.just("budget"),
        st.just("line"),
        st.lists(st.sampled_from(["loans", "cards"]), min_size=1, max_size=2, unique=True).map(tuple),
    ),
    st.builds(Quantity, st.just("used"), st.just("budget"), st.just("use"), st.just(("market", "operate"))),
)
terms = st.one_of(
    st.builds(Term, numbers),
    st.builds(Term, numbers, quantities),
    st.builds(Term, numbers.map(lambda value: value / 100), quantities, st.just(True)),
)
sums = st.lists(terms, min_size=1, max_size=3).map(tuple)
compares = st.builds(Compare, sums, st.sampled_from(["<=", ">=", "="]), sums).filter(
    lambda rule: any(term.quantity for term in (*rule.left, *rule.right))
)
supports = st.one_of(
    st.builds(Support, st.sampled_from(["keep", "close"]), st.sampled_from(["loans", "cards"])),
    st.builds(Support, st.sampled_from(["requires", "excludes", "goes with"]), st.just("loans"), st.just(("cards",))),
)
changes = st.builds(Change, quantities.filter(lambda item: item.kind in ("used", "level")), numbers)
counts = st.builds(
    Count,
    st.sampled_from(["at most", "at least", "exactly"]),
    st.integers(0, 1),
    st.sampled_from([(), ("loans",), ("cards", "loans")]),
)


@settings(max_examples=200, deadline=None)
@given(rule=st.one_of(compares, supports, changes, counts))
def test_words_read_back_as_the_same_rule(rule: Change | Compare | Count | Support) -> None:
    """Text → rule → words → rule is stable, percentages exact."""
    words = describe(rule)
    assert parse_rule(words, PORTFOLIO) == rule
    assert describe(parse_rule(words, PORTFOLIO)) == words


signs = [*"abe<>=%*+-.,'\" 0123"]
words = ["line ", "engineers ", "budget ", "of ", "in ", "change of ", "within ", "at most ", "lines "]
pieces = st.sampled_from([*signs, *words])


@settings(max_examples=300, deadline=None)
@given(text=st.lists(pieces, max_size=12).map("".join))
def test_any_text_is_a_rule_or_a_sentence(text: str) -> None:
    """Nothing but a RuleError comes out, and its position lies in the text."""
    position = 1
    try:
        parse_rule(text, PORTFOLIO)
    except RuleError as error:
        position = error.position
    assert 1 <= position <= len(text) + 1


def test_a_name_of_two_lines_is_no_name_of_one() -> None:
    """Two lines called the same: a rule says which by its key."""
    portfolio = small()
    same = replace(portfolio, lines=tuple(replace(line, name="Retail") for line in portfolio.lines))
    with pytest.raises(RuleError, match=r"the name of 2 product lines\. Write the key instead: loans or cards"):
        parse_rule("keep line Retail", same)
    assert parse_rule("keep line cards", same) == parse_rule("keep line cards", portfolio)
