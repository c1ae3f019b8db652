"""Patient lists in a workspace: kept apart from documents, and accounted for without naming anybody."""

from workbench.patient_lists.account import list_words, lists_of, read_words
from workbench.patient_lists.store import KeptList, forget_list, keep_list, kept_lists, use_kept_lists

__all__ = [
    "KeptList",
    "forget_list",
    "keep_list",
    "kept_lists",
    "list_words",
    "lists_of",
    "read_words",
    "use_kept_lists",
]
