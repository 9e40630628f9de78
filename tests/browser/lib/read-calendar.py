"""Reads an iCalendar file from standard input with Python's icalendar and prints its events as JSON."""

import json
import sys

import icalendar

calendar = icalendar.Calendar.from_ical(sys.stdin.buffer.read())
events = [
    {
        "uid": str(event["UID"]),
        "start": event["DTSTART"].dt.isoformat(),
        "end": event["DTEND"].dt.isoformat(),
        "summary": str(event["SUMMARY"]),
        "sequence": int(event["SEQUENCE"]),
    }
    for event in calendar.walk("VEVENT")
]
print(json.dumps(events))
