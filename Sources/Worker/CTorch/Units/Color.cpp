// One unit of compilation: the headers of libtorch take ten seconds, for every unit anew.

#include "../Color/Alpha.cpp"
#include "../Color/Chroma.cpp"
#include "../Color/Color.cpp"
#include "../Color/Dither.cpp"
#include "../Color/Finishing.cpp"
#include "../Color/FromRGB.cpp"
#include "../Color/FromRGBByKernels.cpp"
#include "../Color/Means.cpp"
#include "../Color/Planes.cpp"
#include "../Color/Resampler.cpp"
#include "../Color/ToRGB.cpp"
