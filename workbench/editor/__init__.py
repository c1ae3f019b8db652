"""Editing a cohort definition by cards: what a page can change, without a page in sight."""

from workbench.editor.edits import (
    add_rule,
    concept_set_named,
    duplicate_rule,
    move_rule,
    new_definition,
    remove_rule,
    replace_rule,
    set_entry,
)
from workbench.editor.forms import CriterionForm, EntryForm, RuleForm
from workbench.editor.reading import entry_form_of, rule_form_of

__all__ = [
    "CriterionForm",
    "EntryForm",
    "RuleForm",
    "add_rule",
    "concept_set_named",
    "duplicate_rule",
    "entry_form_of",
    "move_rule",
    "new_definition",
    "remove_rule",
    "replace_rule",
    "rule_form_of",
    "set_entry",
]
