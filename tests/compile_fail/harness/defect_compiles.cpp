// this never appears
int main() {}
