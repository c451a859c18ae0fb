// the sentence that is expected
#ifdef AHA_DEFECT
static_assert(sizeof(int) == 1, "another sentence");
static_assert(sizeof(int) == 1, "the sentence that is expected");
#endif
