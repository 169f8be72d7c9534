"""Screens: functions that return components."""
