#pragma once

/// AHA_KERNELS_NAMESPACE is the inline namespace of what is something else in a unit that links `aha::cuda`: it stands
/// in the names that the linker sees, and nowhere else. A unit with the kernels and one without then have two of each,
/// which do not mix: one that hands a decoder to the other does not link.
#if defined(AHA_KERNELS)
#define AHA_KERNELS_NAMESPACE with_kernels
#else
#define AHA_KERNELS_NAMESPACE without_kernels
#endif
