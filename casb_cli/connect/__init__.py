"""Instances in use: opening them, proving them, and knowing what each may do.

The layer between `apps` (which know nothing of the store) and what scans, governs and reports.
"""
