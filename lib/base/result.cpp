#include "base/result.hpp"

#include <cerrno>
#include <system_error>

namespace nodeportd {

tl::unexpected<Error> fail_errno(int error_number, const std::string& text) {
  ErrorKind kind = ErrorKind::io;
  if (error_number == ENOENT) kind = ErrorKind::not_found;
  if (error_number == ENOSPC || error_number == EDQUOT) kind = ErrorKind::full;
  return fail(kind, text + ": " + std::generic_category().message(error_number));
}

}  // namespace nodeportd
