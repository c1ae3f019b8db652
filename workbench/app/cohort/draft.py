"""The definition being edited: saved at every change, every change can be undone."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa
import streamlit as st

from cohorts import CohortDefinition, read_definition
from workbench.app.data import current_records
from workbench.editor import new_definition
from workbench.records import DraftRow

_KIND: Final = "cohort"
_STATE: Final = "draft"
_IN_URL: Final = "cohort"
_MOST_UNDO: Final = 50


@dataclass
class Draft:
    """A definition under edit in this session.

    Attributes
    ----------
    draft_id : str
        Under which it is saved.
    definition : CohortDefinition
        As it stands.
    past, future : list of CohortDefinition
        To undo, and to redo what was undone.
    """

    draft_id: str
    definition: CohortDefinition
    past: list[CohortDefinition] = field(default_factory=list)
    future: list[CohortDefinition] = field(default_factory=list)

    def change(self, definition: CohortDefinition) -> None:
        """Take over a changed definition and save it."""
        if definition == self.definition:
            return
        self.past = [*self.past[-_MOST_UNDO:], self.definition]
        self.future = []
        self.definition = definition
        self._save()

    def undo(self) -> None:
        """Go back by one change."""
        self.future.append(self.definition)
        self.definition = self.past.pop()
        self._save()

    def redo(self) -> None:
        """Make a change again that was undone."""
        self.past.append(self.definition)
        self.definition = self.future.pop()
        self._save()

    def _save(self) -> None:
        with current_records().session.begin() as session:
            session.merge(
                DraftRow(
                    draft_id=self.draft_id,
                    kind=_KIND,
                    name=self.definition.name,
                    content=self.definition.to_json(),
                )
            )


def current_draft() -> Draft | None:
    """Return the draft of this session: the one being edited, or the one that the address names."""
    wanted = st.query_params.get(_IN_URL)
    draft: Draft | None = st.session_state.get(_STATE)
    if draft is not None and wanted in (None, draft.draft_id):
        st.query_params[_IN_URL] = draft.draft_id
        return draft
    return open_draft(wanted) if wanted else None


def begin_draft(definition: CohortDefinition) -> Draft:
    """Begin to edit a copy of a definition."""
    draft = Draft(uuid.uuid4().hex[:12], definition)
    draft._save()
    return _show(draft)


def begin_empty_draft(name: str) -> Draft:
    """Begin to edit a new definition."""
    return begin_draft(new_definition(name))


def open_draft(draft_id: str) -> Draft | None:
    """Open a saved draft; none where there is none of that name."""
    saved = saved_definition(draft_id)
    return _show(Draft(draft_id, saved)) if saved is not None else None


def saved_definition(draft_id: str) -> CohortDefinition | None:
    """Read the definition of a saved draft; none where there is none of that name."""
    with current_records().session() as session:
        row = session.get(DraftRow, draft_id)
    return read_definition(row.content) if row is not None else None


def saved_drafts() -> dict[str, str]:
    """Names of the saved drafts by id, the newest first."""
    with current_records().session() as session:
        rows = session.scalars(
            sa.select(DraftRow).where(DraftRow.kind == _KIND).order_by(DraftRow.updated_at.desc(), DraftRow.draft_id)
        )
        return {row.draft_id: row.name for row in rows}


def delete_draft(draft_id: str) -> None:
    """Forget a saved draft."""
    with current_records().session.begin() as session:
        session.execute(sa.delete(DraftRow).where(DraftRow.draft_id == draft_id))
    draft: Draft | None = st.session_state.get(_STATE)
    if draft is not None and draft.draft_id == draft_id:
        del st.session_state[_STATE]
    st.query_params.pop(_IN_URL, None)


def _show(draft: Draft) -> Draft:
    st.session_state[_STATE] = draft
    st.query_params[_IN_URL] = draft.draft_id
    return draft
