#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace nodeportd {

template <typename Signature>
class FunctionRef;

// A callable that somebody else owns, to be called and not to be kept: a std::function that never
// allocates. Made of a temporary, it is good until the end of the full expression.
template <typename Result, typename... Arguments>
class FunctionRef<Result(Arguments...)> {
 public:
  template <typename Callable>
    requires(!std::same_as<std::remove_cvref_t<Callable>, FunctionRef> &&
             std::is_invocable_r_v<Result, Callable&, Arguments...>)
  // A view of any callable, const or not, made where one is passed: as std::function_ref will be.
  // NOLINTBEGIN(bugprone-*,google-*,hicpp-*,cppcoreguidelines-*)
  FunctionRef(Callable&& callable)
      : callable_(const_cast<void*>(static_cast<const void*>(std::addressof(callable)))),
        call_([](void* called, Arguments... arguments) -> Result {
          return (*static_cast<std::remove_reference_t<Callable>*>(called))(
              std::forward<Arguments>(arguments)...);
        }) {}
  // NOLINTEND(bugprone-*,google-*,hicpp-*,cppcoreguidelines-*)

  Result operator()(Arguments... arguments) const {
    return call_(callable_, std::forward<Arguments>(arguments)...);
  }

 private:
  void* callable_;
  Result (*call_)(void*, Arguments...);
};

}  // namespace nodeportd
