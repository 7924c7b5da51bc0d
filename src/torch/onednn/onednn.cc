#include "onednn.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <optional>
#include <stdexcept>
#include <string>

namespace twinspect::onednn {
namespace {

using Sizes = rust::Slice<const std::int64_t>;
using Scalars = c10::List<std::optional<at::Scalar>>;
using Text = std::optional<c10::string_view>;

constexpr const char *kConvolve = "mkldnn::_convolution_pointwise";
constexpr const char *kReorder = "mkldnn::_reorder_convolution_weight";

const at::Tensor &tensor(const Handle *handle) { return *reinterpret_cast<const at::Tensor *>(handle); }

Handle *owned(at::Tensor result) { return reinterpret_cast<Handle *>(new at::Tensor(std::move(result))); }

at::IntArrayRef sizes(Sizes values) { return {values.data(), values.size()}; }

c10::OperatorHandle find(const char *name, const char *overload) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
}

const char *name(Then then) { return then == 0 ? "none" : then == 1 ? "relu" : "hardtanh"; }

Scalars bounds(Then then) {
  Scalars values;
  if (then == 2) {
    values.push_back(at::Scalar(0.0));
    values.push_back(at::Scalar(6.0));
  }
  return values;
}

// libtorch's errors carry the C++ stack, line by line.
template <typename Call>
Handle *said_shortly(Call call) {
  try {
    return owned(call());
  } catch (const c10::Error &error) {
    throw std::runtime_error(error.what_without_backtrace());
  }
}

}  // namespace

bool is_available() {
  auto &dispatcher = c10::Dispatcher::singleton();
  return at::hasMKLDNN() && at::globalContext().userEnabledMkldnn() && dispatcher.findSchema({kConvolve, ""}) &&
         dispatcher.findSchema({kConvolve, "binary"}) && dispatcher.findSchema({kReorder, ""});
}

Handle *reordered(const Handle *kernel, Sizes padding, Sizes stride, std::int64_t groups) {
  using Signature = at::Tensor(const at::Tensor &, c10::IntArrayRef, c10::IntArrayRef, c10::IntArrayRef, std::int64_t,
                               c10::OptionalArrayRef<std::int64_t>);
  return said_shortly([&] {
    static const auto operation = find(kReorder, "").typed<Signature>();
    return operation.call(tensor(kernel), sizes(padding), sizes(stride), {1, 1}, groups, std::nullopt);
  });
}

Handle *convolved(const Handle *input, const Handle *kernel, const Handle *bias, Sizes padding, Sizes stride,
                  std::int64_t groups, Then then) {
  using Signature = at::Tensor(const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, c10::IntArrayRef,
                               c10::IntArrayRef, c10::IntArrayRef, std::int64_t, c10::string_view, Scalars, Text);
  return said_shortly([&] {
    static const auto operation = find(kConvolve, "").typed<Signature>();
    return operation.call(tensor(input), tensor(kernel), tensor(bias), sizes(padding), sizes(stride), {1, 1}, groups, name(then),
                          bounds(then), "");
  });
}

Handle *convolved_and_added(const Handle *input, const Handle *added, const Handle *kernel, const Handle *bias, Sizes padding,
                            Sizes stride, std::int64_t groups, Then then) {
  using Signature =
      at::Tensor(const at::Tensor &, const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, c10::IntArrayRef,
                 c10::IntArrayRef, c10::IntArrayRef, std::int64_t, c10::string_view, std::optional<at::Scalar>, Text, Scalars, Text);
  return said_shortly([&] {
    static const auto operation = find(kConvolve, "binary").typed<Signature>();
    const Text follows = then == 0 ? Text() : Text(name(then));
    return operation.call(tensor(input), tensor(added), tensor(kernel), tensor(bias), sizes(padding), sizes(stride), {1, 1}, groups,
                          "add", at::Scalar(1.0), follows, bounds(then), "");
  });
}

}  // namespace twinspect::onednn
