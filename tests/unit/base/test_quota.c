/* Quotas of control groups, read from a tree of files laid out as the kernel's. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/quota.h"
#include "testing.h"

static char root[64], made[64][256];
static int n_made;

/* What is made is removed last first. */
static void note(const char *path) {
  assert_true(n_made < 64);
  snprintf(made[n_made++], sizeof made[0], "%s", path);
}

static void put(const char *path, const char *content) {
  char full[256];
  snprintf(full, sizeof full, "%s%s", root, path);
  for (char *at = full + strlen(root) + 1; (at = strchr(at, '/')) != NULL; at++) {
    *at = '\0';
    if (mkdir(full, 0700) == 0) note(full);
    *at = '/';
  }
  FILE *file = fopen(full, "w");
  assert_non_null(file);
  fputs(content, file);
  assert_int_equal(fclose(file), 0);
  note(full);
}

static int create(void **state) {
  (void)state;
  strcpy(root, "/tmp/copse-quota-XXXXXX");
  return mkdtemp(root) == NULL;
}

static int destroy(void **state) {
  (void)state;
  while (n_made > 0) remove(made[--n_made]);
  return remove(root);
}

static void none_is_none(void **state) {
  (void)state;
  assert_int_equal(quota_threads(root), 0);
  put("/sys/fs/cgroup/cpu.max", "max 100000\n");
  put("/proc/self/cgroup", "0::/\n");
  assert_int_equal(quota_threads(root), 0);
}

/* In a container its own group is the root, whatever names the file gives. */
static void version_two_of_a_container(void **state) {
  (void)state;
  put("/sys/fs/cgroup/cpu.max", "150000 100000\n");
  assert_int_equal(quota_threads(root), 2);
  put("/proc/self/cgroup", "0::/docker/4711\n");
  assert_int_equal(quota_threads(root), 2);
  put("/proc/self/cgroup", "0::/../../elsewhere\n");
  assert_int_equal(quota_threads(root), 2);
  put("/sys/fs/cgroup/cpu.max", "50000 100000\n");
  assert_int_equal(quota_threads(root), 1);
}

/* The group of the process, and those above it: the least of them counts. */
static void version_two_of_a_service(void **state) {
  (void)state;
  put("/proc/self/cgroup", "0::/batch.slice/job.service\n");
  put("/sys/fs/cgroup/batch.slice/job.service/cpu.max", "400000 100000\n");
  assert_int_equal(quota_threads(root), 4);
  put("/sys/fs/cgroup/batch.slice/cpu.max", "300000 100000\n");
  assert_int_equal(quota_threads(root), 3);
  put("/sys/fs/cgroup/batch.slice/cpu.max", "max 100000\n");
  assert_int_equal(quota_threads(root), 4);
  put("/sys/fs/cgroup/batch.slice/other/cpu.max", "100000 100000\n");
  assert_int_equal(quota_threads(root), 4);
}

static void version_one(void **state) {
  (void)state;
  put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  put("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  assert_int_equal(quota_threads(root), 0);
  put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "250000\n");
  assert_int_equal(quota_threads(root), 3);
  put("/proc/self/cgroup", "9:cpuset:/a\n4:cpu,cpuacct:/a/b\n1:name=systemd:/a\n0::/\n");
  put("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "80000\n");
  assert_int_equal(quota_threads(root), 3); /* no period: no quota */
  put("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "50000\n");
  assert_int_equal(quota_threads(root), 2);
  put("/sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us", "10000\n");
  put("/sys/fs/cgroup/cpu/a/b/cpu.cfs_period_us", "50000\n");
  assert_int_equal(quota_threads(root), 1);
}

static void nonsense_is_no_quota(void **state) {
  (void)state;
  put("/proc/self/cgroup", "\n:\n4:cpu\n7:cpuset:/\nx");
  put("/sys/fs/cgroup/cpu.max", "often");
  assert_int_equal(quota_threads(root), 0);
  put("/sys/fs/cgroup/cpu.max", "100000");
  assert_int_equal(quota_threads(root), 0);
  put("/sys/fs/cgroup/cpu.max", "100000 0");
  assert_int_equal(quota_threads(root), 0);
  put("/sys/fs/cgroup/cpu.max", "");
  assert_int_equal(quota_threads(root), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(none_is_none, create, destroy),
      cmocka_unit_test_setup_teardown(version_two_of_a_container, create, destroy),
      cmocka_unit_test_setup_teardown(version_two_of_a_service, create, destroy),
      cmocka_unit_test_setup_teardown(version_one, create, destroy),
      cmocka_unit_test_setup_teardown(nonsense_is_no_quota, create, destroy),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
