// the sentence that is expected
#ifdef AHA_DEFECT
#warning the sentence that is expected
int main() { return undeclared; }
#endif
