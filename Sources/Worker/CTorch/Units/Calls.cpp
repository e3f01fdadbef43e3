// One unit of compilation: the headers of libtorch take ten seconds, for every unit anew.

#include "../Errors.cpp"
#include "../RememberedTrials.cpp"
#include "../Rows.cpp"
#include "../Surroundings.cpp"
#include "../Upscaler.cpp"
#include "../UpscalerCalls.cpp"
