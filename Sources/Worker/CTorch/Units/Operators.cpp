// One unit of compilation: the headers of libtorch take ten seconds, for every unit anew.

#include "../Network/DenseConvolution.cpp"
#include "../Network/DeviceConvolution.cpp"
#include "../Network/FusedConvolution.cpp"
#include "../Network/Shuffle.cpp"
