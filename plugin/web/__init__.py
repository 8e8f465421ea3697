"""What all screens share: frames, error pages, languages and time zones, look. Knows no slice."""
