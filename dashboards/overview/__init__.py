"""The first dashboard to open: is anything wrong, where, and at which end."""

from dashboards.grafana.dashboard import Dashboard
from dashboards.overview.alerts import ALERTING
from dashboards.overview.history import HISTORY
from dashboards.overview.maps import MAPS
from dashboards.overview.now import NOW
from dashboards.overview.scope import CHECK, MESH, ZONE
from dashboards.overview.worst import WORST
from dashboards.overview.wrong import WRONG
from dashboards.promql import EVERYWHERE, NODE

OVERVIEW = Dashboard(
    uid="netwatch-overview",
    title="netwatch / Overview",
    description="Is anything wrong in the network, where, and at which end.",
    variables=[*EVERYWHERE, NODE, CHECK, ZONE, MESH],
    rows=[NOW, ALERTING, WRONG, MAPS, WORST, HISTORY],
)
