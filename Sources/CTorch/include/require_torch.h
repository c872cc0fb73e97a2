// Included before everything else in every file that needs libtorch.
#pragma once

#if !__has_include(<ATen/ATen.h>)
#error "libtorch is not found: unpack it with scripts/setup.sh --to DIR, a script of Couplet, and set COUPLET_TORCH=DIR"
#endif
