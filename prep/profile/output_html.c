#include "profile/output.h"
void output_html(const copse_profile *profile, copse_text *out) { output_json(profile, out); }
