import pytest
from pydantic import ValidationError

from netwatch.scraping.options import PassOptions


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": {"le": "1"}}, '"le" is a reserved label name'),
        ({"labels": {"__name__": "x"}}, "reserved"),
        ({"labels": {"a-b": "x"}}, "expected a label name"),
        ({"rename_labels": {"quantile": "q"}}, "reserved"),
        ({"rename_labels": {"q": "le"}}, "reserved"),
        ({"target_label": "1"}, "expected a label name"),
        ({"prefix": "1_"}, "expected the beginning of a metric name"),
        ({"page": "/"}, "expected /metrics, or a path such as /metrics/kube-proxy"),
        ({"page": "/metrics/a/b"}, "expected /metrics"),
        ({"allow": ["/(/"]}, "expected a regular expression of RE2"),
    ],
)
def test_what_would_make_no_metrics_is_an_error(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        PassOptions.model_validate(options)


def test_job_and_instance_may_be_added_because_the_series_are_not_ours() -> None:
    options = PassOptions.model_validate({"labels": {"job": "kube-proxy", "instance": "a"}})
    assert options.labels == {"job": "kube-proxy", "instance": "a"}
