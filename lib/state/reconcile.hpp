#pragma once

#include <vector>

#include "model/notice.hpp"
#include "state/sqlite.hpp"

namespace nodeportd {

// Makes what the tables say of each other true again where damaged bytes went through every check
// of a page: an outbox entry names the revision that it points to, or it goes and a notice tells
// (else its sink would be sent it for ever); usage is counted anew. A disk that is full leaves all
// as it is.
[[nodiscard]] std::vector<Notice> reconcile(Database& database);

}  // namespace nodeportd
