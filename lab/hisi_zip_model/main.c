/* SPDX-License-Identifier: BSD-3-Clause */
/* A HiSilicon ZIP virtual function for QEMU's vfio-user-pci: function.h shows its parts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "function.h"
#include "log.h"

int
main(int argc, char **argv)
{
	struct function *function;
	int ret;

	function = calloc(1, sizeof(*function));
	if (function == NULL) {
		fprintf(stderr, "%s: out of memory\n", argv[0]);
		return EXIT_FAILURE;
	}
	options_parse(&function->options, argc, argv);
	log_set_verbose(function->options.verbose);
	ret = function_open(function);
	if (ret == 0) {
		ret = function_serve(function);
		function_close(function);
	}
	if (ret < 0)
		log_line("ended: %s", strerror(-ret));
	free(function);
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
