"""The review console: pages in Japanese for the people who decide.

``settings``      what a site sets: recordings, the consultation desk, breaks
``words``         what is shown for priorities, kinds, times and keys
``conversation``  bubbles with the evidence in place, veiled until somebody asks
``consequences``  what answers lead to, said before they are given
``pages``         templates, and what every page needs
``forms``         posts with the session's token
``filters``       what a list is narrowed to, kept while a person works through it
``onward``        where a person goes next
``record``        what people did with a flag, and which one it repeats
``view``          what the page of a case shows
``session``       signing in and out
``case``          reading a case, opening its words, deciding
``queue``         the lists, with filters
``decided``       what was decided, the latest first
``work``          putting aside, handing over, escalating, skipping, correcting
``second``        disputes, and conversations without a flag that are checked
``steps``         what decisions oblige to, with approvals
``charts``        inline SVG
``numbers``       the dashboard
``paper``         HTML becomes PDF
``reports``       incident reports and training sets
``audit``         the audit log
``people``        accounts
``desk``          the consultation desk, and the policy to read
``routes``        all addresses together
"""

from .routes import install

__all__ = ["install"]
