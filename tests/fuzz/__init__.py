"""Many more hostile cases than the tests have time for: parsers, public routes, tokens. `make fuzz`."""
