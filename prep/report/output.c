/* output.c - the table of outputs. How to add one: a function in a file of its own, a row here, a value of
 * copse_profile_format, its name in cli/cmd_profile.c. */
#include "report/output.h"

static void (*const outputs[])(const copse_profile *profile, copse_text *out) = {
    [COPSE_PROFILE_TEXT] = output_text,
    [COPSE_PROFILE_HTML] = output_html,
    [COPSE_PROFILE_JSON] = output_json,
};

void copse_profile_write(const copse_profile *profile, copse_profile_format format, copse_text *out) {
  outputs[format](profile, out);
}
