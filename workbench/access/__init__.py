"""What may be seen: disclosure control of every number that leaves the workbench."""

from workbench.access.chain import protect_chain
from workbench.access.parts import ProtectedParts, protect_parts
from workbench.access.policy import DisclosurePolicy
from workbench.access.shown import Shown
from workbench.access.table import protect_table
from workbench.access.whatif import WhatIf

__all__ = ["DisclosurePolicy", "ProtectedParts", "Shown", "WhatIf", "protect_chain", "protect_parts", "protect_table"]
