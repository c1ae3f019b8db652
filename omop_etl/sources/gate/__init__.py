"""The gate: an extract that still identifies people is refused as a whole, by coordinates and rule, never by value."""

from omop_etl.sources.gate.findings import Finding, IdentifiersFoundError
from omop_etl.sources.gate.header_rules import header_findings
from omop_etl.sources.gate.scan import scan_values

__all__ = ["Finding", "IdentifiersFoundError", "header_findings", "scan_values"]
