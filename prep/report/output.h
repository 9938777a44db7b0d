/* output.h - the table of outputs. */
#ifndef COPSE_REPORT_OUTPUT_H
#define COPSE_REPORT_OUTPUT_H

#include "profile/profile.h"

void output_text(const copse_profile *profile, copse_text *out);
void output_html(const copse_profile *profile, copse_text *out);
void output_json(const copse_profile *profile, copse_text *out);

#endif
