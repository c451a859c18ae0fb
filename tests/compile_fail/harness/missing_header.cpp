// the sentence that is expected
#ifdef AHA_DEFECT
#include "the sentence that is expected.hpp"
#endif
