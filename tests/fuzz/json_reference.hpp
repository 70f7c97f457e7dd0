#pragma once

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "model/event.hpp"

namespace nodeportd::fuzz {

// A reading of JSON as text: equal for equal values alone. Members stand in their order, the
// length of a text before it. It is written by whatever reads, RapidJSON among them, which is why
// some names are its.
class Reading : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Reading> {
 public:
  bool Null() { return put("null"); }
  bool Bool(bool value) { return put(value ? "true" : "false"); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return put('#', {text, size});
  }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return put('"', as_go({text, size}));
  }
  bool Key(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return put(':', as_go({text, size}));
  }
  bool StartObject() {
    is_object_ |= text_.empty();
    return put("{");
  }
  bool EndObject(rapidjson::SizeType /*size*/) { return put("}"); }
  bool StartArray() { return put("["); }
  bool EndArray(rapidjson::SizeType /*size*/) { return put("]"); }

  // What a reader of ours made of it. Recurses.
  void put(const Value& value) {
    switch (value.kind) {
      case Value::Kind::null:
        put("null");
        return;
      case Value::Kind::boolean:
        put(value.text);
        return;
      case Value::Kind::number:
        put('#', value.text);
        return;
      case Value::Kind::string:
        put('"', value.text);
        return;
      case Value::Kind::array:
        put("[");
        for (std::size_t i = 0; i < value.size; ++i) put(value.items[i]);
        put("]");
        return;
      case Value::Kind::object:
        put("{");
        for (std::size_t i = 0; i < value.size; ++i) {
          put(':', value.members[i].name);
          put(value.members[i].value);
        }
        put("}");
        return;
    }
  }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool is_object() const { return is_object_; }

 private:
  // RapidJSON takes the second half of a surrogate pair without the first, as bytes that are not
  // UTF-8. Go puts U+FFFD there, which is as long.
  static std::string as_go(std::string_view text) {
    std::string mended(text);
    for (std::size_t i = 0; i + 2 < mended.size(); ++i) {
      if (mended[i] == '\xED' && mended[i + 1] >= '\xA0') mended.replace(i, 3, "\xEF\xBF\xBD");
    }
    return mended;
  }

  bool put(std::string_view word) {
    text_ += word;
    return true;
  }
  bool put(char kind, std::string_view text) {
    text_ += kind + std::to_string(text.size()) + ' ';
    return put(text);
  }

  std::string text_;
  bool is_object_ = false;
};

inline std::string reading_of(const Value& value) {
  Reading reading;
  reading.put(value);
  return reading.text();
}

// RapidJSON's own strict reading of a whole text. Iterative: depth is no reason to differ.
inline rapidjson::ParseErrorCode read_strictly(std::string_view text, Reading& reading) {
  constexpr unsigned kFlags = rapidjson::kParseValidateEncodingFlag |
                              rapidjson::kParseNumbersAsStringsFlag |
                              rapidjson::kParseIterativeFlag;
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  const rapidjson::ParseResult parsed = reader.Parse<kFlags>(stream, reading);
  if (parsed.IsError()) return parsed.Code();
  // It takes a NUL for the end of its text; what stands behind one is no JSON.
  return stream.Tell() == text.size() ? rapidjson::kParseErrorNone
                                      : rapidjson::kParseErrorDocumentRootNotSingular;
}

}  // namespace nodeportd::fuzz
