from dashboards.grafana.panel import Query
from dashboards.grafana.timeline import States, timeline

STATES = States({"fine": "green", "broken": "red"})


def test_each_number_has_the_name_and_the_colour_of_its_state() -> None:
    made = timeline("When", "Since then.", Query("state"), states=STATES).model(1, 0, 0)
    [mapping] = made["fieldConfig"]["defaults"]["mappings"]
    assert mapping["options"][str(STATES.code("broken"))]["text"] == "broken"
    assert mapping["options"]["0"] == {"text": "fine", "color": "green", "index": 0}
