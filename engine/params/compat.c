/* compat.c - the one place that switches LightGBM's quirks on. compat=lightgbm asks for all of them as
 * version 4.6 has them, compat=lightgbm4.7 as that one has, leaf_counts=hessian for the estimated leaf counts
 * alone. */
#include "base/status.h"
#include "params/internal.h"
#include "params/meaning.h"

enum { LIGHTGBM_SAMPLE_ROWS = 200000 };

bool compat_asked(const copse_params *params) { return !slot_is(params, PARAM_compat, "none"); }

copse_status compat_resolve(const copse_params *params, struct resolution *resolution, copse_error *err) {
  bool lightgbm = compat_asked(params);
  bool hessian_counts = slot_is(params, PARAM_leaf_counts, "hessian");
  if (lightgbm && !hessian_counts && slot_given(params, PARAM_leaf_counts))
    return status_set(err, COPSE_ERR_ARGUMENT,
                      "%sleaf_counts=exact conflicts with compat=%s, which estimates leaf counts from "
                      "hessians: leave one of them out",
                      slot_place(params, PARAM_leaf_counts), slot_text(params, PARAM_compat));
  bool quantised = slot_int(params, PARAM_use_quantized_grad);
  bool exact_packed = quantised && !hessian_counts && slot_given(params, PARAM_leaf_counts);
  /* The booster sees to it that there are no weights. */
  if (exact_packed && !meaning_has(params, TRAIT_UNIT_HESSIAN))
    return status_set(
        err, COPSE_ERR_ARGUMENT,
        "%sleaf_counts=exact conflicts with use_quantized_grad=true and objective=%s: packed histograms have "
        "room for counts only where all hessians are 1: leave one of them out",
        slot_place(params, PARAM_leaf_counts), slot_text(params, PARAM_objective));
  resolution->out.grow.quant.exact_counts = exact_packed;
  struct compat_params *compat = &resolution->out.grow.compat;
  compat->hessian_counts = lightgbm || hessian_counts || quantised;
  compat->inherit_unsplittable = lightgbm;
  compat->split_on_rounding = lightgbm;
  compat->double_sums = lightgbm;
  compat->forward_skips_bin0 = lightgbm;
  compat->keep_limits = lightgbm;
  compat->linear_counts = lightgbm;
  compat->forcing_ends = lightgbm;
  compat->keep_all_rounds = lightgbm;
  resolution->out.objective.percentile = slot_is(params, PARAM_compat, "lightgbm4.7") ? PERCENTILE_LIGHTGBM47
                                         : lightgbm                                   ? PERCENTILE_LIGHTGBM46
                                                                                      : PERCENTILE_BETWEEN;
  resolution->out.objective.rank.lightgbm_math = lightgbm;
  resolution->out.sample.lightgbm_draws = lightgbm;
  resolution->out.metric.plain_empty_queries = lightgbm;
  resolution->out.objective.gamma_takes_zero = lightgbm;
  resolution->out.objective.mape_first_hessian = lightgbm;
  resolution->out.boost.keep_all_rounds = lightgbm;
  bool sampled = slot_text(params, PARAM_bin_construct_sample_cnt)[0] != '\0';
  resolution->out.bin.sample_count = sampled ? slot_int(params, PARAM_bin_construct_sample_cnt) : 0;
  if (lightgbm || (quantised && !exact_packed)) derive_choice(resolution, PARAM_leaf_counts, "hessian");
  if (lightgbm) {
    if (!sampled) {
      resolution->out.bin.sample_count = LIGHTGBM_SAMPLE_ROWS;
      derive_int(resolution, PARAM_bin_construct_sample_cnt, LIGHTGBM_SAMPLE_ROWS);
    }
  }
  return COPSE_OK;
}
