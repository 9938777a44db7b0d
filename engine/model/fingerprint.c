/* fingerprint.c - one number for "predicts the same": 64-bit FNV-1a over a canonical stream of everything
 * that decides a prediction, finished with a mixer so that all bits depend on all bytes.
 *
 * Integers enter as 8 little-endian bytes, doubles as their bits (every NaN as one), texts with their length
 * in front. Paths, threads, clocks, blobs, gains and counts do not enter. The stream is part of the file
 * format: a file's fingerprint is compared when it is read. */
#include <math.h>
#include <string.h>

#include "model/model.h"

static void mix_bytes(uint64_t *hash, const void *data, size_t length) {
  const unsigned char *bytes = data;
  for (size_t i = 0; i < length; i++) *hash = (*hash ^ bytes[i]) * 0x100000001B3u;
}

static void mix_integer(uint64_t *hash, uint64_t value) {
  for (int shift = 0; shift < 64; shift += 8) *hash = (*hash ^ (value >> shift & 0xFF)) * 0x100000001B3u;
}

static void mix_double(uint64_t *hash, double value) {
  uint64_t bits = 0x7FF8000000000000u;
  if (!isnan(value)) memcpy(&bits, &value, sizeof bits);
  mix_integer(hash, bits);
}

static void mix_text(uint64_t *hash, const char *text) {
  size_t length = strlen(text);
  mix_integer(hash, length);
  mix_bytes(hash, text, length);
}

static void mix_linear(uint64_t *hash, const struct leaf_models *linear) {
  mix_text(hash, "linear");
  for (int i = 0; i < linear->n_leaves; i++) {
    mix_double(hash, linear->constant[i]);
    mix_integer(hash, linear->begin[i + 1] - linear->begin[i]);
    for (size_t k = linear->begin[i]; k < linear->begin[i + 1]; k++) {
      mix_integer(hash, (uint64_t)linear->feature[k]);
      mix_double(hash, linear->coefficient[k]);
    }
  }
}

static void mix_tree(uint64_t *hash, const struct tree *tree) {
  mix_integer(hash, (uint64_t)tree->n_leaves);
  for (int i = 0; i < tree->n_leaves - 1; i++) {
    mix_integer(hash, (uint64_t)tree->split_feature[i]);
    mix_integer(hash, tree->decision_type[i]);
    mix_integer(hash, (uint64_t)tree->left_child[i]);
    mix_integer(hash, (uint64_t)tree->right_child[i]);
    if ((tree->decision_type[i] & DECISION_CATEGORICAL) == 0) {
      mix_double(hash, tree->threshold[i]);
      continue;
    }
    int set = (int)tree->threshold[i];
    uint32_t begin = tree->cat_boundaries[set], end = tree->cat_boundaries[set + 1];
    mix_integer(hash, end - begin);
    for (uint32_t w = begin; w < end; w++) mix_integer(hash, tree->cat_words[w]);
  }
  for (int i = 0; i < tree->n_leaves; i++) mix_double(hash, tree->leaf_value[i]);
  if (tree->linear != NULL) mix_linear(hash, tree->linear);
}

uint64_t model_fingerprint(const copse_model *model, int first, int last) {
  uint64_t hash = 0xCBF29CE484222325u;
  mix_integer(&hash, model->n_features);
  for (uint32_t f = 0; f < model->n_features; f++) mix_text(&hash, model->names[f]);
  if (model->encoder != NULL) {
    mix_text(&hash, "encoder");
    for (int i = 0; i < 2; i++) mix_integer(&hash, model->encoder->digest[i]);
  }
  mix_integer(&hash, (uint64_t)model->trees_per_round);
  mix_integer(&hash, model->average_output);
  mix_text(&hash, model->objective);
  mix_integer(&hash, (uint64_t)(last - first));
  for (int t = first * model->trees_per_round; t < last * model->trees_per_round; t++)
    mix_tree(&hash, &model->trees[t]);
  hash = (hash ^ hash >> 33) * 0xFF51AFD7ED558CCDu; /* finaliser of MurmurHash3 (Appleby, public domain) */
  hash = (hash ^ hash >> 33) * 0xC4CEB9FE1A85EC53u;
  return hash ^ hash >> 33;
}

uint64_t copse_model_fingerprint(const copse_model *model) {
  return model_fingerprint(model, 0, copse_model_n_rounds(model));
}
