/* quota.h - how much of the processor control groups let this process have. */
#ifndef COPSE_BASE_QUOTA_H
#define COPSE_BASE_QUOTA_H

/* Whole threads, rounded up, that the quotas of the process's control group and of those above it allow
 * (cgroup v2 cpu.max, v1 cpu.cfs_quota_us); 0: there is no quota. `root` stands before /proc and /sys: "" but
 * in tests. */
int quota_threads(const char *root);

#endif
