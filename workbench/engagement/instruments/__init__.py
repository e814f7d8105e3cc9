"""Where questionnaires come from: YAML files, Excel workbooks in a firm's own words, and published models."""
