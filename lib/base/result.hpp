#pragma once

// Errors as values. This header is the only one that names tl::expected: g++ 12 has no
// std::expected in C++20, so we use the subset that both share and can swap it here one day
// (docs/adr/0001-error-type.md).

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace nodeportd {

enum class ErrorKind {
  not_found,  // the thing named is not there (yet)
  io,         // the kernel said no: errno text is in `text`
  malformed,  // bytes that are not what they should be
  config,     // what an operator wrote cannot be honoured
  full,       // no space left, or a bound of ours is reached
  remote,     // a peer refused or could not be reached
  closed,     // the other side is gone, or we are stopping
};

struct Error {
  ErrorKind kind = ErrorKind::io;
  std::string text;  // one line, for a human, with the name of the thing it is about
};

// E is another type only where the caller must tell a few causes apart (decode/audit_decoder.hpp).
template <typename T, typename E = Error>
using Result = tl::expected<T, E>;

// Makes the error alternative of any Result.
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorKind kind, std::string text) {
  return tl::unexpected<Error>(Error{kind, std::move(text)});
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}
template <typename E>
[[nodiscard]] tl::unexpected<E> fail(E cause) {
  return tl::unexpected<E>(std::move(cause));
}
// The same with ": " and the text of `error_number` (an errno value) appended.
[[nodiscard]] tl::unexpected<Error> fail_errno(int error_number, const std::string& text);

}  // namespace nodeportd
