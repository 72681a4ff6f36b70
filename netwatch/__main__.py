"""`python -m netwatch` is `netwatch`."""

import sys

from netwatch.cli.main import main

sys.exit(main())
