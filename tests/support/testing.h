/* testing.h - CMocka with the headers it wants, in the order it wants them. */
#ifndef COPSE_TESTS_TESTING_H
#define COPSE_TESTS_TESTING_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#endif
