"""Reusable selectors."""

from workbench.selectors._near import NearDuplicateParams, NearDuplicates

__all__ = ["NearDuplicateParams", "NearDuplicates"]
