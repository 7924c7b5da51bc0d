// A test program checks claims, says which one failed and with which values, and ends with 1 if one did.
#pragma once

#include <twinspect/twinspect.hpp>

#include <iostream>
#include <string>

inline int failures = 0;

#define CHECK(claim)                                                              \
  do {                                                                            \
    if (!(claim)) {                                                               \
      ++failures;                                                                 \
      std::cerr << __FILE__ << ":" << __LINE__ << ": not so: " << #claim << "\n"; \
    }                                                                             \
  } while (false)

#define CHECK_EQUAL(left, right)                                                                                     \
  do {                                                                                                               \
    const auto left_ = (left);                                                                                       \
    const auto right_ = (right);                                                                                     \
    if (!(left_ == right_)) {                                                                                        \
      ++failures;                                                                                                    \
      std::cerr << __FILE__ << ":" << __LINE__ << ": " << #left << " is " << left_ << ", " << #right << " is " << right_ << "\n"; \
    }                                                                                                                \
  } while (false)

// Runs what must throw a twinspect::Error of this code, and gives the error.
template <class Work>
twinspect::Error error_of(tsp_status code, Work work) {
  try {
    work();
  } catch (const twinspect::Error &error) {
    CHECK_EQUAL(std::string(tsp_status_name(error.code())), std::string(tsp_status_name(code)));
    return error;
  }
  ++failures;
  std::cerr << "nothing was thrown where " << tsp_status_name(code) << " was expected\n";
  return twinspect::Error(TSP_OK, "");
}

// What a main returns.
inline int verdict_of_checks() {
  if (failures == 0) std::cout << "all claims hold\n";
  return failures == 0 ? 0 : 1;
}
