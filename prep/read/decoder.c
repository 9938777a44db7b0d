/* decoder.c - see decoder.h. */
#include "read/decoder.h"

#include <string.h>

#include "read/report.h"
#include "read/utf8.h"

enum { PULL_BYTES = 1 << 16, STRAIGHT_BYTES = 1 << 17, CHECK_BYTES = 1 << 12, LONGEST = 4 };
static const uint32_t REPLACEMENT = 0xFFFD;

void decoder_open(copse_context *ctx, const char *path, const struct decoder_input *input, enum encoding kind,
                  struct decoder *out) {
  *out = (struct decoder){.ctx = ctx, .path = path, .input = input, .kind = kind};
  out->looked = kind != ENCODING_OPEN;
}

void decoder_close(struct decoder *decoder) {
  copse_free(decoder->ahead);
  decoder->ahead = NULL;
}

/* ---- bytes ahead ---- */

static size_t n_ahead(const struct decoder *d) { return d->length - d->at; }

/* Room for `more` bytes behind those ahead. */
static copse_status reserve(struct decoder *d, size_t more, copse_error *err) {
  if (d->at > 0) {
    memmove(d->ahead, d->ahead + d->at, n_ahead(d));
    d->length -= d->at;
    d->at = 0;
  }
  if (d->capacity - d->length >= more) return COPSE_OK;
  char *fresh = copse_resize(d->ctx, d->ahead, d->length + more, 1);
  if (fresh == NULL) return report_memory(err, "decoding", d->path);
  d->ahead = fresh;
  d->capacity = d->length + more;
  return COPSE_OK;
}

/* At least n bytes ahead, unless the text ends before. Of a character no more than it lacks: what follows is
 * read straight. */
static copse_status pull_ahead(struct decoder *d, void *user, size_t n, copse_error *err) {
  size_t got, more = n - n_ahead(d);
  if (n_ahead(d) >= n || d->ended) return COPSE_OK;
  if (more < PULL_BYTES && n > LONGEST) more = PULL_BYTES;
  copse_status status = reserve(d, more, err);
  if (status == COPSE_OK) status = d->input->pull(user, d->ahead + d->length, more, &got, err);
  if (status != COPSE_OK) return status;
  d->length += got;
  d->ended = got < more;
  return COPSE_OK;
}

static void skip(struct decoder *d, size_t n) {
  d->at += n;
  d->offset += n;
}

/* ---- which encoding ---- */

static void count_block(const char *text, size_t n, bool last, uint64_t offset, size_t *used,
                        struct decoder_counts *out) {
  size_t i = 0, length;
  while (i < n) {
    size_t step = n - i < CHECK_BYTES ? n - i : CHECK_BYTES, good = utf8_prefix(text + i, step);
    out->n_good += utf8_count_wide(text + i, good);
    i += good;
    if (good > 0) continue;
    enum utf8_kind kind = utf8_step(text + i, n - i, &length);
    if (kind == UTF8_CUT && !last) break;
    if (kind != UTF8_WHOLE && out->n_bad++ == 0) out->first_bad = offset + i;
    i += length;
  }
  *used = i;
}

copse_status decoder_count_all(copse_context *ctx, const char *path, const struct decoder_input *input,
                               void *user, struct decoder_counts *out, copse_error *err) {
  char *block = copse_alloc(ctx, PULL_BYTES, 1);
  size_t kept = 0, got, used;
  uint64_t offset = 0;
  *out = (struct decoder_counts){0, 0, 0};
  if (block == NULL) return report_memory(err, "decoding", path);
  copse_status status = COPSE_OK;
  for (bool last = false; !last && status == COPSE_OK;) {
    status = input->pull(user, block + kept, PULL_BYTES - kept, &got, err);
    if (status != COPSE_OK) break;
    last = got < PULL_BYTES - kept || memchr(block + kept, '\0', got) != NULL;
    kept += got;
    count_block(block, kept, last, offset, &used, out);
    memmove(block, block + used, kept - used);
    kept -= used;
    offset += used;
  }
  copse_free(block);
  return status;
}

/* At the first byte that is not ASCII. */
static copse_status decide(struct decoder *d, void *user, copse_error *err) {
  size_t length;
  copse_status status = pull_ahead(d, user, DECODER_WINDOW, err);
  if (status != COPSE_OK) return status;
  const char *text = d->ahead + d->at;
  size_t n = n_ahead(d) < DECODER_WINDOW ? n_ahead(d) : DECODER_WINDOW, good = utf8_prefix(text, n);
  bool cut = good < n && utf8_step(text + good, n - good, &length) == UTF8_CUT;
  if (good == n || (cut && n < n_ahead(d)) || (cut && !d->ended)) {
    d->kind = ENCODING_UTF8;
    d->valid = good;
    return COPSE_OK;
  }
  struct decoder_counts counts;
  status = d->input->count(user, &counts, err);
  if (status != COPSE_OK) return status;
  bool utf8 = counts.n_bad * 1000 < counts.n_good + counts.n_bad;
  d->kind = utf8 ? ENCODING_UTF8 : ENCODING_1252;
  d->first_bad = counts.first_bad;
  return COPSE_OK;
}

static copse_status look(struct decoder *d, void *user, copse_error *err) {
  copse_status status = pull_ahead(d, user, ENCODING_LOOK, err);
  if (status != COPSE_OK) return status;
  d->kind = encoding_look(d->ahead + d->at, n_ahead(d));
  d->looked = true;
  return COPSE_OK;
}

/* ---- characters ---- */

static void put(struct decoder *d, uint32_t code) {
  d->n_left = utf8_put(code, d->left);
  d->left_at = 0;
}

static void put_bad(struct decoder *d) {
  if (d->n_bad++ == 0) d->first_bad = d->offset;
  put(d, REPLACEMENT);
}

static size_t copy(struct decoder *d, char *out, size_t n) {
  memcpy(out, d->ahead + d->at, n);
  skip(d, n);
  return n;
}

static copse_status take_utf8(struct decoder *d, void *user, char *out, size_t n, size_t *got,
                              copse_error *err) {
  size_t length;
  if (d->valid == 0) {
    copse_status status = pull_ahead(d, user, utf8_length(d->ahead[d->at]), err);
    if (status != COPSE_OK) return status;
    d->valid = utf8_prefix(d->ahead + d->at, n_ahead(d) < CHECK_BYTES ? n_ahead(d) : CHECK_BYTES);
  }
  if (d->valid > 0) {
    *got = copy(d, out, d->valid < n ? d->valid : n);
    d->valid -= *got;
    return COPSE_OK;
  }
  utf8_step(d->ahead + d->at, n_ahead(d), &length);
  put_bad(d);
  skip(d, length);
  return COPSE_OK;
}

static void take_1252(struct decoder *d, char *out, size_t n, size_t *got) {
  size_t most = n_ahead(d) < n ? n_ahead(d) : n, ascii = utf8_ascii_prefix(d->ahead + d->at, most);
  *got = copy(d, out, ascii);
  if (ascii > 0) return;
  put(d, encoding_1252((unsigned char)d->ahead[d->at]));
  skip(d, 1);
}

static uint32_t unit_at(const struct decoder *d, size_t i) {
  return encoding_character(d->kind, d->ahead + d->at + i);
}

static bool is_high(uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }

/* One character, of which enough is ahead. */
static void take_character16(struct decoder *d) {
  if (n_ahead(d) < 2) { /* half a unit at the end */
    put_bad(d);
    skip(d, 1);
    return;
  }
  uint32_t unit = unit_at(d, 0), low = n_ahead(d) >= 4 ? unit_at(d, 2) : 0;
  bool pair = is_high(unit) && low >= 0xDC00 && low < 0xE000;
  if (pair)
    put(d, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
  else if (unit >= 0xD800 && unit < 0xE000)
    put_bad(d);
  else
    put(d, unit);
  skip(d, pair ? 4 : 2);
}

static copse_status take_utf16(struct decoder *d, void *user, char *out, size_t n, size_t *got,
                               copse_error *err) {
  copse_status status = pull_ahead(d, user, 2, err);
  *got = 0;
  if (status == COPSE_OK && n_ahead(d) >= 2 && is_high(unit_at(d, 0)))
    status = pull_ahead(d, user, LONGEST, err);
  if (status != COPSE_OK) return status;
  while (n_ahead(d) >= 2 && *got < n && unit_at(d, 0) < 0x80) {
    out[(*got)++] = (char)unit_at(d, 0);
    skip(d, 2);
  }
  if (*got == 0) take_character16(d);
  return COPSE_OK;
}

/* Some of the bytes ahead. */
static copse_status take(struct decoder *d, void *user, char *out, size_t n, size_t *got, copse_error *err) {
  size_t most = n_ahead(d) < n ? n_ahead(d) : n;
  *got = 0;
  switch (d->kind) {
    case ENCODING_OPEN:
      *got = copy(d, out, utf8_ascii_prefix(d->ahead + d->at, most));
      return *got > 0 ? COPSE_OK : decide(d, user, err);
    case ENCODING_UTF8: return take_utf8(d, user, out, n, got, err);
    case ENCODING_1252: take_1252(d, out, n, got); return COPSE_OK;
    case ENCODING_UTF16LE:
    case ENCODING_UTF16BE: return take_utf16(d, user, out, n, got, err);
    default: *got = copy(d, out, most); return COPSE_OK;
  }
}

/* Straight to where it goes, up to what needs a second look; nothing is ahead. No more at a time than stays
 * in a processor's cache until it is checked. */
static copse_status read_straight(struct decoder *d, void *user, char *out, size_t n, size_t *got,
                                  copse_error *err) {
  size_t pulled;
  if (n > STRAIGHT_BYTES) n = STRAIGHT_BYTES;
  copse_status status = d->input->pull(user, out, n, &pulled, err);
  if (status != COPSE_OK) return status;
  d->ended = pulled < n;
  *got = d->kind == ENCODING_OPEN   ? utf8_ascii_prefix(out, pulled)
         : d->kind == ENCODING_UTF8 ? utf8_prefix(out, pulled)
                                    : pulled;
  d->offset += *got;
  size_t rest = pulled - *got;
  if (rest == 0) return COPSE_OK;
  status = reserve(d, rest, err);
  if (status != COPSE_OK) return status;
  memcpy(d->ahead + d->length, out + *got, rest);
  d->length += rest;
  return COPSE_OK;
}

copse_status decoder_read(struct decoder *d, void *user, char *out, size_t n, size_t *got, copse_error *err) {
  copse_status status = d->looked ? COPSE_OK : look(d, user, err);
  *got = 0;
  while (*got < n && status == COPSE_OK) {
    size_t more = 0, room = n - *got;
    bool foreign = d->kind == ENCODING_1252 || encoding_is_utf16(d->kind);
    if (d->left_at < d->n_left) {
      more = d->n_left - d->left_at < room ? d->n_left - d->left_at : room;
      memcpy(out + *got, d->left + d->left_at, more);
      d->left_at += more;
    } else if (n_ahead(d) > 0) {
      status = take(d, user, out + *got, room, &more, err);
    } else if (d->ended) {
      break;
    } else if (foreign) {
      status = pull_ahead(d, user, PULL_BYTES, err);
    } else {
      status = read_straight(d, user, out + *got, room, &more, err);
    }
    *got += more;
  }
  return status;
}
