"""The pages of this slice: the Overview tab, and the Post-mortem tab whose routes join the same blueprint."""

from plugin.postmortems.views import draft, overview

__all__ = ["draft", "overview"]
