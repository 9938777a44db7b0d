/* files_hash.c - a fingerprint of the bytes of data files and of the side files that belong to them: by it a
 * cache knows whether they are still what it was made from. Blocks are hashed in parallel, and the list of
 * their fingerprints once more. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "read/frame.h"
#include "read/sides.h"
#include "store/store.h"

enum { BLOCK_BYTES = 1 << 18, PATH_CAPACITY = 4096 };

struct hash_job {
  copse_context *ctx;
  int fd;
  uint64_t size;
  uint64_t (*blocks)[2];
  bool *failed; /* of each block */
};

static void hash_block(void *user, size_t index, int thread) {
  (void)thread;
  struct hash_job *job = user;
  uint64_t at = (uint64_t)index * BLOCK_BYTES, left = job->size - at;
  size_t n = left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES, done = 0;
  char *bytes = copse_alloc(job->ctx, BLOCK_BYTES, 1);
  while (bytes != NULL && done < n && !copse_context_cancelled(job->ctx)) {
    ssize_t got = pread(job->fd, bytes + done, n - done, (off_t)(at + done));
    if (got <= 0 && !(got < 0 && errno == EINTR)) break;
    if (got > 0) done += (size_t)got;
  }
  job->failed[index] = bytes == NULL || done < n;
  if (!job->failed[index]) copse_hash(bytes, n, 0, job->blocks[index]);
  copse_free(bytes);
}

static copse_status hash_blocks(struct hash_job *job, const char *path, int n_threads, uint64_t sum[2],
                                copse_error *err) {
  size_t n = (size_t)((job->size + BLOCK_BYTES - 1) / BLOCK_BYTES);
  copse_status status = COPSE_OK;
  job->blocks = copse_alloc(job->ctx, n, sizeof *job->blocks);
  job->failed = copse_alloc_zero(job->ctx, n, sizeof *job->failed);
  if (job->blocks == NULL || job->failed == NULL) {
    status = report_memory(err, "its fingerprint", path);
  } else {
    copse_parallel_for(n_threads, n, hash_block, job);
    if (copse_context_cancelled(job->ctx))
      status = report(err, COPSE_ERR_INTERRUPTED, "%s: reading was interrupted", path);
    else if (memchr(job->failed, true, n * sizeof *job->failed) != NULL)
      status = report(err, COPSE_ERR_IO, "%s: cannot read all of it", path);
    else {
      uint64_t all[4] = {sum[0], sum[1]};
      copse_hash(job->blocks, n * sizeof *job->blocks, job->size, all + 2);
      copse_hash(all, sizeof all, 0, sum);
    }
  }
  copse_free(job->blocks);
  copse_free(job->failed);
  return status;
}

/* Adds one file to the sum. */
static copse_status add_file(copse_context *ctx, const char *path, int n_threads, uint64_t sum[2],
                             copse_error *err) {
  struct stat info;
  char database[STORE_PATH_CAPACITY];
  const char *table;
  if (store_split(path, database, &table)) { /* all of the database: its pages do not tell whose they are */
    uint64_t all[4] = {sum[0], sum[1]};
    copse_hash(table, strlen(table), 0, all + 2);
    copse_hash(all, sizeof all, 0, sum);
    path = database;
  }
  if (strcmp(path, "-") == 0 || (stat(path, &info) == 0 && !S_ISREG(info.st_mode)))
    return report(err, COPSE_ERR_UNSUPPORTED, "%s: cannot be read twice (expected a file)",
                  strcmp(path, "-") == 0 ? "standard input" : path);
  struct hash_job job = {.ctx = ctx, .fd = open(path, O_RDONLY | O_CLOEXEC)};
  if (job.fd < 0 || fstat(job.fd, &info) != 0) {
    copse_status status = report(err, COPSE_ERR_IO, "%s: cannot open: %s", path, strerror(errno));
    if (job.fd >= 0) close(job.fd);
    return status;
  }
  job.size = (uint64_t)info.st_size;
  copse_status status = hash_blocks(&job, path, n_threads, sum, err);
  close(job.fd);
  return status;
}

static void add_mark(uint64_t mark, uint64_t sum[2]) {
  uint64_t all[3] = {sum[0], sum[1], mark};
  copse_hash(all, sizeof all, 1, sum);
}

static copse_status add_sides(copse_context *ctx, const char *path, int n_threads, uint64_t sum[2],
                              copse_error *err) {
  copse_status status = COPSE_OK;
  char side[PATH_CAPACITY];
  for (uint64_t i = 0; i < N_SIDES && status == COPSE_OK; i++) {
    bool found = sides_find(path, side_suffixes[i], side, sizeof side);
    add_mark(2 * i + found, sum);
    if (found) status = add_file(ctx, side, n_threads, sum, err);
  }
  return status;
}

copse_status copse_files_hash(copse_context *ctx, const char *const *paths, size_t n_paths,
                              const copse_read_options *options, uint64_t out[2], copse_error *err) {
  uint64_t sum[2] = {n_paths, 0};
  copse_status status = COPSE_OK;
  int n_threads = options->n_threads;
  for (size_t i = 0; i < n_paths && status == COPSE_OK; i++) {
    status = add_file(ctx, paths[i], n_threads, sum, err);
    if (status == COPSE_OK && options->side_files) status = add_sides(ctx, paths[i], n_threads, sum, err);
  }
  if (status == COPSE_OK && options->init_path != NULL && options->init_path[0] != '\0')
    status = add_file(ctx, options->init_path, n_threads, sum, err);
  if (status == COPSE_OK) memcpy(out, sum, sizeof sum);
  return status;
}
