# SPDX-License-Identifier: BSD-3-Clause
"""What the scenarios stand on: the machine, its network, DPDK applications and their memory."""
