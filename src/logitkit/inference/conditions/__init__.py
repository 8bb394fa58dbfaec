"""Conditions of verbs: functions of a record that return why a verb has no answer, or None."""
