#pragma once

namespace aha {

/// Gives what `work()` gives. If it throws, `undo()` puts back what it had changed, and the exception goes on; what
/// `undo` itself throws is dropped, for the first exception is the one that says what happened.
template <class Work, class Undo>
auto all_or_nothing(const Work& work, const Undo& undo) {
    try {
        return work();
    } catch (...) {
        try {
            undo();
        } catch (...) {  // the first one goes on
        }
        throw;
    }
}

}  // namespace aha
