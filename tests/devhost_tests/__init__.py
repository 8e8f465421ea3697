"""Tests of the local Jira itself: it is the ground truth of the flow and browser tests."""
