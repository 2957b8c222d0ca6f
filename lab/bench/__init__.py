# SPDX-License-Identifier: BSD-3-Clause
"""What `lab bench` runs in the guest; lab/labvm/bench.py boots the machines and shows the figures."""
