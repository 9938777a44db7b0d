# find_package(copse) gives the targets copse::copse (shared) and copse::copse_static.
include("${CMAKE_CURRENT_LIST_DIR}/copse-targets.cmake")
