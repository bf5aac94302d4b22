from mmda.pseudo import format_report
from mmda.pseudo.report import ClassReport, PseudoLabelReport


def report(*predicted: int) -> PseudoLabelReport:
    names = ("background", "building", "road")
    classes = [ClassReport(n, 0.9, p, p // 2) for n, p in zip(names, predicted, strict=True)]
    return PseudoLabelReport("key", "median", 1, 0, tuple(classes))


def test_classes_that_are_predicted_nowhere_are_named():
    text = format_report(report(10, 0, 0))
    assert "WARNING: no pixel is predicted as `building`, `road`." in text
    assert "WARNING" not in format_report(report(10, 2, 2))
