"""Conditions of verbs: functions of a record that return why a verb is not available, or None."""
