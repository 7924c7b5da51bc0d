/// Progress: who watches long work, and may cancel it.

#ifndef TWINSPECT_PROGRESS_HPP
#define TWINSPECT_PROGRESS_HPP

#include <twinspect/error.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace twinspect {

/// Watches long work: done of total steps of a stage are finished. Returns true to go on, false to cancel.
///
/// Called on the thread that called the library, at most 20 times a second, besides at the start and the end of each stage.
/// What it throws cancels, too, and is thrown again by the function that works. It must not use the object that is at work.
using Progress = std::function<bool(std::string_view stage, std::uint64_t done, std::uint64_t total)>;

namespace detail {

/// A progress function where the library finds it, and what it threw: nothing may be thrown through the library.
struct Watcher {
  Progress function;
  std::exception_ptr thrown;

  static std::int32_t call(void *user_data, const char *stage, std::uint64_t done, std::uint64_t total) noexcept {
    auto &watcher = *static_cast<Watcher *>(user_data);
    try {
      return watcher.function(stage, done, total) ? 0 : 1;
    } catch (...) {
      watcher.thrown = std::current_exception();
      return 1;
    }
  }

  void rethrow() {
    if (thrown) std::rethrow_exception(std::exchange(thrown, nullptr));
  }
};

/// Has `set` give the object at `handle` a watcher for the function, none if that is empty; `watcher` keeps it.
template <class Handle>
void watch(tsp_status (*set)(Handle *, tsp_progress, void *), Handle *handle, std::unique_ptr<Watcher> &watcher,
           Progress function) {
  auto next = function ? std::make_unique<Watcher>() : nullptr;
  if (next) next->function = std::move(function);
  check(set(handle, next ? Watcher::call : nullptr, next.get()));
  watcher = std::move(next);
}

}  // namespace detail

}  // namespace twinspect

#endif
