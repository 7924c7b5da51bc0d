/// Options: settings by name, the same names as on the command line.

#ifndef TWINSPECT_OPTIONS_HPP
#define TWINSPECT_OPTIONS_HPP

#include <twinspect/error.hpp>

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace twinspect {

/// Settings for fitting, loading and inspecting. All start at their defaults; who takes options copies what it needs.
///
///     twinspect::Options options;
///     options.apply_recipe("registered").set("input.size", 448).set("verdict.false_alarm_rate", 0.01);
class Options {
 public:
  /// All at their defaults.
  Options() {
    tsp_options *handle = nullptr;
    detail::check(tsp_options_create(&handle));
    handle_.reset(handle);
  }

  /// Sets an option: a whole number, a number or a text, whatever it takes; a text serves for all of them.
  ///
  /// Throws TSP_E_INVALID_ARGUMENT for an unknown key (the nearest one is in the hint), another type, or a value out of range.
  template <class Value>
  Options &set(const std::string &key, const Value &value) & {
    if constexpr (std::is_same_v<Value, bool>) {
      static_assert(!std::is_same_v<Value, bool>, "no option is a bool: say 1, 0 or the word that it takes");
    } else if constexpr (std::is_integral_v<Value>) {
      detail::check(tsp_options_set_int(handle_.get(), key.c_str(), static_cast<std::int64_t>(value)));
    } else if constexpr (std::is_floating_point_v<Value>) {
      detail::check(tsp_options_set_float(handle_.get(), key.c_str(), static_cast<double>(value)));
    } else {
      detail::check(tsp_options_set_text(handle_.get(), key.c_str(), std::string(value).c_str()));
    }
    return *this;
  }
  /// The same, of options without a name: `Options().set("input.size", 448)`.
  template <class Value>
  Options &&set(const std::string &key, const Value &value) && {
    return std::move(set(key, value));
  }

  /// Sets what a recipe sets, for instance "paper"; other options stay. Throws TSP_E_INVALID_ARGUMENT for an unknown name.
  Options &apply_recipe(const std::string &name) & {
    detail::check(tsp_options_apply_recipe(handle_.get(), name.c_str()));
    return *this;
  }
  /// The same, of options without a name.
  Options &&apply_recipe(const std::string &name) && { return std::move(apply_recipe(name)); }

  /// The effective value of an option, as text. Throws TSP_E_INVALID_ARGUMENT for an unknown key.
  std::string get(const std::string &key) const {
    return detail::read_text([&](char *buffer, std::uint64_t capacity, std::uint64_t *needed) {
      return tsp_options_get_text(handle_.get(), key.c_str(), buffer, capacity, needed);
    });
  }

  /// For the C interface.
  tsp_options *get() const noexcept { return handle_.get(); }

 private:
  detail::Owned<tsp_options, tsp_options_destroy> handle_;
};

/// The table of all options: key, type, default, range, help; its texts live for ever.
inline std::vector<tsp_option> option_table() {
  std::vector<tsp_option> table(static_cast<std::size_t>(tsp_option_count()), detail::sized<tsp_option>());
  for (std::size_t i = 0; i < table.size(); ++i) detail::check(tsp_option_info(i, &table[i]));
  return table;
}

}  // namespace twinspect

#endif
