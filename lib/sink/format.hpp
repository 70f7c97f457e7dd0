#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/alert.hpp"

namespace nodeportd {

[[nodiscard]] std::string_view to_text(Phase phase);

// The alert as one JSON object on one line, without the newline: valid UTF-8 whatever the audit log
// held, and nothing in it that a terminal would act on. Equal alerts give equal bytes. It begins
// with alert_id, epoch and revision, in this order: a file sink finds its lines again by them.
[[nodiscard]] std::string to_json(const Alert& alert);

// The idempotency key of a whole line that to_json() wrote; nullopt for anything else, and for an
// alert that was sent while the state could not be written: its revision may come again with other
// figures, so it stands for no delivery.
[[nodiscard]] std::optional<std::string> delivered_key(std::string_view line);

// The facts of a service write in words: `applied web/shop NodePort 31000/TCP, succeeded`. A
// stranger's text, not made printable.
[[nodiscard]] std::string to_words(const Exposure& exposure);

// The alert for a person, on one line of at most 1 KiB of printable text.
[[nodiscard]] std::string to_line(const Alert& alert);

}  // namespace nodeportd
