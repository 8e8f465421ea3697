"""What must hold when something breaks: short forms run with the suite, full ones with `make faults`."""
