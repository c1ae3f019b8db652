"""What the numbers say, in sentences."""

from __future__ import annotations

from workbench.locales import Translator
from workbench.reports import Paragraph
from workbench.reports.model import Block
from workbench.studies.feasibility import FeasibilityView, RuleEffect


def feasibility_findings(t: Translator, view: FeasibilityView, names: dict[str, str]) -> list[Block]:
    """Say what a feasibility calculation found.

    Parameters
    ----------
    t : Translator
        Of the language.
    view : FeasibilityView
        What may be shown.
    names : dict of str to str
        Names of the rules for the reader.

    Returns
    -------
    list of block
        Paragraphs, the main finding first.
    """
    found: list[Block] = [
        Paragraph(
            text=t(
                "Of {entered} persons with the entry event, {eligible} meet all {rules} criteria.",
                entered=view.entered,
                eligible=view.eligible,
                rules=len(view.rules),
            ),
            tone="finding",
        )
    ]
    costliest = costliest_rule(view)
    if costliest is not None:
        found.append(
            Paragraph(
                text=t(
                    'The criterion "{rule}" costs most: {gain} persons are lost only because of it, and without it '
                    "{without} would be eligible.",
                    rule=names.get(costliest.name, costliest.name),
                    gain=costliest.gain,
                    without=costliest.without,
                )
            )
        )
    if view.first_zero:
        found.append(_nobody(t, view, names))
    if view.recruitment is not None and view.rate is not None:
        found.append(
            Paragraph(
                text=t(
                    "About {rate} persons become eligible per month at this hospital (last {months} complete months).",
                    rate=f"{view.rate:g}",
                    months=len(view.recruitment.history),
                )
            )
        )
    found.append(
        Paragraph(
            text=t("The counts were made from routine records and are not the result of screening visits."),
            tone="warning",
        )
    )
    return found


def costliest_rule(view: FeasibilityView) -> RuleEffect | None:
    """Find the rule without which most would be gained."""
    costly = [effect for effect in view.rules if effect.gain.high]
    return max(costly, key=lambda effect: effect.gain.centre, default=None)


def _nobody(t: Translator, view: FeasibilityView, names: dict[str, str]) -> Paragraph:
    text = t(
        'The criterion "{rule}" is the first that leaves nobody.', rule=names.get(view.first_zero, view.first_zero)
    )
    if view.relaxations:
        dropped, persons = view.relaxations[0]
        listed = t(", ").join(names.get(rule, rule) for rule in dropped)
        way_out = t("The nearest way out: without {rules}, {persons} are eligible.", rules=listed, persons=persons)
        text = t.join([text, way_out])
    return Paragraph(text=text, tone="warning")
