/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef PROMPT_RESULT_H
#define PROMPT_RESULT_H

/**
 * @file
 * An answer at the prompt (prompt.h) for a call of DPDK's.
 */

/** Say "ok", or where ret is negative what rte_errno says, which is nothing afterwards. */
void prompt_result(int ret);

#endif /* PROMPT_RESULT_H */
