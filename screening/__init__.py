"""Screening of Japanese calls and mails for customer harassment; a person decides on every flag.

The modules, in the order data flows; each imports only from those above it:

``records``     conversations, findings, flags: the values that travel
``errors``      what is said when an input or a request cannot be used
``days``        days as those count them who work by them
``intake``      transcripts and mails of many formats become conversations
``text``        folding with a way back to the original, and tokens
``rules``       the lexicon's rules, found by anchors and matched on tokens
``veils``       which words are kept from sight until somebody asks for them
``classifier``  the learned scorer
``second_reader`` a small network that reads again what the scorer is unsure of
``repetition``  the same demand again, within a conversation
``conduct``     durations and numbers of contacts
``contacts``    a customer's earlier contacts, for the screener
``policy``      the published policy as data: which finding touches which provision
``view``        what is computed for many conversations at once
``screener``    composes the detectors and the policy: conversation in, flags out
``review``      what a person must answer before a flag is decided
``access``      which role may do what
``urgency``     which flag comes first, and why
``sampling``    what is drawn for a second look, and what the sample says
``agreement``   how far two readers agree
``corrections`` what a reviewer sets right
``labels``      decided conversations as labelled documents for training
``audit``       the chain of the audit log
``steps``       what follows a decision: owners, days, approvals and their record
``rehearsal``   what a draft policy or model would change, before it is switched on
``store``       the record: conversations, flags, decisions, people
``report``      incident reports and training cases, masked
``dashboard``   how the review is doing, in numbers about flags and never about people
``wellbeing``   what one person has had to read, and when a break would do good
``inbox``       watches a mailbox
``rescore``     screens an archive
``pipe``        a spaCy component
``cli``         the ``screening`` command
"""

__version__ = "0.1.0"
