"""The fields of one member of a card, and the form that they fill."""

from __future__ import annotations

from typing import Any, Final, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cohorts.definition import Concept, NumericRange
from workbench.app.choices import distinct
from workbench.app.cohort.editing import Member
from workbench.app.cohort.lists import choose_list
from workbench.app.cohort.others import cohort_of, cohorts_to_choose
from workbench.app.cohort.picker import pick_concepts
from workbench.app.data import Source
from workbench.app.results import labels, recorded
from workbench.editor import CriterionForm
from workbench.editor.forms import DEMOGRAPHICS, KINDS, MEMBERSHIP, PATIENT_LIST, WITH_VALUE
from workbench.locales import Translator, mark
from workbench.sentences.words import KINDS as KIND_NAMES

Purpose = Literal["entry", "rule"]

_GENDERS: Final = {8507: mark("male"), 8532: mark("female")}
_SIGNS: Final = {"gte": "≥", "gt": ">", "lte": "≤", "lt": "<", "eq": "=", "bt": mark("between")}
_WINDOWS: Final = {
    "before": mark("any time up to the index date"),
    "within": mark("within some days up to the index date"),
    "after": mark("on or after the index date"),
    "ever": mark("at any time"),
    "custom": mark("between two days"),
    "hours": mark("between two times, in hours"),
}
_YEAR: Final = 365
_SOON: Final = (0.0, 6.0)
"""Hours from the index event that are offered first."""


def member_fields(t: Translator, source: Source, member: Member, purpose: Purpose) -> CriterionForm:
    """Draw the fields of a member and read them.

    Returns
    -------
    CriterionForm
        As the fields stand now.
    """
    kinds = [*KINDS, MEMBERSHIP, PATIENT_LIST, *([DEMOGRAPHICS] if purpose == "rule" else [])]
    kind = st.selectbox(
        t("What is asked for"),
        kinds,
        index=kinds.index(member.form.kind),
        format_func=lambda k: t(KIND_NAMES[k]) if k != DEMOGRAPHICS else t("Age and sex"),
        key=member.key("kind"),
    )
    if kind == DEMOGRAPHICS:
        age, genders = _person_fields(t, member)
        return CriterionForm(kind=kind, age=age, genders=genders)
    if kind == MEMBERSHIP:
        return _membership(t, member, purpose)
    if kind == PATIENT_LIST:
        chosen = choose_list(t, member)
        day = t("What counts is the day on which the time on the list begins.")
        return CriterionForm(kind=kind, patient_list=chosen, **_times(t, member, purpose, day))
    pick_concepts(t, source, member, kind)
    given: dict[str, Any] = {"kind": kind, "items": list(member.items)}
    if kind in WITH_VALUE:
        given |= _value_fields(t, source, member, kind)
    if purpose == "rule":
        given |= _window_fields(t, member)
    with st.expander(t("More conditions"), expanded=_has_more(member.form)):
        given["first"] = st.checkbox(
            t("Only the first such record of the person"), value=member.form.first, key=member.key("first")
        )
        given["age"], given["genders"] = _person_fields(t, member)
    return CriterionForm(**given)


def _membership(t: Translator, member: Member, purpose: Purpose) -> CriterionForm:
    before = member.form.cohort
    offered = distinct(cohorts_to_choose(t, before))
    chosen = st.selectbox(
        t("Cohort"),
        list(offered),
        index=list(offered).index(before.id) if before is not None else None,
        format_func=offered.__getitem__,
        placeholder=t("Choose a saved cohort"),
        disabled=not offered,
        key=member.key("cohort"),
    )
    if not offered:
        st.info(t("There is no other cohort yet. Define and save one first."), icon=":material/group_add:")
    day = t("What counts is the day on which the time in that cohort begins.")
    return CriterionForm(kind=MEMBERSHIP, cohort=cohort_of(chosen, before), **_times(t, member, purpose, day))


def _times(t: Translator, member: Member, purpose: Purpose, day: str) -> dict[str, Any]:
    """Draw when time spent in a group counts; `day` says which day that is."""
    given: dict[str, Any] = _window_fields(t, member, timed=False) if purpose == "rule" else {}
    if purpose == "rule":
        st.markdown(f":gray[{day}]")
    first = st.checkbox(t("Only the first such time of the person"), value=member.form.first, key=member.key("first"))
    return {**given, "first": first}


def _has_more(form: CriterionForm) -> bool:
    return bool(form.first or form.age or form.genders)


def _person_fields(t: Translator, member: Member) -> tuple[NumericRange | None, list[Concept]]:
    low, high = _limits(member.form.age)
    least, most, sexes = st.columns(3)
    youngest = least.number_input(
        t("Age from (years)"), min_value=0, max_value=120, value=low, step=1, key=member.key("age-from")
    )
    oldest = most.number_input(
        t("Age to (years)"), min_value=0, max_value=120, value=high, step=1, key=member.key("age-to")
    )
    chosen = sexes.pills(
        t("Sex"),
        list(_GENDERS),
        selection_mode="multi",
        default=[g.concept_id for g in member.form.genders if g.concept_id in _GENDERS],
        format_func=lambda g: t(_GENDERS[g]),
        key=member.key("sex"),
    )
    genders = [Concept(concept_id=g, concept_name="MALE" if g == 8507 else "FEMALE") for g in chosen or []]
    return _range(youngest, oldest), genders


def _limits(age: NumericRange | None) -> tuple[int | None, int | None]:
    """Read a range of ages as the youngest and the oldest."""
    if age is None or age.value is None:
        return None, None
    value = int(age.value)
    limits: dict[str | None, tuple[int | None, int | None]] = {
        "gte": (value, None),
        "gt": (value + 1, None),
        "lte": (None, value),
        "lt": (None, value - 1),
        "eq": (value, value),
        "bt": (value, int(age.extent if age.extent is not None else value)),
    }
    return limits.get(age.op, (None, None))


def _range(low: int | None, high: int | None) -> NumericRange | None:
    if low is not None and high is not None:
        return NumericRange(value=low, extent=high, op="bt")
    if low is not None:
        return NumericRange(value=low, op="gte")
    return NumericRange(value=high, op="lte") if high is not None else None


def _value_fields(t: Translator, source: Source, member: Member, kind: str) -> dict[str, object]:
    form = member.form
    units, answers = recorded(source, kind, member.items, t.language)
    sign, number, until, unit = st.columns([0.22, 0.26, 0.26, 0.26])
    op = sign.selectbox(
        t("Value"),
        [None, *_SIGNS],
        index=[None, *_SIGNS].index(form.value.op if form.value else None),
        format_func=lambda s: t("any") if s is None else t(_SIGNS[s]),
        key=member.key("value-op"),
    )
    start = form.value.value if form.value else None
    end = form.value.extent if form.value else None
    value = number.number_input(
        t("Number"), value=None if start is None else float(start), key=member.key("value"), disabled=op is None
    )
    extent = until.number_input(
        t("to"), value=None if end is None else float(end), key=member.key("value-to"), disabled=op != "bt"
    )
    options = {concept.concept_id: concept for concept in [*form.units, *units]}
    names = labels(source, [*options, *(c.concept_id for c in [*form.answers, *answers])], t.language)
    unit_names = distinct({number: names.get(number) or _name(concept) for number, concept in options.items()})
    chosen = unit.selectbox(
        t("Unit"),
        [None, *options],
        index=1 if form.units else 0,
        format_func=lambda u: t("any") if u is None else unit_names[u],
        key=member.key("unit"),
        disabled=op is None,
    )
    named = {concept.concept_id: concept for concept in [*form.answers, *answers]}
    answer_names = distinct({number: names.get(number) or _name(concept) for number, concept in named.items()})
    wanted = []
    if named:
        wanted = st.multiselect(
            t("Result is one of"),
            list(named),
            default=[concept.concept_id for concept in form.answers],
            format_func=lambda a: answer_names[a],
            placeholder=t("any"),
            key=member.key("answers"),
        )
    asked = None
    if op is not None and value is not None:
        asked = (
            NumericRange(value=_plain(value), op=op, extent=_plain(extent))
            if op == "bt"
            else NumericRange(value=_plain(value), op=op)
        )
    return {
        "value": asked,
        "units": [options[chosen]] if chosen is not None and asked is not None else [],
        "answers": [named[answer] for answer in wanted],
    }


def _name(concept: Concept) -> str:
    return concept.concept_name or str(concept.concept_id)


def _plain(value: float | None) -> int | float | None:
    return int(value) if value is not None and float(value).is_integer() else value


def _window_fields(t: Translator, member: Member, *, timed: bool = True) -> dict[str, object]:
    """Draw when and how often; `timed` where the records have times of day."""
    form = member.form
    choice, first, last, often = st.columns([0.4, 0.2, 0.2, 0.2])
    offered = [name for name in _WINDOWS if timed or name != "hours"]
    before = _preset(form)
    preset = choice.selectbox(
        t("When"),
        offered,
        index=offered.index(before) if before in offered else 0,
        format_func=lambda w: t(_WINDOWS[w]),
        key=member.key("when"),
    )
    given: dict[str, object] = {
        "before": {"earliest": None, "latest": 0},
        "after": {"earliest": 0, "latest": None},
        "ever": {"earliest": None, "latest": None},
    }.get(preset, {})  # type: ignore[assignment]
    if preset == "within":
        days = first.number_input(
            t("Days"), min_value=0, value=-int(form.earliest) if form.earliest else _YEAR, key=member.key("days")
        )
        given = {"earliest": -int(days), "latest": 0}
    if preset == "custom":
        start = first.number_input(
            t("From day"),
            value=_whole(form.earliest),
            step=1,
            key=member.key("from"),
            help=t("Negative before the index date."),
        )
        end = last.number_input(t("To day"), value=_whole(form.latest), step=1, key=member.key("to"))
        given = {"earliest": start, "latest": end}
    if preset == "hours":
        given = _hours(t, member, first, last)
    times = often.number_input(t("At least how often"), min_value=1, value=form.times, key=member.key("times"))
    return {**given, "times": int(times)}


def _hours(t: Translator, member: Member, first: DeltaGenerator, last: DeltaGenerator) -> dict[str, object]:
    form = member.form
    now = (form.earliest, form.latest) if form.unit == "hours" else _SOON
    start, end = (
        place.number_input(
            label,
            value=None if value is None else float(value),
            step=1.0,
            format="%g",
            key=member.key(key),
            help=t("Negative before the start of the index event; 0.5 is half an hour."),
        )
        for place, label, value, key in (
            (first, t("From hour"), now[0], "from-hour"),
            (last, t("To hour"), now[1], "to-hour"),
        )
    )
    said = t("A record without a time of day counts only where its date alone decides.")
    st.markdown(f":gray[{said}]")
    return {"earliest": _plain(start), "latest": _plain(end), "unit": "days" if start is end is None else "hours"}


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _preset(form: CriterionForm) -> str:
    if form.unit == "hours":
        return "hours"
    if form.latest == 0:
        return "before" if form.earliest is None else "within"
    if form.earliest == 0 and form.latest is None:
        return "after"
    if form.earliest is None and form.latest is None:
        return "ever"
    return "custom"
