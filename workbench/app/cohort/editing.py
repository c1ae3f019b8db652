"""The dialog's own state: the members of a card while it is open."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import streamlit as st

from cohorts.definition import Concept, ConceptSetItem
from workbench.editor import CriterionForm

_STATE = "editing"
_NUMBERS = itertools.count()


@dataclass
class Member:
    """One thing asked, while it is edited.

    Attributes
    ----------
    form : CriterionForm
        As it was when the dialog opened; widgets hold what has changed since.
    items : list of ConceptSetItem
        Lines of its concept set as they stand.
    uid : int
        Tells its widgets from others'.
    """

    form: CriterionForm
    items: list[ConceptSetItem] = field(default_factory=list)
    uid: int = field(default_factory=lambda: next(_NUMBERS))

    def key(self, name: str) -> str:
        """Key of one of its widgets."""
        return f"member-{self.uid}-{name}"

    def add(self, concept: Concept) -> None:
        """Add a concept with its descendants; one that is there already stays once."""
        if concept.concept_id not in [item.concept.concept_id for item in self.items]:
            self.items.append(ConceptSetItem(concept=concept, is_excluded=False, include_descendants=True))

    def remove(self, concept_id: int) -> None:
        """Take a concept out."""
        self.items = [item for item in self.items if item.concept.concept_id != concept_id]


@dataclass
class Editing:
    """A card under edit.

    Attributes
    ----------
    members : list of Member
        What it asks.
    """

    members: list[Member]

    def add(self, kind: str) -> None:
        """Ask for one more thing."""
        self.members.append(Member(CriterionForm(kind=kind)))

    def remove(self, uid: int) -> None:
        """Ask for one thing less."""
        self.members = [member for member in self.members if member.uid != uid]


def begin(forms: list[CriterionForm]) -> Editing:
    """Begin to edit a card with these members."""
    editing = Editing([Member(form, list(form.items)) for form in forms])
    st.session_state[_STATE] = editing
    return editing
