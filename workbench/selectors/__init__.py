"""Reusable selectors."""

from workbench.selectors._exact import ExactDuplicateParams, ExactDuplicates
from workbench.selectors._near import NearDuplicateParams, NearDuplicates

__all__ = ["ExactDuplicateParams", "ExactDuplicates", "NearDuplicateParams", "NearDuplicates"]
