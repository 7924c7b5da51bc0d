/// twinspect for C++17: finds defects in pictures of manufactured parts without training.
///
/// Header only, over the C interface of twinspect.h, which it includes; what it says of units, threads and lifetimes holds
/// here too. The shortest program, complete:
///
///     #include <twinspect/twinspect.hpp>
///
///     int main() {
///       twinspect::Fitter fitter;
///       for (int i = 1; i <= 25; ++i) fitter.add_file("good/" + std::to_string(i) + ".png");
///       twinspect::Model model = fitter.fit();
///       model.save("part.twin");
///
///       twinspect::Inspector inspector(model);
///       twinspect::Result result;
///       for (;;) {
///         inspector.inspect({pixels, width, height, twinspect::Format::bgr8, stride}, result);
///         if (result.summary().verdict == twinspect::Verdict::defect)
///           for (const twinspect::Region &region : result.regions()) reject(region.x, region.y);
///       }
///     }
///
/// Errors: every function that is not noexcept throws twinspect::Error, with a code, a message and a hint. The calls of
/// the loop have twins `try_...` that return an Outcome instead.
/// Objects: all but Model can be moved and not copied, and are for one thread at a time, but that any number of threads may
/// compare with one Variation or GoldenTemplate. A Model is a handle that is copied like a pointer; any number of threads may
/// use it. Destruction is in any order. An object that was moved from can only be destroyed or assigned to; anything else
/// throws TSP_E_NULL_ARGUMENT.
/// With OpenCV: twinspect/opencv.hpp; with HALCON: twinspect/halcon.hpp.

#ifndef TWINSPECT_HPP
#define TWINSPECT_HPP

#if (defined(_MSVC_LANG) ? _MSVC_LANG : __cplusplus) < 201703L
#error "twinspect.hpp needs C++17: -std=c++17, /std:c++17, or target_compile_features(your_target PRIVATE cxx_std_17)"
#endif

#include <twinspect/error.hpp>
#include <twinspect/fitter.hpp>
#include <twinspect/golden.hpp>
#include <twinspect/image.hpp>
#include <twinspect/inspector.hpp>
#include <twinspect/library.hpp>
#include <twinspect/log.hpp>
#include <twinspect/model.hpp>
#include <twinspect/options.hpp>
#include <twinspect/progress.hpp>
#include <twinspect/result.hpp>
#include <twinspect/threshold.hpp>
#include <twinspect/variation.hpp>

#endif
