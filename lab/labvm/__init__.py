# SPDX-License-Identifier: BSD-3-Clause
"""The host side of the lab: a virtual machine made from Debian packages."""
