// One unit of compilation: the headers of libtorch take ten seconds, for every unit anew.

#include "../Blend/Blend.cpp"
#include "../Blend/BlendByKernels.cpp"
#include "../Blend/Bounds.cpp"
#include "../Blend/Flow.cpp"
#include "../Blend/Kernels.cpp"
#include "../Blend/Line.cpp"
#include "../Blend/Mismatch.cpp"
#include "../Blend/Mixing.cpp"
#include "../Blend/Scenes.cpp"
