"""How the review is doing, in numbers about flags and conversations, never about people.

``estimates``  shares with an interval, percentiles, a forecast of the backlog
``counts``     what the record holds, counted by the database
``tables``     a table with what it counts, and its CSV
``figures``    all of it, from one state of the record, as the page shows and exports it

No function here reads who decided: nothing can be ranked by person.
"""

from .counts import Choices, Waiting, choices
from .estimates import Forecast, Share, forecast, share
from .figures import Figures, figures
from .tables import Table

__all__ = [
    "Choices",
    "Figures",
    "Forecast",
    "Share",
    "Table",
    "Waiting",
    "choices",
    "figures",
    "forecast",
    "share",
]
