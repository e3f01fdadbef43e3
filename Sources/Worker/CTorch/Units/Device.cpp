// One unit of compilation: the headers of libtorch take ten seconds, for every unit anew.

#include "../Device/Device.cpp"
#include "../Device/DeviceFinishing.cpp"
#include "../Device/DeviceKernels.cpp"
#include "../Device/Driver.cpp"
#include "../Device/Flights.cpp"
#include "../Device/Pictures.cpp"
#include "../Device/Pinned.cpp"
#include "../Device/Trace.cpp"
#include "../Device/Transfers.cpp"
