// the sentence that is expected
#ifdef AHA_DEFECT
static_assert(sizeof(int) == 1, "another sentence");
#endif
