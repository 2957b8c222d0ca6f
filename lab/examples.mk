# SPDX-License-Identifier: BSD-3-Clause
# DPDK's own examples, unmodified, as an application's author would compile them.
# -linked: with this project's library from its installed prefix, before EAL.
EXAMPLES := /usr/share/dpdk/examples
PREFIX := /build/install
LIBDIR := $(PREFIX)/lib
CFLAGS := -O2 -g -DALLOW_EXPERIMENTAL_API

export PKG_CONFIG_PATH := $(LIBDIR)/pkgconfig

UNMODIFIED := l2fwd l3fwd-power
LINKED := l2fwd-linked

all: $(UNMODIFIED) $(LINKED)

.SECONDEXPANSION:
$(UNMODIFIED): %: $$(wildcard $(EXAMPLES)/$$*/*.c)
	$(CC) $(CFLAGS) $$(pkg-config --cflags libdpdk) $^ -o $@ $$(pkg-config --libs libdpdk)

$(LINKED): %-linked: $$(wildcard $(EXAMPLES)/$$*/*.c) $(LIBDIR)/pkgconfig/libdpdk-iommufd.pc
	$(CC) $(CFLAGS) $$(pkg-config --cflags libdpdk-iommufd) $(filter %.c,$^) -o $@ \
		$$(pkg-config --libs libdpdk-iommufd) -Wl,-rpath,$(LIBDIR)
