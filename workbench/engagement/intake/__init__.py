"""A client's own sheets (cost-centre reports, headcount lists, plans with months across) into the folder's tables."""
