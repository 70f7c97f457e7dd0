// Messages for syslog: whatever an alert holds, one frame of RFC 5424 comes of it, which is
// printable UTF-8 within its bound and says which revision this is.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <map>
#include <string>

#include "base/text.hpp"
#include "fuzz/drawn.hpp"
#include "fuzz/hold.hpp"
#include "sink/syslog_format.hpp"

namespace nodeportd::fuzz {
namespace {

void check_text(std::string_view text) {
  while (!text.empty()) {
    const CodePoint front = decode_front(text);
    hold(front.size > 0, "a message is UTF-8");
    const bool is_control = front.value < 0x20 || (front.value >= 0x7F && front.value < 0xA0);
    hold(!is_control && !is_hidden(front.value), "a message is printable");
    text.remove_prefix(front.size);
  }
}

bool is_graphic(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

// Reads a message as RFC 5424 (6.) writes its grammar down.
class Frame {
 public:
  explicit Frame(std::string_view message) : rest_(message) {
    expect("<");
    priority = until('>');
    expect("1 ");
    for (std::string& field : header) {
      field = until(' ');
      hold(is_graphic(field), "a field of the header is graphic, and not empty");
    }
    expect("[");
    hold(take_name(" ]") == "nodeportd@32473", "the structured data has its id");
    while (!rest_.starts_with(']')) take_param();
    expect("]");
    hold(rest_.empty() || rest_.starts_with(' '), "a space is before the message");
  }

  std::string priority;
  std::array<std::string, 5> header;  // time, host, application, process, message id
  std::map<std::string, std::string> params;

 private:
  void expect(std::string_view word) {
    hold(rest_.starts_with(word), "a frame is as RFC 5424 has it");
    rest_.remove_prefix(word.size());
  }
  std::string until(char end) {
    const std::size_t size = rest_.find(end);
    hold(size != std::string_view::npos, "a field has an end");
    std::string field(rest_.substr(0, size));
    rest_.remove_prefix(size + 1);
    return field;
  }
  std::string take_name(std::string_view ends) {
    const std::size_t size = rest_.find_first_of(ends);
    hold(size != std::string_view::npos && size <= 32, "a name has 32 characters at most");
    std::string name(rest_.substr(0, size));
    hold(is_graphic(name) && name.find_first_of("=]\"") == name.npos, "a name is a name");
    rest_.remove_prefix(size);
    return name;
  }
  void take_param() {
    expect(" ");
    const std::string name = take_name("=");
    expect("=\"");
    std::string value;
    while (!rest_.starts_with('"')) {
      hold(!rest_.empty() && rest_.front() != ']', "a bracket in a value is escaped");
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      hold(!rest_.empty(), "a value has an end");
      value += rest_.front();
      rest_.remove_prefix(1);
    }
    expect("\"");
    params.emplace(name, value);
  }

  std::string_view rest_;
};

void check_frame(std::string_view message, const Alert& alert, const SyslogOrigin& origin) {
  Frame frame(message);
  const int priority = std::atoi(frame.priority.c_str());
  hold(priority / 8 == static_cast<int>(origin.facility), "the facility is the sink's");
  hold(frame.header[1] == (origin.hostname.empty() ? "-" : origin.hostname), "the host is ours");
  hold(frame.header[2] == origin.app_name, "the application is ours");
  hold(frame.params["alert_id"] == alert.id, "a message names its alert");
  hold(frame.params["epoch"] == alert.epoch, "and the epoch");
  hold(frame.params["revision"] == std::to_string(alert.revision), "and the revision");
}

void run(FuzzedDataProvider input) {
  Drawn drawn(input);
  SyslogOrigin origin;
  origin.facility = input.ConsumeIntegralInRange(0U, 23U);
  origin.hostname = std::string(input.ConsumeIntegralInRange<std::size_t>(0, 255), 'h');
  origin.pid = input.ConsumeIntegralInRange(1, 4'194'304);  // the kernel's most
  const auto size_max = input.ConsumeIntegralInRange<std::size_t>(kSyslogSizeLeast, 9'000);
  const Alert alert = drawn.alert();

  const std::string message = to_syslog(alert, SyslogForm::rfc5424, origin, size_max);
  hold(message.size() <= size_max, "a message is within its bound");
  check_text(message);
  check_frame(message, alert, origin);
  hold(octet_counted(message) == std::to_string(message.size()) + ' ' + message,
       "a message on a stream has its length before it");

  const std::string old = to_syslog(alert, SyslogForm::rfc3164, origin, size_max);
  hold(old.size() <= size_max, "a message of RFC 3164 is within its bound");
  check_text(old);
  hold(old.starts_with('<') && old.find("]: ") != old.npos, "it has a priority and a tag");
}

}  // namespace
}  // namespace nodeportd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  nodeportd::fuzz::run({bytes, size});
  return 0;
}
