"""``python -m screening.cli``: the ``screening`` command where no script is installed."""

import sys

from . import main

sys.exit(main())
