"""Everything that is asked in single attempts: web servers, name servers, ports, certificates."""

from dashboards.grafana.dashboard import Dashboard
from dashboards.services.answers import HTTP, OTHERS
from dashboards.services.attempts import ATTEMPTS, NOW
from dashboards.services.certificates import CERTIFICATES
from dashboards.services.names import NAMES
from dashboards.services.scope import CHOSEN

SERVICES = Dashboard(
    uid="netwatch-services",
    title="netwatch / Services and DNS",
    description="Web servers, name servers, ports and certificates, as the nodes see them.",
    variables=CHOSEN.variables,
    rows=[NOW, ATTEMPTS, HTTP, NAMES, CERTIFICATES, OTHERS],
)
