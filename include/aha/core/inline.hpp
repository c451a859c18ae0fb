#pragma once

// AHA_INLINE stands before each definition in an .ipp file: `inline` where headers hold everything, and nothing where
// the definitions are compiled once, into `aha::compiled`. No class and no signature depends on which it is.
#if defined(AHA_COMPILED)
#define AHA_INLINE
#else
#define AHA_INLINE inline
#endif
