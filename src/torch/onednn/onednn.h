// oneDNN's convolutions with what follows them, as libtorch registers them for its own compiler. No header of libtorch is
// included here: what cxx generates stays quick to compile.
#pragma once

#include <cstdint>

#include "rust/cxx.h"

namespace twinspect::onednn {

// An at::Tensor, as tch hands it over.
struct Handle;

// What follows: 0 nothing, 1 max(x, 0), 2 min(max(x, 0), 6).
using Then = std::uint8_t;

// Whether this libtorch has them, and is told to use them.
bool is_available();

// A kernel in the order that the convolutions want; the caller owns it.
Handle *reordered(const Handle *kernel, rust::Slice<const std::int64_t> padding, rust::Slice<const std::int64_t> stride,
                  std::int64_t groups);

// input * kernel + bias, and what follows; the caller owns the result.
Handle *convolved(const Handle *input, const Handle *kernel, const Handle *bias, rust::Slice<const std::int64_t> padding,
                  rust::Slice<const std::int64_t> stride, std::int64_t groups, Then then);

// input * kernel + bias + added, and what follows; the caller owns the result.
Handle *convolved_and_added(const Handle *input, const Handle *added, const Handle *kernel, const Handle *bias,
                            rust::Slice<const std::int64_t> padding, rust::Slice<const std::int64_t> stride,
                            std::int64_t groups, Then then);

}  // namespace twinspect::onednn
