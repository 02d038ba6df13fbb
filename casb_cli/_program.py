#!python
"""The `casb` program as it is installed; what a script of an entry point does, without the imports of pip's."""

import sys

from casb_cli.__main__ import main

sys.exit(main())
