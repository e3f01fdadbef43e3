#pragma once
#include <stdint.h>
#include <x265.h>

// x265_api_get is a macro that carries the library's build number; Swift cannot import it.
static inline const x265_api *x265_shim_api(int bit_depth) { return x265_api_get(bit_depth); }
