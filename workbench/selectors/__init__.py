"""Reusable selectors."""
