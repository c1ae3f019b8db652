"""What changed between two versions of a definition, in words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cohorts import CohortDefinition
from cohorts.definition import ConceptSet, InclusionRule
from workbench.locales import Translator
from workbench.sentences import Narrator
from workbench.sentences.names import concept_set_contents

Kind = Literal["added", "removed", "changed", "moved"]

_TOKEN: Final = re.compile(r"[A-Za-z]+|-?\d+(?:\.\d+)?|\s+|.", re.DOTALL)
_FIGURE: Final = re.compile(r"[-\d.<>=≤≥≠–]+")
_ALIKE: Final = 0.75
"""Share of a rule's words that two versions must have in common to be one rule under another name."""


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes
    ----------
    kind : {"added", "removed", "changed", "moved"}
        What happened.
    part : str
        The part of the definition, by name.
    before, after : str
        What it said and says.
    pieces : tuple of (str, str)
        The figures that differ, as (before, after); empty where more than figures differ.
    """

    kind: Kind
    part: str
    before: str = ""
    after: str = ""
    pieces: tuple[tuple[str, str], ...] = ()

    def text(self, t: Translator) -> str:
        """Say the change in a line."""
        if self.kind == "added":
            return t("added: {part}: {after}", part=self.part, after=self.after)
        if self.kind == "removed":
            return t("removed: {part}: {before}", part=self.part, before=self.before)
        if self.kind == "moved":
            return t("moved: {part}: {before} → {after}", part=self.part, before=self.before, after=self.after)
        if not self.pieces:
            return t("changed: {part}", part=self.part)
        said = t("; ").join(f"{old or '∅'} → {new or '∅'}" for old, new in self.pieces)
        return t("changed: {part}: {pieces}", part=self.part, pieces=said)


def changes_between(
    t: Translator, old: CohortDefinition, new: CohortDefinition, names: dict[int, str] | None = None
) -> list[Change]:
    """Say what changed from one version of a definition to another.

    Parameters
    ----------
    t : Translator
        Of the reader's language.
    old, new : CohortDefinition
        The two versions.
    names : dict of int to str, optional
        Names of concepts in that language; without them concept sets go by their own names.

    Returns
    -------
    list of Change
        In the order of the definition; empty where the two mean the same.
    """
    return list(_Differ(t, old, new, names).changes())


class _Differ:
    def __init__(
        self, t: Translator, old: CohortDefinition, new: CohortDefinition, names: dict[int, str] | None
    ) -> None:
        self.t = t
        self._old, self._new = old, new
        self._names = names or {}
        self._before, self._after = (Narrator.of(t, d.expression, names, semantics=d.semantics) for d in (old, new))

    def changes(self) -> Iterator[Change]:
        t, old, new = self.t, self._old.expression, self._new.expression
        yield from _changed(t("Semantics"), self._old.semantics, self._new.semantics)
        yield from _changed(t("Entry event"), t.join(self._before.entry(old)), t.join(self._after.entry(new)))
        yield from self._rules(old.inclusion_rules or [], new.inclusion_rules or [])
        yield from self._rest(self._before.definition(old), self._after.definition(new))
        yield from self._sets(old.concept_sets or [], new.concept_sets or [])

    def _rest(self, before: list[str], after: list[str]) -> Iterator[Change]:
        """Compare the sentences after the rules: limits, exit, censoring, merging and cutting."""
        told = (self._old.expression, self._new.expression)
        starts = [
            len(narrator.entry(expression)) + len(expression.inclusion_rules or [])
            for narrator, expression in zip((self._before, self._after), told, strict=True)
        ]
        rest = (self.t.join(before[starts[0] :]), self.t.join(after[starts[1] :]))
        yield from _changed(self.t("Follow-up"), *rest)

    def _rules(self, before: Sequence[InclusionRule], after: Sequence[InclusionRule]) -> Iterator[Change]:
        pairs = self._pairs(before, after)
        partner = {j: i for i, j in pairs.items()}
        for i, rule in enumerate(before):
            if i not in pairs:
                yield Change("removed", self._name(rule), before=self._before.rule(rule))
        for j, rule in enumerate(after):
            if j not in partner:
                yield Change("added", self._name(rule), after=self._after.rule(rule))
                continue
            earlier = before[partner[j]]
            if self._name(earlier) != self._name(rule):
                yield from _changed(self.t("Name of a criterion"), self._name(earlier), self._name(rule))
            yield from _changed(self._name(rule), self._before.rule(earlier), self._after.rule(rule))
        order = [partner[j] for j in sorted(partner)]
        if order != sorted(order):
            was = ", ".join(self._name(before[i]) for i in sorted(order))
            now = ", ".join(self._name(before[i]) for i in order)
            yield Change("moved", self.t("Order of the criteria"), before=was, after=now)

    def _pairs(self, before: Sequence[InclusionRule], after: Sequence[InclusionRule]) -> dict[int, int]:
        """Match the rules of two versions: by name, then by what they say, then by what they nearly say."""
        pairs: dict[int, int] = {}
        left = list(range(len(after)))
        said = ([self._before.rule(rule) for rule in before], [self._after.rule(rule) for rule in after])

        def match(i: int, fits: list[int]) -> None:
            if i not in pairs and fits:
                pairs[i] = fits[0]
                left.remove(fits[0])

        for i, rule in enumerate(before):
            match(i, [j for j in left if rule.name and after[j].name == rule.name and said[1][j] == said[0][i]])
        for i, rule in enumerate(before):
            match(i, [j for j in left if rule.name and after[j].name == rule.name])
        for i in range(len(before)):
            match(i, [j for j in left if said[1][j] == said[0][i]])
        for i in range(len(before)):
            near = [(difflib.SequenceMatcher(None, said[0][i], said[1][j]).ratio(), j) for j in left]
            match(i, [j for ratio, j in sorted(near, reverse=True) if ratio >= _ALIKE])
        return pairs

    def _sets(self, before: Sequence[ConceptSet], after: Sequence[ConceptSet]) -> Iterator[Change]:
        earlier, later = ({known.id: known for known in sets} for sets in (before, after))
        for number in dict.fromkeys([*earlier, *later]):
            one, other = (self._lines(sets.get(number)) for sets in (earlier, later))
            known = later.get(number) or earlier[number]
            part = self.t('Concept set "{name}"', name=(known.name or str(known.id)).strip())
            for line in [line for line in one if line not in other]:
                yield Change("removed", part, before=line)
            for line in [line for line in other if line not in one]:
                yield Change("added", part, after=line)

    def _lines(self, known: ConceptSet | None) -> list[str]:
        return concept_set_contents(self.t, known, self._names) if known is not None else []

    def _name(self, rule: InclusionRule) -> str:
        return (rule.name or "").strip() or self.t("Unnamed criterion")


def _changed(part: str, before: str, after: str) -> Iterator[Change]:
    if before != after:
        pieces = tuple(_pieces(before, after))
        figures = all(_FIGURE.fullmatch(text) for piece in pieces for text in piece)
        yield Change("changed", part, before, after, pieces if figures else ())


def _pieces(before: str, after: str) -> Iterator[tuple[str, str]]:
    """Find the words that differ between two sentences; numbers stay whole.

    Examples
    --------
    >>> list(_pieces("age ≥ 30, in the 90 days", "age ≥ 45, in the 90 days"))
    [('30', '45')]
    """
    one, other = _TOKEN.findall(before), _TOKEN.findall(after)
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            yield "".join(one[i1:i2]).strip(), "".join(other[j1:j2]).strip()
