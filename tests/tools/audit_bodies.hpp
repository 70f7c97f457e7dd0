#pragma once

#include <string>
#include <string_view>

namespace nodeportd::test {

// The objects that fill requestObject and responseObject, in the key order in which the apiserver
// writes them. Each function appends one JSON object. Texts must need no JSON escape.

struct ServiceText {
  std::string_view name;
  std::string_view name_space;
  std::string_view type;              // `NodePort`, spelled as the client did
  std::string_view node_port;         // digits; empty where none is allocated
  std::string_view uid;               // empty in a request
  std::string_view version;           // resourceVersion; empty in a request and in a dry run
  std::string_view annotation;        // an escaped last-applied-configuration, or empty
  std::string_view created;           // RFC 3339, in whole seconds
  std::string_view external_ip = {};  // empty: none
};
void append_service(std::string& out, const ServiceText& service);

struct StatusText {
  std::string_view name;
  std::string_view message;
  std::string_view reason;
  std::string_view code;
};
// `status` of a failed request, as responseStatus and as responseObject hold it.
void append_response_status(std::string& out, const StatusText& status);
void append_status_object(std::string& out, const StatusText& status);

struct ObjectText {
  std::string_view name;
  std::string_view name_space;
  std::string_view uid;
  std::string_view version;
  std::string_view time;             // RFC 3339 with microseconds
  std::string_view annotation = {};  // an escaped last-applied-configuration, or empty
};
// `more` are further elements of the object's longest list, each with a comma before it.
void append_lease(std::string& out, const ObjectText& object);
void append_config_map(std::string& out, const ObjectText& object, std::string_view value);
void append_event(std::string& out, const ObjectText& object, std::string_view message);
void append_endpoint_slice(std::string& out, const ObjectText& object, std::string_view more = {});
void append_pod(std::string& out, const ObjectText& object, std::string_view more = {});
void append_node(std::string& out, const ObjectText& object, std::string_view more = {});
void append_access_review(std::string& out, const ObjectText& object);

template <typename... Parts>
void append(std::string& out, const Parts&... parts) {
  (out.append(parts), ...);
}

}  // namespace nodeportd::test
