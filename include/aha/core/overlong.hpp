#pragma once

namespace aha {

/// What becomes of a prompt or an example with more tokens than there is room for.
enum class overlong {
    refuse,  ///< an error that names its file and line, before anything is trained
    drop,    ///< left out, and counted
    cut      ///< shortened, and counted: a prompt loses its beginning, an example its end
};

}  // namespace aha
