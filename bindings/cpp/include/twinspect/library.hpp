/// The library as a whole: versions, features, threads, devices.

#ifndef TWINSPECT_LIBRARY_HPP
#define TWINSPECT_LIBRARY_HPP

#include <twinspect/error.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace twinspect {

/// The version of the library that is loaded, such as "0.1.0".
inline const char *version() noexcept { return tsp_version(); }

/// What the library was built from, one line of JSON for a log.
inline const char *build_info() noexcept { return tsp_build_info(); }

/// Whether this build has a feature: "cuda", "cuda.input".
inline bool has_feature(const char *name) noexcept { return tsp_has_feature(name) == 1; }

/// Throws TSP_E_VERSION if the program was built with the header of another version than the library serves.
inline void check_abi() { detail::check(tsp_check_abi(TSP_ABI_VERSION)); }

/// Sets how many threads libtorch uses inside of one operation, 1 to 1024, for the whole process.
///
/// Programs that inspect on several threads at once are usually fastest with 1.
inline void set_threads(int count) { detail::check(tsp_set_threads(count)); }

/// A place to compute at: the value of the option device for it, its name, its memory in bytes. Its texts live for ever.
using Device = tsp_device;

/// The devices of this machine; the CPU is always there and comes first. The first call may take a while.
inline std::vector<Device> devices() {
  std::uint64_t count = 0;
  detail::check(tsp_device_count(&count));
  std::vector<Device> devices(static_cast<std::size_t>(count), detail::sized<Device>());
  for (std::size_t i = 0; i < devices.size(); ++i) detail::check(tsp_device_info(i, &devices[i]));
  return devices;
}

}  // namespace twinspect

#endif
