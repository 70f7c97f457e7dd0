#include "decode/reject.hpp"

namespace nodeportd {

std::string_view to_text(Reject reject) {
  switch (reject) {
    case Reject::not_json:
      return "not_json";
    case Reject::torn:
      return "torn";
    case Reject::not_an_object:
      return "not_an_object";
    case Reject::too_deep:
      return "too_deep";
    case Reject::too_large:
      return "too_large";
    case Reject::oversize:
      return "oversize";
    case Reject::cut:
      return "cut";
    case Reject::packed:
      return "packed";
    case Reject::legacy_format:
      return "legacy_format";
  }
  return "unknown";
}

}  // namespace nodeportd
