/* datasets_tool.c - see datasets_tool.h. */
#define _GNU_SOURCE
#include "datasets_tool.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testing.h"

static char folder[] = "/tmp/copse-datasets-XXXXXX";

int tool_folder_make(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

int tool_folder_remove(void **state) {
  (void)state;
  DIR *entries = opendir(folder);
  if (!entries) return -1;
  for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
    if (entry->d_name[0] != '.') unlink(tool_path(entry->d_name));
  }
  closedir(entries);
  return rmdir(folder);
}

const char *tool_path(const char *name) {
  static char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

int tool_run(const char *arguments, char *text, size_t capacity) {
  const char *tool = getenv("COPSE_DATASETS_TOOL");
  assert_non_null(tool);
  char command[1024];
  assert_true(snprintf(command, sizeof command, "cd %s && '%s' %s 2>&1", folder, tool, arguments) <
              (int)sizeof command);
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  size_t length = fread(text, 1, capacity - 1, pipe);
  assert_true(length < capacity - 1);
  text[length] = '\0';
  int status = pclose(pipe);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

void tool_read(const char *name, char *text, size_t capacity) {
  FILE *file = fopen(tool_path(name), "rb");
  assert_non_null(file);
  size_t length = fread(text, 1, capacity - 1, file);
  assert_true(length < capacity - 1);
  text[length] = '\0';
  fclose(file);
}

bool tool_exists(const char *name) { return access(tool_path(name), F_OK) == 0; }

uint64_t tool_checksum(const char *text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
  return hash;
}

size_t tool_count(const char *text, char wanted) {
  size_t n = 0;
  for (; *text; text++) n += *text == wanted;
  return n;
}

void tool_cell(const char *line, int index, char cell[64]) {
  for (; index > 0; index--) line = strchr(line, ',') + 1;
  size_t length = strcspn(line, ",\n");
  assert_true(length < 64);
  memcpy(cell, line, length);
  cell[length] = '\0';
}
