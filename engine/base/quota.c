/* quota.c - a container shows its own group at the root of /sys/fs/cgroup; elsewhere /proc/self/cgroup names
 * the group, and each group above it may allow less. */
#include "base/quota.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_CAPACITY = 4096 };

/* The whole of a small file; false where there is none. */
static bool read_text(const char *path, char *text, size_t capacity) {
  FILE *file = fopen(path, "r");
  if (file == NULL) return false;
  size_t n = fread(text, 1, capacity - 1, file);
  fclose(file);
  text[n] = '\0';
  return true;
}

/* Quota over period, v2 `QUOTA PERIOD` in one file, v1 in two; 0: none ("max", -1) or no such group. */
static double share_of(const char *folder, bool v2) {
  char path[PATH_CAPACITY + 64], text[64], period_text[64], *end;
  snprintf(path, sizeof path, "%s/%s", folder, v2 ? "cpu.max" : "cpu.cfs_quota_us");
  if (!read_text(path, text, sizeof text)) return 0;
  double quota = (double)strtol(text, &end, 10), period;
  if (end == text || quota <= 0) return 0;
  if (v2) {
    period = (double)strtol(end, NULL, 10);
  } else {
    snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
    if (!read_text(path, period_text, sizeof period_text)) return 0;
    period = (double)strtol(period_text, NULL, 10);
  }
  return period > 0 ? quota / period : 0;
}

/* The least share of the group and those above it. A group that is not there is one whose names a container
 * does not see: its root is looked at all the same. */
static double least_share(const char *root, const char *mount, const char *group, bool v2, double least) {
  char folder[PATH_CAPACITY];
  int n_root = snprintf(folder, sizeof folder, "%s/sys/fs/cgroup%s", root, mount);
  int length = snprintf(folder, sizeof folder, "%s/sys/fs/cgroup%s%s", root, mount, group);
  if (length >= PATH_CAPACITY) return least;
  for (;;) {
    double share = share_of(folder, v2);
    if (share > 0 && (least == 0 || share < least)) least = share;
    char *last = strrchr(folder + n_root, '/');
    if (last == NULL) return least;
    *last = '\0';
  }
}

/* Whether the comma-separated list of controllers has cpu. */
static bool has_cpu(const char *list) {
  for (; *list != '\0'; list += strcspn(list, ","), list += *list == ',')
    if (strcspn(list, ",") == strlen("cpu") && strncmp(list, "cpu", strlen("cpu")) == 0) return true;
  return false;
}

/* A line `NUMBER:CONTROLLERS:GROUP`; v2 has number 0 and no controllers. */
static double line_share(const char *root, char *line, double least) {
  char *list = strchr(line, ':'), *group = list != NULL ? strchr(list + 1, ':') : NULL;
  if (group == NULL) return least;
  *group++ = '\0';
  list++;
  if (strstr(group, "..") != NULL) group = ""; /* outside of what this process sees */
  if (list[0] == '\0') return least_share(root, "", group, true, least);
  if (!has_cpu(list)) return least;
  char mount[PATH_CAPACITY];
  snprintf(mount, sizeof mount, "/%s", list);
  least = least_share(root, mount, group, false, least);
  return strcmp(list, "cpu") == 0 ? least : least_share(root, "/cpu", group, false, least);
}

int quota_threads(const char *root) {
  char path[PATH_CAPACITY], text[2 * PATH_CAPACITY];
  double least = least_share(root, "", "", true, 0);
  if (least == 0) least = least_share(root, "/cpu", "", false, 0);
  snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
  if (read_text(path, text, sizeof text))
    for (char *line = text, *next; *line != '\0'; line = next) {
      char *end = strchr(line, '\n');
      next = end != NULL ? end + 1 : line + strlen(line);
      if (end != NULL) *end = '\0';
      least = line_share(root, line, least);
    }
  int whole = least < 1 << 20 ? (int)least : 1 << 20;
  return whole < least ? whole + 1 : whole;
}
