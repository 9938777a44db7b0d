/* class.c - labels that are classes: which class a label names, how much weight each has, and one class
 * against the rest as objective=binary and multiclassova see it. */
#include "base/status.h"
#include "kernels/kernel_math.h"
#include "objective/rows.h"

int class_of_label(float label, int n) {
  if (!(label >= 0 && label < (float)n)) return -1;
  int k = (int)label;
  return (float)k == label ? k : -1;
}

copse_status classes_check(const struct objective *objective, copse_error *err) {
  int n = objective->params.n_outputs;
  for (uint64_t i = 0; i < objective->data.n_rows; i++) {
    float label = objective->data.label[i];
    if (class_of_label(label, n) >= 0) continue;
    return status_set(err, COPSE_ERR_DATA,
                      "row %llu: label %.9g: objective=%s with num_class=%d takes the labels 0 to %d, whole "
                      "numbers (recode the label, or set num_class)",
                      (unsigned long long)i + 1, status_float(label), objective->row->name, n, n - 1);
  }
  return COPSE_OK;
}

copse_status classes_create(copse_context *ctx, struct objective *objective, copse_error *err) {
  int n = objective->params.n_outputs;
  objective->classes = copse_alloc_zero(ctx, (size_t)n, sizeof *objective->classes);
  if (objective->classes == NULL) return status_memory(err, "the classes of the objective");
  for (int k = 0; k < n; k++) objective->classes[k].weight[0] = objective->classes[k].weight[1] = 1;
  return COPSE_OK;
}

void classes_count(struct objective *objective) {
  const float *label = objective->data.label, *weight = objective->data.weight;
  struct objective_class *classes = objective->classes;
  double total = 0;
  for (uint64_t i = 0; i < objective->data.n_rows; i++) {
    double w = weight != NULL ? (double)weight[i] : 1.0;
    classes[(int)label[i]].n_positive++;
    classes[(int)label[i]].share += w;
    total += w;
  }
  for (int k = 0; k < objective->params.n_outputs; k++) classes[k].share /= total;
}

bool class_trainable(const struct objective *objective, int output) {
  uint64_t n = objective->classes[output].n_positive;
  return n > 0 && n < objective->data.n_rows;
}

void classes_weigh(struct objective *objective) {
  for (int k = 0; k < objective->params.n_outputs; k++) {
    struct objective_class *class = &objective->classes[k];
    double positive = (double)class->n_positive;
    double negative = (double)(objective->data.n_rows - class->n_positive);
    if (objective->params.is_unbalance && class_trainable(objective, k)) {
      if (positive > negative)
        class->weight[0] = positive / negative;
      else
        class->weight[1] = negative / positive;
    }
    class->weight[1] *= objective->params.scale_pos_weight;
  }
}

double class_start(const struct objective *objective, int output) {
  const double tiny = 1.0000000036274937e-15; /* float32(1e-15) */
  double share = objective->classes[output].share;
  if (share > 1.0 - tiny) share = 1.0 - tiny;
  if (share < tiny) share = tiny;
  return kernel_log(share / (1.0 - share)) / objective->params.sigmoid;
}
