"""The review console: pages in Japanese for the people who decide.

``words``         what is shown for priorities, kinds, times and keys
``conversation``  bubbles with the evidence marked in place
``pages``         templates, and what every page needs
``views``         what the queue and a case show
``routes``        addresses
"""

from .routes import install

__all__ = ["install"]
