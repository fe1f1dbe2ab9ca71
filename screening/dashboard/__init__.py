"""How the review is doing, in numbers about flags and conversations, never about people.

``estimates``  shares with an interval, percentiles, a forecast of the backlog
``counts``     what the record holds, counted by the database
``figures``    both together, as the tables that the dashboard shows and exports

No function here reads who decided: nothing can be ranked by person.
"""

from .counts import Choices, choices
from .estimates import Forecast, Share, forecast, share
from .figures import Figures, Table, figures

__all__ = [
    "Choices",
    "Figures",
    "Forecast",
    "Share",
    "Table",
    "choices",
    "figures",
    "forecast",
    "share",
]
