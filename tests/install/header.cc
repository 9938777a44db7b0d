// header.cc - the header is C++ as well.
#include <copse.h>

#include <cstdio>
#include <memory>

struct FreeParams {
  void operator()(copse_params *params) const { copse_params_free(params); }
};

int main() {
  copse_params *created = nullptr;
  copse_error error;
  if (copse_params_create(nullptr, &created, &error) != COPSE_OK) return 1;
  std::unique_ptr<copse_params, FreeParams> params(created);
  if (copse_params_set(params.get(), "num_leavs", "5", COPSE_SOURCE_COMMAND, &error) != COPSE_ERR_ARGUMENT)
    return 1;
  std::printf("%s: %s\n", copse_version(), error.message);
  return copse_params_get_int(params.get(), "num_leaves") == 31 ? 0 : 1;
}
