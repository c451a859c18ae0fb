// the sentence that is expected
static_assert(sizeof(int) == 1, "the sentence that is expected");
