/* SPDX-License-Identifier: BSD-3-Clause */

#ifndef IOMMUFD_ARGS_H
#define IOMMUFD_ARGS_H

#include <stdbool.h>

/**
 * The arguments of rte_eal_init(): what the application was given, and what EAL gets in their place
 * when iommufd is asked for.
 *
 *	--iova-mode=iommufd[,single-file-segments=yes|no]
 *
 * is "--iova-mode=va" for EAL. Unless the user says no, or EAL would not allow it, it also gets
 * --single-file-segments: neighbouring hugepages are then neighbours in one file, and one call maps
 * them. And it gets "-d DIRECTORY" for this project's own drivers, where they are installed.
 */
struct iommufd_args {
	bool on;            /**< iommufd is asked for. */
	bool segment_files; /**< --single-file-segments was added for the user. */
	int n_added;        /**< How many were added for the user: those behind the first. */
	int argc;           /**< As many as the application's, and what was added. */
	char **argv;        /**< An array of our own. */
	int n_reworded;
	struct iommufd_reworded *reworded;
};

/** An argument of the application and what EAL is given in its place. */
struct iommufd_reworded {
	char *theirs;
	char *ours;
};

/**
 * Look for --iova-mode=iommufd and make EAL's arguments. A wrong value is logged.
 *
 * Both forms are found, `--iova-mode=iommufd` and `--iova-mode iommufd`, and the abbreviations that
 * EAL takes up to 24.11. What comes behind `--` is the application's and isn't looked at. Where the
 * option is given more than once the last one counts, as for EAL.
 *
 * @param argc, argv
 *   As of rte_eal_init(); they are left alone.
 * @param find_drivers
 *   Names the directory of drivers that EAL loads in any case, in memory that stays, or returns
 *   NULL. Called only where iommufd is asked for. NULL: there are none.
 * @return
 *   0, to be followed by iommufd_args_return(); -EINVAL where the value is wrong, or -ENOMEM, with
 *   nothing to be given back.
 */
int iommufd_args_take(struct iommufd_args *args, int argc, char **argv,
		char *(*find_drivers)(void));

/**
 * Give the application its own arguments back, in the order into which EAL has put them.
 *
 * @param argv
 *   The application's.
 * @param parsed
 *   What EAL's rte_eal_init() has returned for our arguments.
 * @return
 *   What to return to the application: how many of its own EAL has parsed, or `parsed` where it is
 *   negative.
 */
int iommufd_args_return(struct iommufd_args *args, char **argv, int parsed);

#endif /* IOMMUFD_ARGS_H */
