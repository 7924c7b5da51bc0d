/// Errors: what is thrown, and what the try_ twins return.

#ifndef TWINSPECT_ERROR_HPP
#define TWINSPECT_ERROR_HPP

#include <twinspect/twinspect.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace twinspect {

/// A failure: which kind, what went wrong, and what to do about it. Copying never throws.
class Error : public std::exception {
 public:
  /// Makes an error; the library's own are made by last().
  Error(tsp_status code, std::string message, std::string hint = {}, std::string where = {})
      : code_(code), texts_(std::make_shared<const Texts>(std::move(message), std::move(hint), std::move(where))) {}

  /// This thread's last error of the library. To be asked at once after the call that failed.
  static Error last(tsp_status code) {
    tsp_error error{};
    error.struct_size = sizeof error;
    tsp_last_error(&error);
    // A library of another version may refuse the struct, and then writes nothing.
    if (error.message == nullptr) return Error(code, tsp_status_name(code));
    return Error(code, error.message, error.hint, error.where);
  }

  /// Which kind of failure, TSP_E_*; never TSP_OK.
  tsp_status code() const noexcept { return code_; }
  /// What went wrong, in one line: which value, and which are allowed.
  const std::string &message() const noexcept { return texts_->message; }
  /// What to do about it, a whole sentence; may be empty.
  const std::string &hint() const noexcept { return texts_->hint; }
  /// A file, an image's name or an option's key; may be empty.
  const std::string &where() const noexcept { return texts_->where; }
  /// One line for a log: "where: message. hint".
  const char *what() const noexcept override { return texts_->line.c_str(); }

 private:
  struct Texts {
    Texts(std::string message_, std::string hint_, std::string where_)
        : message(std::move(message_)), hint(std::move(hint_)), where(std::move(where_)) {
      line = where.empty() ? message : where + ": " + message;
      if (!hint.empty()) line += ". " + hint;
    }
    std::string message, hint, where, line;
  };

  tsp_status code_;
  std::shared_ptr<const Texts> texts_;
};

/// What a try_ twin returns: a value, or the Error that the other twin throws. Not looking at it is a warning.
template <class T>
class [[nodiscard]] Outcome {
 public:
  /// A success.
  Outcome(T value) : value_(std::move(value)) {}
  /// A failure.
  Outcome(Error error) : error_(std::move(error)) {}

  /// Whether there is a value.
  explicit operator bool() const noexcept { return value_.has_value(); }
  /// The value; throws the error if there is none.
  T &value() & { return check(), *value_; }
  /// As above.
  const T &value() const & { return check(), *value_; }
  /// As above.
  T value() && { return check(), std::move(*value_); }
  /// TSP_OK or the error's code.
  tsp_status code() const noexcept { return error_ ? error_->code() : TSP_OK; }
  /// The error. Only if there is no value.
  const Error &error() const noexcept { return *error_; }

 private:
  void check() const {
    if (error_) throw *error_;
  }
  std::optional<T> value_;
  std::optional<Error> error_;
};

/// What a try_ twin without a value returns.
template <>
class [[nodiscard]] Outcome<void> {
 public:
  /// A success.
  Outcome() noexcept = default;
  /// A failure.
  Outcome(Error error) : error_(std::move(error)) {}

  /// Whether it succeeded.
  explicit operator bool() const noexcept { return !error_; }
  /// Throws the error if there is one.
  void value() const {
    if (error_) throw *error_;
  }
  /// TSP_OK or the error's code.
  tsp_status code() const noexcept { return error_ ? error_->code() : TSP_OK; }
  /// The error. Only if it failed.
  const Error &error() const noexcept { return *error_; }

 private:
  std::optional<Error> error_;
};

namespace detail {

inline void check(tsp_status status) {
  if (status != TSP_OK) throw Error::last(status);
}

inline Outcome<void> outcome(tsp_status status) {
  if (status != TSP_OK) return Error::last(status);
  return {};
}

/// Calls `read(buffer, capacity, needed)` for the size, then for the text.
template <class Read>
std::string read_text(Read read) {
  std::uint64_t needed = 0;
  check(read(nullptr, 0, &needed));
  std::string text(static_cast<std::size_t>(needed), '\0');
  check(read(text.data(), needed, &needed));
  text.pop_back();
  return text;
}

/// Zeroed, with struct_size set.
template <class Struct>
Struct sized() noexcept {
  Struct value{};
  value.struct_size = sizeof value;
  return value;
}

template <class Handle, void (*destroy)(Handle *)>
struct Destroy {
  void operator()(Handle *handle) const noexcept { destroy(handle); }
};

/// Owns a handle of the library.
template <class Handle, void (*destroy)(Handle *)>
using Owned = std::unique_ptr<Handle, Destroy<Handle, destroy>>;

}  // namespace detail
}  // namespace twinspect

#endif
