// A user's program that relies on the precompiled header alone.
int main() { std::cout << "x is " << aha::last_integer("x = 0.5, or 5").value() << '\n'; }
