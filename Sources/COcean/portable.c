// Drifters' paths for any processor: vectors of 16 bytes, which clang maps to what there is.
#include "kernel.h"

#define LANES 2
#include "lanes.h"

const Kernel kernel_portable = {LANES, integrate};
