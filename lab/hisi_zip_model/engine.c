/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "engine.h"
#include "udma.h"
#include "zip.h"

int
engine_run(struct request *request)
{
	request->summary = (struct record_request){
		.queue = request->data.queue,
		.pasid = request->data.pasid,
		.operation = "unknown",
	};

	switch (request->type) {
	case QUEUE_UDMA:
		return udma_run(request);
	case QUEUE_COMPRESS:
	case QUEUE_DECOMPRESS:
		return zip_run(request);
	}
	zip_refuse(request);
	return 0;
}

bool
engine_is_short(const struct request *request, uint64_t bytes)
{
	return request->type == QUEUE_UDMA && udma_length(request) <= bytes;
}
