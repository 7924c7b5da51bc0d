/// The log: what the library has to say beside its errors.

#ifndef TWINSPECT_LOG_HPP
#define TWINSPECT_LOG_HPP

#include <twinspect/error.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

namespace twinspect {

/// How much is said; each level includes those before it.
enum class LogLevel : std::int32_t {
  off = TSP_LOG_OFF,
  /// Defects of twinspect.
  error = TSP_LOG_ERROR,
  /// What a person should know before relying on a model.
  warning = TSP_LOG_WARNING,
  /// Each model that was fitted or loaded.
  info = TSP_LOG_INFO,
};

/// Takes one message, a line without its end. Called on any thread, but on one at a time; what it throws is dropped.
using Log = std::function<void(LogLevel level, std::string_view message)>;

/// Sends messages up to this level to the function, for the whole process; an empty function = silence, as at the start.
///
/// When the call returns, the function of before is not called any more, and is destroyed. Throws TSP_E_BUSY if called from
/// the log function, or by two threads at once.
inline void set_log(LogLevel level, Log function) {
  struct State {
    std::mutex mutex;
    std::unique_ptr<Log> function;
  };
  // Never destroyed: other threads may log while the program ends.
  static State &state = *new State;
  const std::unique_lock<std::mutex> lock(state.mutex, std::try_to_lock);
  if (!lock) throw Error(TSP_E_BUSY, "another call sets the log", "Set the log once, at the start of the program.", "set_log");
  auto next = function ? std::make_unique<Log>(std::move(function)) : nullptr;
  const auto call = [](void *user_data, std::int32_t message_level, const char *message) noexcept {
    try {
      (*static_cast<Log *>(user_data))(static_cast<LogLevel>(message_level), message);
    } catch (...) {
      // Nothing may be thrown through the library, and a log has nobody to report to.
    }
  };
  detail::check(tsp_set_log(static_cast<std::int32_t>(level), next ? static_cast<tsp_log>(call) : nullptr, next.get()));
  state.function = std::move(next);
}

}  // namespace twinspect

#endif
