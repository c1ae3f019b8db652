"""Words for what a test looks at, for the fate of an event, and for what a record misses."""

from __future__ import annotations

from datetime import date
from typing import Final

from cohorts.explain import Miss
from workbench.locales import Translator, mark
from workbench.sentences.values import days, duration, plain

TARGETS: Final = {
    "abnormal": mark("abnormal"),
    "age": mark("age"),
    "age at end": mark("age at the end"),
    "anatomic site": mark("anatomic site"),
    "concept": mark("concept"),
    "days supply": mark("days of supply"),
    "disease status": mark("status of the disease"),
    "dose unit": mark("unit of the dose"),
    "dose": mark("dose"),
    "duration": mark("length in days"),
    "effective dose": mark("dose"),
    "end": mark("end date"),
    "ethnicity": mark("ethnicity"),
    "exact age": mark("age"),
    "exact age at end": mark("age at the end"),
    "gap days": mark("gap in days"),
    "gender": mark("sex"),
    "lot number": mark("lot number"),
    "modifier": mark("modifier"),
    "number": mark("number of the episode"),
    "object": mark("object of the episode"),
    "occurrences": mark("number of records"),
    "one day": mark("length in days"),
    "operator": mark("operator"),
    "payer": mark("payer"),
    "payer source": mark("payer (source code)"),
    "place of service": mark("place of service"),
    "plan": mark("plan"),
    "plan source": mark("plan (source code)"),
    "provider specialty": mark("specialty"),
    "qualifier": mark("qualifier"),
    "quantity": mark("quantity"),
    "race": mark("race"),
    "range high": mark("upper limit of the reference range"),
    "range high ratio": mark("ratio to the upper limit of the reference range"),
    "range low": mark("lower limit of the reference range"),
    "range low ratio": mark("ratio to the lower limit of the reference range"),
    "refills": mark("refills"),
    "region of care site": mark("region of the place of service"),
    "route": mark("route"),
    "source id": mark("number in the source"),
    "sponsor": mark("sponsor"),
    "sponsor source": mark("sponsor (source code)"),
    "start": mark("start date"),
    "status": mark("status of the diagnosis"),
    "stop reason": mark("reason to stop"),
    "stop_reason": mark("reason to stop"),
    "stop_reason source": mark("reason to stop (source code)"),
    "text": mark("text of the value"),
    "type": mark("origin of the record"),
    "unique device id": mark("device number"),
    "unit": mark("unit"),
    "value": mark("value"),
    "value concept": mark("result"),
    "visit": mark("visit"),
    "visit detail": mark("part of a visit"),
    "visit type": mark("kind of visit"),
}
"""Name of everything that a test of the engine can look at."""

_ASKED: Final = {"lt": "< {a}", "lte": "≤ {a}", "eq": "= {a}", "!eq": "≠ {a}", "gt": "> {a}", "gte": "≥ {a}"}


def miss_words(t: Translator, miss: Miss, labels: dict[int, str]) -> str:
    """Say why a record does not count, with figures.

    Examples
    --------
    >>> from workbench.locales import translator
    >>> miss_words(translator("en"), Miss("attribute", target="value", test="gte", asked=90.0, value=89.7), {})
    'value 89.7, 0.3 below (asked: ≥ 90)'
    >>> miss_words(translator("en"), Miss("late", days=2), {})
    '2 days too late'
    >>> miss_words(translator("en"), Miss("late", seconds=2520), {})
    '42 minutes too late'
    """
    if miss.kind in ("early", "late"):
        return _outside_window(t, miss)
    if miss.kind == "no_time":
        return t("may lie in the window or not: a time of day is not known")
    if miss.kind == "period":
        return t("outside the observation period of the index event")
    if miss.kind == "visit":
        return t("in another visit")
    if miss.kind == "not_first":
        return t("not the first on record")
    if miss.kind == "nested":
        return t("lacks what must be found around it")
    if miss.kind == "unit":
        return _in_unknown_unit(t, miss)
    return _attribute(t, miss, labels)


def _in_unknown_unit(t: Translator, miss: Miss) -> str:
    name, value = t(TARGETS.get(miss.target, miss.target)), _number(miss.value)
    if miss.names:
        words = t("{attribute} {value} cannot be judged: its unit ({unit}) cannot be converted")
        return words.format(attribute=name, value=value, unit=miss.names[0])
    return t("{attribute} {value} cannot be judged: its unit is not known", attribute=name, value=value)


def value_words(t: Translator, miss: Miss, labels: dict[int, str]) -> str:
    """Say what a test looked at and what it found there."""
    name = t(TARGETS.get(miss.target, miss.target))
    if miss.value is None:
        return t("{attribute} is not recorded", attribute=name)
    return t("{attribute} {value}", attribute=name, value=_value(t, miss, labels))


def _outside_window(t: Translator, miss: Miss) -> str:
    if not (miss.days or miss.seconds):
        return t("has no end date to be tested")
    if miss.from_end:
        words = t("ends {days} too early") if miss.kind == "early" else t("ends {days} too late")
    else:
        words = t("{days} too early") if miss.kind == "early" else t("{days} too late")
    return words.format(days=days(t, miss.days) if miss.days else _by_time(t, miss.seconds))


def _by_time(t: Translator, seconds: int) -> str:
    """Word how much time is missing, in days where it is long."""
    return days(t, seconds // 86_400) if seconds >= 3 * 86_400 else duration(t, seconds, most=2)


def _attribute(t: Translator, miss: Miss, labels: dict[int, str]) -> str:
    name = t(TARGETS.get(miss.target, miss.target))
    if miss.test == "holds":
        return t("not {attribute}", attribute=name)
    if miss.value is None:
        return t("{attribute} is not recorded", attribute=name)
    value = _value(t, miss, labels)
    if miss.test in ("in", "not in"):
        said = t("{attribute} is {value}, which is not asked for") if miss.test == "in" else ""
        said = said or t("{attribute} is {value}, which is excluded")
        return said.format(attribute=name, value=value)
    if miss.test == "is null":
        return t("{attribute} is recorded: {value}", attribute=name, value=value)
    if miss.test in ("like", "!like"):
        return t('{attribute} is "{value}"', attribute=name, value=value)
    return t(
        "{attribute} {value}, {distance} (asked: {asked})",
        attribute=name,
        value=value,
        distance=_distance(t, miss),
        asked=asked_words(t, miss),
    )


def asked_words(t: Translator, miss: Miss) -> str:
    """Say what a value was compared with."""
    low, high = _number(miss.asked), _number(miss.extent)
    if miss.test in _ASKED:
        return _ASKED[miss.test].format(a=low)
    return t("outside {range}", range=f"{low}–{high}") if miss.test == "!bt" else f"{low}–{high}"


def _distance(t: Translator, miss: Miss) -> str:
    """Say by how much a number or a date misses what was asked."""
    if miss.test == "!eq":
        return t("just that")
    if miss.test == "!bt":
        return t("within it")
    if isinstance(miss.value, date) and isinstance(miss.asked, date):
        bound = miss.extent if isinstance(miss.extent, date) and miss.value > miss.asked else miss.asked
        off = (miss.value - bound).days
        words = t("{days} too early") if off < 0 else t("{days} too late")
        return words.format(days=days(t, abs(off))) if off else t("on the boundary")
    below = isinstance(miss.value, int | float) and isinstance(miss.asked, int | float) and miss.value < miss.asked
    if not miss.short_by:
        return t("on the boundary")
    words = t("{figure} below") if below else t("{figure} above")
    return words.format(figure=plain(float(miss.short_by)))


def _value(t: Translator, miss: Miss, labels: dict[int, str]) -> str:
    if miss.test in ("in", "not in") and isinstance(miss.value, int):
        return labels.get(miss.value) or (miss.names[0] if miss.names else str(miss.value))
    return _number(miss.value)


def _number(value: object) -> str:
    return plain(float(value)) if isinstance(value, int | float) else str(value)
