"""Put values of the environment where a text says `${NAME}`."""

import re
from collections.abc import Mapping

_REFERENCE = re.compile(
    r"\$\$\{|\$\{(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\})?"
)


def expand(text: str, environ: Mapping[str, str]) -> str:
    """Return `text` with `${NAME}`, `${NAME:-default}` and `$${` (for a literal `${`) replaced.

    The default counts where the variable is unset or empty, as in a shell; what is put in is not
    looked at again. Raises ValueError for an unset variable without default, and for another `${`.
    """

    def value(reference: re.Match[str]) -> str:
        if reference[0] == "$${":
            return "${"
        name, default = reference["name"], reference["default"]
        if name is None:
            raise ValueError('found a lone "${", expected ${NAME}, ${NAME:-default} or $${')
        if default is not None:
            return environ.get(name) or default
        if name not in environ:
            raise ValueError(
                f"the variable {name} is not set, expected it in the environment, "
                f"or ${{{name}:-default}}"
            )
        return environ[name]

    return _REFERENCE.sub(value, text)
