/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef VTD_TABLES_H
#define VTD_TABLES_H

#include <stdint.h>

/*
 * The entries of VT-d's tables in scalable mode, as in chapter 9 of the specification. All tables
 * are 4 KiB and aligned so; their addresses are guest-physical.
 */

#define VTD_BIT(n) (UINT64_C(1) << (n))
#define VTD_BITS(high, low) ((~UINT64_C(0) >> (63 - (high))) & (~UINT64_C(0) << (low)))

#define VTD_PAGE_SIZE UINT64_C(4096)
#define VTD_TABLE VTD_BITS(63, 12)	/* address of a table, in the entries before the stages' */

/* RTADDR register */
#define VTD_ROOT_MODE VTD_BITS(11, 10)
#define VTD_ROOT_SCALABLE (UINT64_C(1) << 10)

/* Root entry, one for each bus: two halves, for the lower and upper 128 device functions */
#define VTD_ROOT_ENTRY_SIZE 16
#define VTD_ROOT_HALF_SIZE 8
#define VTD_ROOT_PRESENT VTD_BIT(0)
#define VTD_ROOT_RESERVED VTD_BITS(11, 1)

/* Context entry */
#define VTD_CONTEXT_SIZE 32
#define VTD_CONTEXTS 128		/* in a table */
#define VTD_CONTEXT_PRESENT VTD_BIT(0)
#define VTD_CONTEXT_DEVICE_TLB VTD_BIT(2)
#define VTD_CONTEXT_PASID_ENABLE VTD_BIT(3)
#define VTD_CONTEXT_PAGE_REQUESTS VTD_BIT(4)
#define VTD_CONTEXT_RESERVED VTD_BITS(8, 5)
#define VTD_CONTEXT_PDTS_SHIFT 9	/* the directory has 1 << (PDTS + 7) entries */
#define VTD_CONTEXT_PDTS_MASK 7
#define VTD_CONTEXT_1_RID_PASID VTD_BITS(19, 0)		/* in the second qword */
#define VTD_CONTEXT_1_RID_PRIVILEGED VTD_BIT(20)
#define VTD_CONTEXT_1_RESERVED VTD_BITS(63, 21)

/* PASID directory entry */
#define VTD_DIRECTORY_ENTRY_SIZE 8
#define VTD_DIRECTORY_PRESENT VTD_BIT(0)
#define VTD_DIRECTORY_RESERVED VTD_BITS(11, 2)

/* PASID entry */
#define VTD_PASID_SIZE 64
#define VTD_PASIDS 64			/* in a table */
#define VTD_PASID_MAX_BITS 20
#define VTD_PASID_PRESENT VTD_BIT(0)
#define VTD_PASID_WIDTH_SHIFT 2		/* second stage: 1 is 3 levels (39 bits), 3 is 5 */
#define VTD_PASID_WIDTH_MASK 7
#define VTD_PASID_TYPE_SHIFT 6
#define VTD_PASID_TYPE_MASK 7
#define VTD_PASID_SECOND_ACCESSED_DIRTY VTD_BIT(9)
#define VTD_PASID_RESERVED VTD_BITS(11, 10)
#define VTD_PASID_2_LEVELS_SHIFT 2	/* third qword; first stage: 0 is 4 levels, 1 is 5 */
#define VTD_PASID_2_LEVELS_MASK 3
#define VTD_PASID_2_EXTENDED_ACCESSED VTD_BIT(7)
#define VTD_PASID_2_RESERVED VTD_BITS(11, 8)

enum vtd_pasid_type {
	VTD_TYPE_FIRST = 1,
	VTD_TYPE_SECOND = 2,
	VTD_TYPE_NESTED = 3,
	VTD_TYPE_PASS_THROUGH = 4,
};

/* Entries of both stages' tables, at each level; 512 in a table */
#define VTD_STAGE_ADDRESS VTD_BITS(51, 12)
#define VTD_STAGE_LARGE VTD_BIT(7)	/* at levels 2 and 3: a page of 2 MiB or 1 GiB */
#define VTD_STAGE_BITS 9		/* of an address, for one level */
#define VTD_STAGE_MAX_LEVELS 5

#define VTD_FIRST_PRESENT VTD_BIT(0)
#define VTD_FIRST_WRITE VTD_BIT(1)
#define VTD_FIRST_USER VTD_BIT(2)
#define VTD_FIRST_ACCESSED VTD_BIT(5)
#define VTD_FIRST_DIRTY VTD_BIT(6)
#define VTD_FIRST_EXTENDED_ACCESSED VTD_BIT(10)
#define VTD_FIRST_LARGE_PAT VTD_BIT(12)	/* of large pages: not part of the address */

#define VTD_SECOND_READ VTD_BIT(0)
#define VTD_SECOND_WRITE VTD_BIT(1)
#define VTD_SECOND_ACCESSED VTD_BIT(8)
#define VTD_SECOND_DIRTY VTD_BIT(9)

#endif
