/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_FLAG_H
#define IOMMUFD_FLAG_H

#include <stdbool.h>

/** An argument of the application and what EAL is given in its place. */
struct iommufd_flag_swap {
	char *theirs;
	char *ours;
};

/** What --iova-mode says, and what was done to argv about it. */
struct iommufd_flag {
	bool on; /**< iommufd is asked for. */
	unsigned int n_swaps;
	struct iommufd_flag_swap *swaps;
};

/**
 * Find --iova-mode=iommufd among EAL's arguments and put what EAL knows, "va", in its place.
 *
 * Both forms are found, `--iova-mode=iommufd` and `--iova-mode iommufd`, and the abbreviations that
 * EAL takes up to 24.11. What comes behind `--` is the application's and isn't looked at. Where the
 * option is given more than once the last one counts, as for EAL.
 *
 * @param argc, argv
 *   As of rte_eal_init(). Pointers in argv are replaced, the strings are left alone.
 * @return
 *   0, or -ENOMEM with argv unchanged.
 */
int iommufd_flag_take(struct iommufd_flag *flag, int argc, char **argv);

/** Give the application its own arguments back, wherever in argv EAL has moved them. */
void iommufd_flag_restore(struct iommufd_flag *flag, int argc, char **argv);

#endif /* IOMMUFD_FLAG_H */
