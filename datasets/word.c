/* word.c - see word.h. */
#include "word.h"

#include <stddef.h>
#include <string.h>

void invented_word(uint32_t number, char word[WORD_CAPACITY]) {
  static const char onset[16] = "bdgjklmnprstvwyz";
  static const char *const rhyme[16] = {"a",  "e",  "i",  "o",  "u",  "an", "ar", "al",
                                        "en", "er", "in", "ir", "on", "or", "un", "ur"};
  uint32_t code = (number * 2654435761u) ^ 0x5bd1e995u; /* a bijection of 32 bits */
  size_t length = 0;
  for (int i = 0; i < 4; i++) {
    uint32_t part = code >> (8 * i) & 255;
    const char *end = rhyme[part & 15];
    word[length++] = onset[part >> 4];
    memcpy(word + length, end, strlen(end));
    length += strlen(end);
  }
  word[length] = '\0';
}
