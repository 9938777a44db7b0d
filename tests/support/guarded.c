/* guarded.c - see the header. */
#define _GNU_SOURCE
#include "guarded.h"

#include <sys/mman.h>
#include <unistd.h>

#include "testing.h"

static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }
static size_t inner_size(size_t bytes) { return (bytes + page_size() - 1) / page_size() * page_size(); }

void *guarded_alloc(size_t bytes, enum guarded_side side) {
  size_t page = page_size(), inner = inner_size(bytes);
  char *map = mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  assert_true(map != MAP_FAILED);
  if (inner > 0) assert_int_equal(mprotect(map + page, inner, PROT_READ | PROT_WRITE), 0);
  return side == GUARDED_END ? map + page + inner - bytes : map + page;
}

void guarded_free(void *buffer, size_t bytes, enum guarded_side side) {
  size_t page = page_size(), inner = inner_size(bytes);
  char *map = side == GUARDED_END ? (char *)buffer + bytes - inner - page : (char *)buffer - page;
  assert_int_equal(munmap(map, inner + 2 * page), 0);
}
