"""netwatch about itself: is its word to be trusted."""

from dashboards.agents.cost import COST
from dashboards.agents.now import EACH, NOW
from dashboards.agents.passed_on import PASSED_ON
from dashboards.agents.scope import CHOSEN
from dashboards.agents.sources import SOURCES
from dashboards.agents.trust import TRUST
from dashboards.grafana.dashboard import Dashboard

AGENTS = Dashboard(
    uid="netwatch-agents",
    title="netwatch / Agents",
    description="netwatch about itself: is every agent there, is its word to be trusted.",
    variables=CHOSEN.variables,
    rows=[NOW, EACH, TRUST, SOURCES, PASSED_ON, COST],
)
