"""How values, changes and claims are written, so that two numbers that differ never print alike."""

from __future__ import annotations

from workbench import theme


def write_pair(first: float, second: float, unit: str, currency: str) -> tuple[str, str]:
    """Return two values with as many digits as it takes to tell them apart.

    Examples
    --------
    >>> write_pair(1_092_000, 1_065_000, "currency", "EUR"), write_pair(0.251, 0.249, "share", "EUR")
    (('1,092 k€', '1,065 k€'), ('25.1 %', '24.9 %'))
    """
    texts = theme.formatted(first, unit, currency), theme.formatted(second, unit, currency)
    if texts[0] != texts[1] or first == second:
        return texts
    if unit == "share":
        return theme.percent(first, 1), theme.percent(second, 1)
    if unit == "currency":
        sign = theme.currency_sign(currency)
        size, prefix = (1e3, "k") if max(abs(first), abs(second)) >= 1e5 else (1.0, "")
        return f"{theme.number(first / size, 0)} {prefix}{sign}", f"{theme.number(second / size, 0)} {prefix}{sign}"
    decimals = decimals_for(abs(first - second))
    return theme.number(first, decimals), theme.number(second, decimals)


def write_change(value: float, unit: str, currency: str) -> str:
    """Return a change with its sign; a change of shares is written in points.

    Examples
    --------
    >>> write_change(-0.046, "share", "EUR"), write_change(120_000, "currency", "EUR"), write_change(3.2, "days", "EUR")
    ('−4.6 points', '+120 k€', '+3.2 days')
    """
    if unit == "share":
        return f"{theme.signed(100 * value, 1)} points"
    if unit == "currency":
        return ("+" if value > 0 else "") + theme.money(value, currency)
    if unit in ("count", "people"):
        return theme.signed(value, 0 if abs(value) >= 10 else 1)
    text = theme.signed(value, decimals_for(abs(value)))
    return text if unit in ("points", "score", "level") else f"{text} {unit}"


def decimals_for(size: float) -> int:
    """Return the decimals that show a size with two digits at least, at most four.

    Examples
    --------
    >>> decimals_for(12.3), decimals_for(0.31), decimals_for(0.064)
    (1, 2, 3)
    """
    return 1 if size >= 0.95 or size == 0 else 2 if size >= 0.095 else 3 if size >= 0.0095 else 4


def write_rarity(p: float) -> str:
    """Return a small chance in words of counting.

    Examples
    --------
    >>> write_rarity(1e-7), write_rarity(0.0012)
    ('fewer than 1 of 20,000', 'fewer than 1 of 800')
    """
    times = min(1 / max(p, 1e-9), 20_000)  # simulated so often; what is fitted beyond is not boasted of
    step = 1_000 if times >= 1_000 else 100 if times >= 100 else 1
    return f"fewer than 1 of {theme.number(times // step * step, 0)}"
