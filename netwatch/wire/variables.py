"""Put values of the environment where a text says `${NAME}`."""

import re
from collections.abc import Mapping

_REFERENCE = re.compile(
    r"\$\$\{|\$\{(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\})?"
)


def expand(text: str, environ: Mapping[str, str]) -> str:
    """Return `text` with `${NAME}`, `${NAME:-default}` and `$${` (for a literal `${`) replaced.

    The default counts where the variable is unset or empty, as in a shell; what is put in is not
    looked at again. Raises ValueError for another `${`, and for a variable without default that is
    unset or empty: `${POD_IP}:9847` must not listen everywhere by mistake; `${NAME:-}` allows it.
    """

    def value(reference: re.Match[str]) -> str:
        if reference[0] == "$${":
            return "${"
        name, default = reference["name"], reference["default"]
        if name is None:
            raise ValueError('found a lone "${", expected ${NAME}, ${NAME:-default} or $${')
        if default is not None:
            return environ.get(name) or default
        if not environ.get(name):
            fault = "empty" if name in environ else "not set"
            raise ValueError(
                f"the variable {name} is {fault}, expected it in the environment, "
                f"or ${{{name}:-default}}"
            )
        return environ[name]

    return _REFERENCE.sub(value, text)
