"""How a chart or a table becomes a picture; nothing outside this room draws."""
