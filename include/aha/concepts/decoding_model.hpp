#pragma once

#include <ATen/core/Tensor.h>
#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include <aha/concepts/language_model.hpp>
#include <aha/concepts/result.hpp>
#include <aha/core/drawing.hpp>
#include <aha/core/token_id.hpp>

/// A decoding model is a language model that can be continued token by token, many completions side by side.
///
/// 1. It is a `language_model`.
/// 2. `session` is the type of a batch being decoded.
/// 3. `context() const` gives the most tokens that a prompt and its completion may have together;
/// `open_session(prompts,
///    copies) const` computes each prompt once and starts `copies` completions of it, those of the first prompt first.
///    The model outlives the session.
/// 4. The session's `rows() const` is the number B of completions still in the batch.
/// 5. Its `hidden() const` gives the hidden states that predict each completion's next token, [B, D] in the compute
///    type.
/// 6. Its `advance(ids)` appends one token to each of the B completions.
/// 7. Its `keep(rows)` drops all completions but those at the given ascending positions of the present batch, which
///    keep their order.
///
/// Not required: that a session can be copied or moved; that `keep` gives memory back; `admit(prompts, copies)`, which
/// starts completions of further prompts after the present rows: with it a sampler fills the places of those that
/// ended; `append(rows, texts)`, which makes the completions at `rows` go on after several tokens each while the others
/// stay as they are: with it an environment can speak.
namespace aha {

/// A session's `rows() const` gives an integer.
template <class S>
concept session_has_rows = requires(const S& s) {
    { s.rows() } -> detail::yields_integer;
};

/// A session's `hidden() const` gives a tensor.
template <class S>
concept session_has_hidden = requires(const S& s) {
    { s.hidden() } -> detail::yields<at::Tensor>;
};

/// A session's `advance(std::span<const token_id>)` can be called.
template <class S>
concept session_advances = requires(S& s, std::span<const token_id> ids) { s.advance(ids); };

/// A session's `keep(std::span<const std::int64_t>)` can be called.
template <class S>
concept session_keeps = requires(S& s, std::span<const std::int64_t> rows) { s.keep(rows); };

/// A session's `admit(std::span<const std::vector<token_id>>, std::int64_t)` can be called; not required.
template <class S>
concept session_admits =
    requires(S& s, std::span<const std::vector<token_id>> prompts, std::int64_t copies) { s.admit(prompts, copies); };

/// A session's `append(rows, texts)` can be called; not required.
template <class S>
concept session_appends = requires(S& s, std::span<const std::int64_t> rows,
                                   std::span<const std::vector<token_id>> texts) { s.append(rows, texts); };

/// The model can also open a session that draws tokens itself: `prefers_static_session() const` says whether that is
/// the faster way, `open_static_session(sampling_params, std::int64_t max_rows) const` opens it. Not required.
template <class T>
concept draws_tokens_itself = requires(const T& t, sampling_params rule) {
    { t.prefers_static_session() } -> detail::yields<bool>;
    t.open_static_session(rule, std::int64_t{});
};

/// A batch of completions being decoded.
template <class S>
concept decoding_session = session_has_rows<S> && session_has_hidden<S> && session_advances<S> && session_keeps<S>;

/// `session` is a type.
template <class T>
concept model_has_session = requires { typename T::session; };

/// `context() const` gives an integer.
template <class T>
concept model_has_context = requires(const T& t) {
    { t.context() } -> detail::yields_integer;
};

/// `open_session(...) const` gives a session.
template <class T>
concept model_opens_session =
    model_has_session<T> && requires(const T& t, std::span<const std::vector<token_id>> prompts, std::int64_t count) {
        { t.open_session(prompts, count) } -> std::same_as<typename T::session>;
    };

namespace detail {

/// The clauses above, of a model: true for one without a session, so that one mistake gives one sentence.
template <class T>
struct session_of {
    struct none {
        std::int64_t rows() const;
        at::Tensor hidden() const;
        void advance(std::span<const token_id>);
        void keep(std::span<const std::int64_t>);
    };
    using type = none;
};

template <model_has_session T>
struct session_of<T> {
    using type = typename T::session;
};

}  // namespace detail

/// What can be sampled from token by token.
template <class T>
concept decoding_model =
    language_model<T> && model_has_context<T> && model_opens_session<T> && decoding_session<typename T::session>;

/// True, or a compile-time error that says what to write.
template <class T>
consteval bool require_decoding_model() {
    static_assert(require_language_model<T>());
    using session = typename detail::session_of<T>::type;
    static_assert(model_has_context<T>,
                  "aha: a decoding model says how many tokens a prompt and its completion may have together; write: "
                  "std::int64_t context() const;");
    static_assert(model_has_session<T>,
                  "aha: a decoding model names the type of a batch being decoded; write: using session = my_session;");
    static_assert(!model_has_session<T> || model_opens_session<T>,
                  "aha: a decoding model starts `copies` completions of each prompt; write: session open_session("
                  "std::span<const std::vector<aha::token_id>> prompts, std::int64_t copies) const;");
    static_assert(session_has_rows<session>,
                  "aha: a decoding session counts its completions; write in it: std::int64_t rows() const;");
    static_assert(session_has_hidden<session>,
                  "aha: a decoding session gives the states that predict the next tokens [B, D]; write in it: "
                  "at::Tensor hidden() const;");
    static_assert(session_advances<session>,
                  "aha: a decoding session appends one token to each completion; write in it: "
                  "void advance(std::span<const aha::token_id> ids);");
    static_assert(session_keeps<session>,
                  "aha: a decoding session drops the completions that ended; write in it: "
                  "void keep(std::span<const std::int64_t> rows);");
    return true;
}

}  // namespace aha
