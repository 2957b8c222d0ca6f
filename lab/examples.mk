# SPDX-License-Identifier: BSD-3-Clause
# DPDK's own examples, unmodified, as an application's author would compile them;
# and applications of the scenarios (lab/apps).
# -linked: with this project's library from its installed prefix, before EAL.
EXAMPLES := /usr/share/dpdk/examples
PREFIX := /build/install
LIBDIR := $(PREFIX)/lib
CFLAGS := -O2 -g -DALLOW_EXPERIMENTAL_API

export PKG_CONFIG_PATH := $(LIBDIR)/pkgconfig

UNMODIFIED := l2fwd l3fwd-power
LINKED := l2fwd-linked
# With a prompt, and what each of them has besides its own source
PROMPTED := memory vfio
PROMPT := $(addprefix /src/lab/apps/,prompt.c prompt.h prompt_result.c prompt_result.h ealmem.c \
	ealmem.h)
# With a prompt, and with this project's library, whose functions they call
LINKED_APPS := spaces
# Queues of a ZIP function that an application brings up itself
OWNED_ZIP := $(addprefix /src/lab/apps/,owned_zip.c owned_zip.h zip_request.h) \
	/src/drivers/bus/iommufd/bus_iommufd_ring.h
# With the iommufd bus: one has a driver for it, the other asks for the address spaces of queues
BUS_APPS := bus compress
# EAL inside the program, where no library can stand in front of it
STATIC := memory-static
STATIC_EAL := -Wl,-Bstatic -lrte_eal -lrte_argparse -lrte_telemetry -lrte_kvargs -lrte_log \
	-Wl,-Bdynamic -lnuma -lm

# Without DPDK
PLAIN := blocks zip

# Preloaded: what an application asks of VFIO and iommufd; memory and devices as DPDK 26.11 has them
PRELOADED := ioctls.so mapping_cdev.so

all: $(UNMODIFIED) $(LINKED) $(PROMPTED) $(LINKED_APPS) $(BUS_APPS) \
	$(STATIC) $(PLAIN) $(PRELOADED)

.SECONDEXPANSION:
$(UNMODIFIED): %: $$(wildcard $(EXAMPLES)/$$*/*.c)
	$(CC) $(CFLAGS) $$(pkg-config --cflags libdpdk) $^ -o $@ $$(pkg-config --libs libdpdk)

$(LINKED): %-linked: $$(wildcard $(EXAMPLES)/$$*/*.c) $(LIBDIR)/pkgconfig/libdpdk-iommufd.pc
	$(CC) $(CFLAGS) $$(pkg-config --cflags libdpdk-iommufd) $(filter %.c,$^) -o $@ \
		$$(pkg-config --libs libdpdk-iommufd) -Wl,-rpath,$(LIBDIR)

$(PROMPTED): %: /src/lab/apps/%.c $(PROMPT)
	$(CC) $(CFLAGS) -Wall -Wextra -Werror $$(pkg-config --cflags libdpdk) $(filter %.c,$^) -o $@ \
		$$(pkg-config --libs libdpdk)

$(LINKED_APPS): %: /src/lab/apps/%.c $(PROMPT) $(OWNED_ZIP) $(LIBDIR)/pkgconfig/libdpdk-iommufd.pc
	$(CC) $(CFLAGS) -Wall -Wextra -Werror -I/src/lab/hisi_zip_model -I$(PREFIX)/include \
		-I/src/drivers/bus/iommufd $$(pkg-config --cflags libdpdk-iommufd) $(filter %.c,$^) -o $@ \
		$$(pkg-config --libs libdpdk-iommufd) -Wl,-rpath,$(LIBDIR)

bus: $(OWNED_ZIP)
compress: $(wildcard /src/lab/apps/compress*.[ch]) $(addprefix /src/lab/apps/,zip_memory.c zip_memory.h)
$(BUS_APPS): %: /src/lab/apps/%.c $(PROMPT) $(LIBDIR)/librte_bus_iommufd.so \
		/src/drivers/bus/iommufd/bus_iommufd_driver.h
	$(CC) $(CFLAGS) -DALLOW_INTERNAL_API -Wall -Wextra -Werror -I/src/lab/hisi_zip_model \
		-I$(PREFIX)/include -I/src/drivers/bus/iommufd -I/src/drivers/include \
		$$(pkg-config --cflags libdpdk-iommufd) $(filter %.c,$^) -o $@ \
		$$(pkg-config --libs libdpdk-iommufd) -lrte_bus_iommufd -Wl,-rpath,$(LIBDIR)

$(STATIC): %-static: /src/lab/apps/%.c $(PROMPT)
	$(CC) $(CFLAGS) $$(pkg-config --cflags libdpdk) $(filter %.c,$^) -o $@ $(STATIC_EAL)

$(PLAIN): %: $$(wildcard /src/lab/apps/$$*.c /src/lab/apps/$$*_*.[ch]) \
		$(addprefix /src/lab/apps/,prompt.c prompt.h uacce_queue.c uacce_queue.h zip_request.h)
	$(CC) $(CFLAGS) -Wall -Wextra -Werror $(filter %.c,$^) -o $@ -lz

$(PRELOADED): %.so: /src/lab/apps/%.c
	$(CC) $(CFLAGS) -Wall -Wextra -Werror -I/src/lib/eal_iommufd \
		$$(pkg-config --cflags libdpdk) -shared -fPIC $< -o $@
