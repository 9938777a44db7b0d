/* Broken model files: cut at every byte, and mutated at random with a fixed seed. Each gives a clean error or
 * a model that every later call can use; run under the sanitizers. */
#include <stdio.h>

#include "model/model.h"
#include "samples.h"

enum { CAPACITY = 8192, N_MUTATIONS = 6000 };

static int n_loaded, n_refused;

/* Everything a caller may do with a model that was accepted. */
static void use(copse_model *model) {
  uint32_t n_features = copse_model_n_features(model);
  assert_in_range(n_features, 1, 1000);
  double row[1000], importance[1000], out[64];
  const double extremes[] = {NAN, INFINITY, -INFINITY, 0, -1, 1e-35, 2147483647, 4294967296.0, 33, 70, 0.5};
  for (int kind = COPSE_PREDICT_VALUE; kind <= COPSE_PREDICT_LEAF; kind++) {
    copse_predictor *predictor = sample_predictor(model, (copse_predict_kind)kind, 0, 0);
    assert_in_range(copse_predictor_width(predictor), 0, 64);
    for (size_t shift = 0; shift < 11; shift++) {
      for (uint32_t f = 0; f < n_features; f++) row[f] = extremes[(f + shift) % 11];
      copse_predictor_row(predictor, row, out);
    }
    copse_predictor_free(predictor);
  }
  copse_model_importance(model, true, importance);
  int32_t codes[CAPACITY];
  for (uint32_t f = 0; f < n_features; f++) {
    assert_in_range(copse_model_categories(model, f, NULL), 0, CAPACITY);
    copse_model_categories(model, f, codes);
  }
  copse_node node;
  for (int t = 0; t < copse_model_n_trees(model); t++)
    for (int i = -copse_model_tree_n_leaves(model, t); i < copse_model_tree_n_leaves(model, t) - 1; i++)
      assert_true(copse_model_tree_node(model, t, i, &node));
  copse_text text = sample_write(model, 0, 0);
  copse_model *again = sample_parse(NULL, text.data, text.length);
  assert_int_equal(copse_model_fingerprint(again), copse_model_fingerprint(model));
  copse_model_free(again);
  copse_text_release(&text);
}

static void try_text(const char *text, size_t length) {
  copse_model *model = NULL;
  copse_error err = {COPSE_OK, ""};
  /* An exact copy on the heap: a read behind the end is seen by the sanitizer. */
  char *exact = copse_alloc(NULL, length, 1);
  memcpy(exact, text, length);
  copse_status status = copse_model_parse(NULL, exact, length, "m.txt", &model, &err);
  copse_free(exact);
  if (status == COPSE_OK) {
    n_loaded++;
    use(model);
    copse_model_free(model);
    return;
  }
  n_refused++;
  assert_null(model);
  assert_true(status == COPSE_ERR_FORMAT || status == COPSE_ERR_UNSUPPORTED);
  assert_memory_equal(err.message, "m.txt:", 6);
  for (const char *c = err.message; *c != '\0'; c++) assert_true((unsigned char)*c >= 0x20);
}

static void cut_text(const char *text) {
  size_t end_of_trees = (size_t)(strstr(text, "end of trees") - text) + strlen("end of trees");
  n_loaded = n_refused = 0;
  for (size_t length = 0; length <= strlen(text); length++) {
    int before = n_loaded;
    try_text(text, length);
    if (length < end_of_trees) assert_int_equal(n_loaded, before); /* never fewer trees in silence */
  }
  assert_true(n_loaded > 30);
}

static void cut_at_every_byte(void **state) {
  (void)state;
  cut_text(SAMPLE);
  cut_text(SAMPLE_LINEAR);
}

static size_t splice(char *text, size_t length, size_t at, size_t removed, const char *fresh,
                     size_t n_fresh) {
  if (at + removed > length) removed = length - at;
  if (length - removed + n_fresh > CAPACITY) return length;
  memmove(text + at + n_fresh, text + at + removed, length - at - removed);
  memcpy(text + at, fresh, n_fresh);
  return length - removed + n_fresh;
}

static size_t line_length(const char *text, size_t length, size_t at) {
  const char *end = memchr(text + at, '\n', length - at);
  return end != NULL ? (size_t)(end - text) - at + 1 : length - at;
}

/* Start of the line that holds `at`. */
static size_t line_start(const char *text, size_t at) {
  while (at > 0 && text[at - 1] != '\n') at--;
  return at;
}

static size_t mutate(char *text, size_t length, uint64_t *seed) {
  static const char *const numbers[] = {
      "-1",    "0",   "1",    "2", "3", "2147483647", "-2147483648", "4294967295", "99999999999999999999",
      "1e999", "nan", "-nan", "",  " ", "x",          "0.5",         "12"};
  size_t at = sample_random(seed) % length;
  char byte = (char)sample_random(seed);
  size_t start = line_start(text, at), n = line_length(text, length, start);
  char line[CAPACITY];
  switch (sample_random(seed) % 7) {
    case 0: return splice(text, length, at, 1, &byte, 1);
    case 1: return splice(text, length, at, sample_random(seed) % 20, "", 0);
    case 2: return splice(text, length, start, n, "", 0); /* a line lost */
    case 3:                                               /* a line doubled somewhere */
      memcpy(line, text + start, n);
      return splice(text, length, line_start(text, sample_random(seed) % length), 0, line, n);
    case 4:
      byte = "0123456789-. =\n\r%"[sample_random(seed) % 17];
      return splice(text, length, at, 1, &byte, 1);
    default: { /* a number replaced */
      size_t end = at;
      while (at > start && text[at - 1] != '=' && text[at - 1] != ' ') at--;
      while (end < start + n && text[end] != ' ' && text[end] != '\n') end++;
      const char *fresh = numbers[sample_random(seed) % (sizeof numbers / sizeof numbers[0])];
      return splice(text, length, at, end - at, fresh, strlen(fresh));
    }
  }
}

static void mutate_text(const char *sample) {
  uint64_t seed = 20240611;
  char text[CAPACITY];
  copse_model *model = sample_model(sample);
  assert_int_equal(copse_model_set_blob(model, "note", "a%b=c\n", 6, NULL), COPSE_OK);
  copse_text written = sample_write(model, 0, 0);
  n_loaded = n_refused = 0;
  for (int i = 0; i < N_MUTATIONS; i++) {
    /* Mostly without the fingerprint, which would refuse a changed tree before anything else sees it. */
    bool with_fingerprint = i % 8 == 0;
    size_t length = with_fingerprint ? written.length : strlen(sample);
    memcpy(text, with_fingerprint ? written.data : sample, length);
    for (uint32_t n = sample_random(&seed) % 3 + 1; n > 0 && length > 0; n--)
      length = mutate(text, length, &seed);
    try_text(text, length);
  }
  copse_text_release(&written);
  copse_model_free(model);
  /* Both ends of the test are alive. */
  assert_in_range(n_loaded, N_MUTATIONS / 20, N_MUTATIONS);
  assert_in_range(n_refused, N_MUTATIONS / 4, N_MUTATIONS);
  printf("%d mutations: %d loaded, %d refused\n", N_MUTATIONS, n_loaded, n_refused);
}

static void mutated_at_random(void **state) {
  (void)state;
  mutate_text(SAMPLE);
}

static void linear_leaves_mutated_at_random(void **state) {
  (void)state;
  mutate_text(SAMPLE_LINEAR);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cut_at_every_byte),
      cmocka_unit_test(mutated_at_random),
      cmocka_unit_test(linear_leaves_mutated_at_random),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
