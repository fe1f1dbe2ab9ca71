"""The service around the core: HTTP, the console, and the commands that start them. Edges only.

``app``       puts everything together
``auth``      who is calling: a person with a session, or a program with a key
``errors``    errors of the core become problem details (RFC 9457) or a page
``guards``    size limit, security headers, request metrics
``metrics``   what is counted; never words of a conversation
``schemas``   what comes in and goes out over HTTP
``routes/``   ``/v1``: screenings, flags, decisions, policy, session
``console/``  the pages in Japanese
``commands``  ``screening serve`` and ``screening demo``
``demo``      the bundled sample archive
"""
