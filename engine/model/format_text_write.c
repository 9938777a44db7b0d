/* format_text_write.c - LightGBM's text model, version 4, written byte for byte as LightGBM writes it.
 *
 * What Copse knows beyond that format stands in header lines that LightGBM skips: copse_config (the effective
 * configuration), copse_best_round, copse_fingerprint (of the trees in this file), copse_encoder (the tables
 * of cat_encoding=ordered), copse_dart (what dart needs to go on: unit or one per output, starting scores, a
 * weight per round; only where all rounds are written) and copse_blob_<key>. Texts are percent-encoded,
 * because LightGBM refuses a header line with a second '='. Only the importances and the three %g arrays of a
 * tree (gains, node values and weights) lose digits: none of them predicts. */
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "model/format_text.h"
#include "model/model.h"

static copse_status check_names(const copse_model *model, copse_error *err) {
  for (uint32_t f = 0; f < model->n_features; f++) {
    const char *name = model->names[f];
    if (name[0] == '\0' || strpbrk(name, " \t\r\n") != NULL)
      return status_set(
          err, COPSE_ERR_ARGUMENT,
          "feature %u: expected a name without blanks and line ends, found \"%.80s\" (the model "
          "file separates names by blanks; rename the column)",
          (unsigned)f, name);
  }
  return COPSE_OK;
}

static void write_list(const char *key, char *const *words, uint32_t n, copse_text *out) {
  copse_text_appendf(out, "%s=", key);
  for (uint32_t i = 0; i < n; i++) {
    if (i > 0) copse_text_append(out, " ", 1);
    copse_text_append(out, words[i], strlen(words[i]));
  }
  copse_text_append(out, "\n", 1);
}

static void write_header(const copse_model *model, copse_text *out) {
  copse_text_appendf(out, "tree\nversion=v4\nnum_class=%d\nnum_tree_per_iteration=%d\n", model->n_class,
                     model->trees_per_round);
  copse_text_appendf(out, "label_index=%d\nmax_feature_idx=%lld\n", model->label_index,
                     (long long)model->n_features - 1);
  if (model->objective[0] != '\0') copse_text_appendf(out, "objective=%s\n", model->objective);
  if (model->average_output) copse_text_appendf(out, "average_output\n");
  write_list("feature_names", model->names, model->n_features, out);
  if (model->monotone_constraints[0] != '\0')
    copse_text_appendf(out, "monotone_constraints=%s\n", model->monotone_constraints);
  write_list("feature_infos", model->infos, model->n_features, out);
}

static void write_dart(const copse_model *model, int n_rounds, copse_text *out) {
  bool apart = false;
  for (int k = 1; k < model->trees_per_round; k++) apart |= model->dart_unit[k] != model->dart_unit[0];
  copse_text_appendf(out, "copse_dart=");
  copse_text_append_double(out, model->dart_unit[0]);
  for (int k = 1; k < model->trees_per_round && apart; k++) {
    copse_text_append(out, " ", 1);
    copse_text_append_double(out, model->dart_unit[k]);
  }
  for (int k = 0; k < model->trees_per_round; k++) {
    copse_text_append(out, " ", 1);
    copse_text_append_double(out, model->dart_start[k]);
  }
  for (int r = 0; r < n_rounds; r++) {
    copse_text_append(out, " ", 1);
    copse_text_append_double(out, model->dart_weight[r]);
  }
  copse_text_append(out, "\n", 1);
}

static void write_position_bias(const copse_model *model, copse_text *out) {
  copse_text_appendf(out, "copse_position_bias=");
  for (size_t p = 0; p < model->n_position_biases; p++) {
    if (p > 0) copse_text_append(out, " ", 1);
    copse_text_append_double(out, model->position_bias[p]);
  }
  copse_text_append(out, "\n", 1);
}

/* To LightGBM the derived columns are features like others: it refuses rows without them by their number. */
static copse_status write_encoder(const copse_model *model, copse_text *out, copse_error *err) {
  if (model->encoder == NULL) return COPSE_OK;
  copse_text_appendf(out, "copse_encoder=");
  copse_status status = copse_encoder_write(model->encoder, out, err);
  copse_text_append(out, "\n", 1);
  return status;
}

static void write_own_keys(const copse_model *model, int first, int last, copse_text *out) {
  if (model->config[0] != '\0') {
    copse_text_appendf(out, "copse_config=");
    percent_encode(model->config, strlen(model->config), out);
    copse_text_append(out, "\n", 1);
  }
  if (model->best_round > 0) copse_text_appendf(out, "copse_best_round=%d\n", model->best_round);
  bool whole = first == 0 && last == copse_model_n_rounds(model);
  if (model->dart_weight != NULL && whole) write_dart(model, last, out);
  if (model->position_bias != NULL && whole) write_position_bias(model, out);
  copse_text_appendf(out, "copse_fingerprint=%016llx\n",
                     (unsigned long long)model_fingerprint(model, first, last));
  for (size_t i = 0; i < model->n_blobs; i++) {
    copse_text_appendf(out, "copse_blob_%s=", model->blobs[i].key);
    percent_encode(model->blobs[i].data, model->blobs[i].length, out);
    copse_text_append(out, "\n", 1);
  }
}

/* tree_sizes stands in front of the trees it counts the bytes of. */
static copse_status write_trees(const copse_model *model, int first, int last, copse_text *out,
                                copse_error *err) {
  copse_text trees = {.ctx = model->ctx};
  int begin = first * model->trees_per_round, end = last * model->trees_per_round;
  copse_text_appendf(out, "tree_sizes=");
  for (int t = begin; t < end; t++) {
    size_t before = trees.length;
    text_write_tree(&model->trees[t], t - begin, &trees);
    copse_text_appendf(out, t == begin ? "%zu" : " %zu", trees.length - before);
  }
  copse_text_append(out, "\n\n", 2);
  if (trees.length > 0) copse_text_append(out, trees.data, trees.length);
  copse_text_appendf(out, "end of trees\n");
  bool failed = trees.failed;
  copse_text_release(&trees);
  return failed ? status_memory(err, "the text of a model's trees") : COPSE_OK;
}

struct ranked {
  uint64_t count;
  uint32_t feature;
};

static int by_count(const void *left, const void *right) {
  const struct ranked *a = left, *b = right;
  if (a->count != b->count) return a->count > b->count ? -1 : 1;
  return a->feature < b->feature ? -1 : a->feature > b->feature;
}

/* Numbers of splits, or where the training asked for them (saved_feature_importance_type=1) sums of gains. */
static copse_status write_importances(const copse_model *model, int first, int last, copse_text *out,
                                      copse_error *err) {
  static const double most = 0x1p63;
  bool gain = strstr(model->parameters, "[saved_feature_importance_type: 1]") != NULL;
  copse_status status = COPSE_OK;
  double *counts = copse_alloc(model->ctx, model->n_features, sizeof *counts);
  struct ranked *ranked = copse_alloc(model->ctx, model->n_features, sizeof *ranked);
  if (counts == NULL || ranked == NULL) {
    status = status_memory(err, "a model's feature importances");
    goto done;
  }
  model_importance(model, first, last, gain, counts);
  size_t n = 0;
  for (uint32_t f = 0; f < model->n_features; f++)
    if (counts[f] >= 1) ranked[n++] = (struct ranked){(uint64_t)(counts[f] < most ? counts[f] : most), f};
  qsort(ranked, n, sizeof *ranked, by_count);
  copse_text_appendf(out, "\nfeature_importances:\n");
  for (size_t i = 0; i < n; i++)
    copse_text_appendf(out, "%s=%llu\n", model->names[ranked[i].feature],
                       (unsigned long long)ranked[i].count);
done:
  copse_free(counts);
  copse_free(ranked);
  return status;
}

copse_status text_write_model(const copse_model *model, int first, int last, copse_text *out,
                              copse_error *err) {
  copse_status status = check_names(model, err);
  if (status != COPSE_OK) return status;
  write_header(model, out);
  write_own_keys(model, first, last, out);
  if ((status = write_encoder(model, out, err)) != COPSE_OK) return status;
  if ((status = write_trees(model, first, last, out, err)) != COPSE_OK) return status;
  if ((status = write_importances(model, first, last, out, err)) != COPSE_OK) return status;
  if (model->parameters[0] != '\0')
    copse_text_appendf(out, "\nparameters:\n%s\nend of parameters\n", model->parameters);
  if (model->pandas_categorical[0] != '\0')
    copse_text_appendf(out, "\npandas_categorical:%s\n", model->pandas_categorical);
  return out->failed ? status_memory(err, "the text of a model") : COPSE_OK;
}
