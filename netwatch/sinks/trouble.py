"""What a one-shot run may find wrong with a target."""

from enum import Enum


class Trouble(Enum):
    """In words for one target, and for many; the worst first."""

    OURS = ("could not be measured", "could not be measured")
    UNKNOWN = ("is not known yet", "are not known yet")
    ANSWERING = ("answers, and should not", "answer, and should not")
    SILENT = ("does not answer", "do not answer")
    ABSENT = ("is not there, and need not be", "are not there, and need not be")
    FAILING = ("fails", "fail")
    LOSSY = ("loses packets", "lose packets")
    UNSTEADY = ("fails at times", "fail at times")
