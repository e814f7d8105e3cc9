"""The survey as it goes out: one short form a role, in the formats that the survey tools take."""
