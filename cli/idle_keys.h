/* idle_keys.h - keys that were given and change nothing beside the others. */
#ifndef COPSE_CLI_IDLE_KEYS_H
#define COPSE_CLI_IDLE_KEYS_H

#include "copse.h"

/* A warning for each, with what would make it count. */
void warn_idle_keys(const copse_params *params, bool has_validation);

#endif
