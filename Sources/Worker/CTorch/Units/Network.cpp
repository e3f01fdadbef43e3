// One unit of compilation: the headers of libtorch take ten seconds, for every unit anew.

#include "../Network/Concatenation.cpp"
#include "../Network/DevicePacking.cpp"
#include "../Network/DeviceReplacement.cpp"
#include "../Network/Model.cpp"
#include "../Network/Reel.cpp"
#include "../Network/Replacement.cpp"
#include "../Network/Residual.cpp"
#include "../Network/ShuffleReplacement.cpp"
#include "../Network/Timing.cpp"
#include "../Network/Trial.cpp"
