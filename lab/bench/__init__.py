# SPDX-License-Identifier: BSD-3-Clause
"""What `lab bench` runs in the guest. lab/labvm/bench.py boots it and shows the figures."""
