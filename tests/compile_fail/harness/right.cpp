// the sentence that is expected
template <class T>
struct user {
    static_assert(sizeof(T) == 1, "the sentence that is expected");
};
#ifdef AHA_DEFECT
user<int> u;
#else
user<char> u;
#endif
