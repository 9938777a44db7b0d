/* word.h - invented names for cities and levels. */
#ifndef DATASETS_WORD_H
#define DATASETS_WORD_H

#include <stdint.h>

enum { WORD_CAPACITY = 24 };

/* Four syllables, lower case, that spell the number: every number has its own. */
void invented_word(uint32_t number, char word[WORD_CAPACITY]);

#endif
