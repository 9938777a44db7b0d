/* datasets_tool.h - the generator of data sets run as people run it, in a folder of the test's own. */
#ifndef COPSE_TESTS_DATASETS_TOOL_H
#define COPSE_TESTS_DATASETS_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Group fixtures: make the folder, and remove it with all that is in it. */
int tool_folder_make(void **state);
int tool_folder_remove(void **state);
/* "FOLDER/name"; valid until the next call. */
const char *tool_path(const char *name);

/* Runs the tool with these arguments in the folder; its output of both kinds goes to `text`. Returns its exit
 * code. */
int tool_run(const char *arguments, char *text, size_t capacity);
void tool_read(const char *name, char *text, size_t capacity);
bool tool_exists(const char *name);

/* FNV-1a */
uint64_t tool_checksum(const char *text);
size_t tool_count(const char *text, char wanted);
/* Column `index` of a line of CSV without quotes, copied. */
void tool_cell(const char *line, int index, char cell[64]);

#endif
