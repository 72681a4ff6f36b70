"""The few words of Grafana's dashboard model (classic, Grafana 11) that netwatch needs."""
