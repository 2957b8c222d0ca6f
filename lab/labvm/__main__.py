# SPDX-License-Identifier: BSD-3-Clause
"""python3 -m labvm"""
from labvm.cli import main

raise SystemExit(main())
