"""How well a fit describes its rows, or new ones: functions of a record and a design, with frozen results."""
