#include "bench/line_template.hpp"

namespace nodeportd::test {

LineTemplate::LineTemplate(std::string line) : line_(std::move(line)) {
  for (const Field field : {&LineFields::audit_id, &LineFields::received, &LineFields::stage_time,
                            &LineFields::version, &LineFields::name}) {
    const std::string_view marker = kMarkers.*field;
    for (std::size_t at = line_.find(marker); at != std::string::npos;
         at = line_.find(marker, at + marker.size())) {
      places_.emplace_back(at, field);
    }
  }
}

void LineTemplate::append_to(std::string& out, const LineFields& fields) const {
  const std::size_t begin = out.size();
  out += line_;
  for (const auto& [at, field] : places_) {
    const std::string_view text = fields.*field;
    text.copy(out.data() + begin + at, text.size());
  }
}

}  // namespace nodeportd::test
