"""Exports of trackers (Jira, Azure DevOps, GitHub, ServiceNow), read into tables of work.

`source` reads a file as text, `recognise` tells the tracker by its header, one module a tracker says what its columns
are, `moments` decides the order of day and month, `meaning` brings places, statuses and types to products, states and
kinds of work, `importing` writes. People are dropped at the door.
"""
