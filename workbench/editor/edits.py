"""Changes to a cohort definition; each gives a new definition and leaves the old one as it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cohorts import CohortDefinition
from cohorts.definition import (
    CohortExpression,
    ConceptSet,
    ConceptSetExpression,
    ConceptSetItem,
    InclusionRule,
    PrimaryCriteria,
)
from workbench.editor.forms import CriterionForm, EntryForm, RuleForm


def new_definition(name: str) -> CohortDefinition:
    """Begin a definition that nobody enters yet."""
    expression = CohortExpression(
        concept_sets=[], primary_criteria=PrimaryCriteria(criteria_list=[]), inclusion_rules=[]
    )
    return CohortDefinition(name=name, semantics="exact", expression=expression)


def set_entry(definition: CohortDefinition, entry: EntryForm) -> CohortDefinition:
    """Replace what brings a person in."""
    sets = _ConceptSets(definition)
    primary = entry.primary(sets.id_of)
    return _with(definition, sets, entry.members, primary_criteria=primary)


def add_rule(definition: CohortDefinition, form: RuleForm) -> CohortDefinition:
    """Add a card at the end."""
    sets = _ConceptSets(definition)
    rule = form.rule(sets.id_of)
    return _with(definition, sets, form.members, inclusion_rules=[*_rules(definition), rule])


def replace_rule(definition: CohortDefinition, position: int, form: RuleForm) -> CohortDefinition:
    """Change a card."""
    sets = _ConceptSets(definition)
    rules = _rules(definition)
    rules[position] = form.rule(sets.id_of)
    return _with(definition, sets, form.members, inclusion_rules=rules)


def remove_rule(definition: CohortDefinition, position: int) -> CohortDefinition:
    """Take a card away."""
    rules = _rules(definition)
    del rules[position]
    return _with(definition, _ConceptSets(definition), inclusion_rules=rules)


def duplicate_rule(definition: CohortDefinition, position: int) -> CohortDefinition:
    """Put a copy of a card after it."""
    rules = _rules(definition)
    rules.insert(position + 1, rules[position])
    return _with(definition, _ConceptSets(definition), inclusion_rules=rules)


def move_rule(definition: CohortDefinition, position: int, by: int) -> CohortDefinition:
    """Move a card up (-1) or down (1); at the end of the list it stays where it is."""
    rules = _rules(definition)
    target = min(max(position + by, 0), len(rules) - 1)
    rules.insert(target, rules.pop(position))
    return _with(definition, _ConceptSets(definition), inclusion_rules=rules)


def concept_set_named(items: list[ConceptSetItem]) -> str:
    """Name a concept set after its lines.

    Examples
    --------
    >>> from cohorts.definition import Concept
    >>> concept_set_named([ConceptSetItem(concept=Concept(concept_id=1, concept_name="Gefitinib"))])
    'Gefitinib'
    """
    names = [item.concept.concept_name or str(item.concept.concept_id) for item in items if not item.is_excluded]
    return ", ".join(names[:3]) + (f" +{len(names) - 3}" if len(names) > 3 else "")


class _ConceptSets:
    """The concept sets of a definition while it is changed: equal lines share a set."""

    def __init__(self, definition: CohortDefinition) -> None:
        self.sets = list(definition.expression.concept_sets or [])

    def id_of(self, items: list[ConceptSetItem]) -> int:
        wanted = [item.to_json() for item in items]
        for known in self.sets:
            if [item.to_json() for item in known.expression.items] == wanted:
                return known.id
        number = max((known.id for known in self.sets), default=-1) + 1
        self.sets.append(
            ConceptSet(id=number, name=concept_set_named(items), expression=ConceptSetExpression(items=items))
        )
        return number

    def still_used(self, before: CohortExpression, after: CohortExpression) -> list[ConceptSet]:
        """Keep all sets but those that the change has made useless."""
        idle = set(_codesets(before.to_json())) - set(_codesets(after.to_json()))
        return [known for known in self.sets if known.id not in idle]


def _with(
    definition: CohortDefinition, sets: _ConceptSets, forms: Sequence[CriterionForm] = (), **changes: Any
) -> CohortDefinition:
    before = definition.expression
    after = before.model_copy(update=changes)
    kept: dict[str, Any] = {"concept_sets": sets.still_used(before, after)}
    content = after.to_json()
    known = {cohort.id: cohort for cohort in before.cohorts or []}
    known |= {form.cohort.id: form.cohort for form in forms if form.cohort is not None}
    if known:
        used = set(_ids("CohortId", content))
        kept["cohorts"] = [cohort for number, cohort in known.items() if number in used] or None
    lists = {listed.id: listed for listed in before.patient_lists or []}
    lists |= {form.patient_list.id: form.patient_list for form in forms if form.patient_list is not None}
    if lists:
        used = set(_ids("ListId", content))
        kept["patient_lists"] = [listed for number, listed in lists.items() if number in used] or None
    return definition.model_copy(update={"expression": after.model_copy(update=kept)})


def _rules(definition: CohortDefinition) -> list[InclusionRule]:
    return list(definition.expression.inclusion_rules or [])


def _ids(key: str, content: Any) -> list[int]:
    """Find the ids that an expression, as JSON, refers to under a key; those within its cohorts are their own."""
    if isinstance(content, list):
        return [number for item in content for number in _ids(key, item)]
    if not isinstance(content, dict):
        return []
    own = [content[key]] if isinstance(content.get(key), int) else []
    return own + [number for name, value in content.items() if name != "Cohorts" for number in _ids(key, value)]


def _codesets(content: Any) -> list[int]:
    """Find the ids of all concept sets that a part of an expression, as JSON, refers to; not those of other cohorts."""
    if isinstance(content, list):
        return [number for item in content for number in _codesets(item)]
    if not isinstance(content, dict):
        return []
    own = [value for key, value in content.items() if _names_a_set(key) and isinstance(value, int)]
    return own + [number for key, value in content.items() if key != "Cohorts" for number in _codesets(value)]


def _names_a_set(key: str) -> bool:
    return key in ("CodesetId", "DrugCodesetId") or key.endswith(("SourceConcept", "Concept", "ServiceLocation"))
