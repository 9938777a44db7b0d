/* detail_text.c - words and kinds of characters of a column of texts, from the texts that are kept. */
#include <stdlib.h>

#include "profile/detail.h"

/* Kinds of bytes: ASCII by themselves, a character of several by its first one. */
static enum text_class class_of(unsigned char c) {
  if ((unsigned char)((c | 0x20) - 'a') < 26) return TEXT_LETTERS;
  if ((unsigned char)(c - '0') <= 9) return TEXT_DIGITS;
  return c >= 0x80 ? TEXT_FOREIGN : c <= ' ' ? TEXT_BLANKS : TEXT_MARKS;
}

/* Runs of what is no blank. */
static uint32_t count_words(const char *text, uint32_t length, uint64_t n, uint64_t *counts) {
  uint32_t words = 0;
  bool inside = false;
  for (uint32_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    enum text_class class = class_of(c);
    if ((c & 0xC0) != 0x80) counts[class] += n;
    words += !inside && class != TEXT_BLANKS;
    inside = class != TEXT_BLANKS;
  }
  return words;
}

void detail_texts(const struct column *column, struct text_detail *out) {
  const struct values *texts = &column->texts;
  uint64_t counts[N_TEXT_CLASSES] = {0}, all = 0, rows = 0;
  uint64_t by_words[VALUES_TEXT_KEPT + 1] = {0}; /* of what is kept: a word has a byte at least */
  for (uint32_t i = 0; i < texts->n; i++) {
    const struct value *v = &texts->entries[i];
    by_words[count_words(texts->bytes + v->text.at, v->text.kept, v->n, counts)] += v->n;
    rows += v->n;
  }
  for (int c = 0; c < N_TEXT_CLASSES; c++) all += counts[c];
  if (all == 0) return;
  for (int c = 0; c < N_TEXT_CLASSES; c++) out->classes[c] = (double)counts[c] / (double)all;
  uint64_t half = (rows - 1) / 2;
  while (by_words[out->words] <= half) half -= by_words[out->words++];
  out->present = true;
}
