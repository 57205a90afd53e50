// Golden cases of convolution and pooling. Two-dimensional and transposed forms are put together from ops.
#include <limits>

#include "grimoire/op/arrange.h"
#include "grimoire/op/conv1d.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"
#include "parity/golden_case.h"

namespace grim::parity {
namespace {

Tensor conv1d_case(const Case& c) {
  const Tensor &weight = c["weight"], &bias = c["bias"];
  const int64_t groups = c.integer("groups"), left = c.integer("left_pad"), right = c.integer("right_pad");
  const int64_t reach = (weight.dim(2) - 1) * c.integer("dilation");
  Conv1dOptions o{.stride = c.integer("stride"), .dilation = c.integer("dilation")};
  Tensor x = c["x"];
  if (left == reach && right == 0) o.padding = Padding::causal;
  else if (left == reach / 2 && right == reach - left) o.padding = Padding::same;
  else x = pad(x, 2, left, right);
  std::vector<Tensor> parts;
  const int64_t in = x.dim(1) / groups, out = weight.dim(0) / groups;
  for (int64_t g = 0; g < groups; ++g)
    parts.push_back(conv1d(slice(x, 1, g * in, (g + 1) * in), slice(weight, 0, g * out, (g + 1) * out),
                           slice(bias, 0, g * out, (g + 1) * out), o));
  return concat(parts, 1);
}

// Every stride-th element of an axis from `first`, n of them.
Tensor strided(const Tensor& x, int axis, int64_t first, int64_t stride, int64_t n) {
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < n; ++i) ids.push_back(first + i * stride);
  return index_select(x, axis, Tensor::from(ids, {n}));
}

Tensor conv2d_case(const Case& c) {
  const std::vector<int64_t> stride = c.list("stride"), padding = c.list("padding");
  const std::vector<int64_t> dilation =
      c.attributes().find("dilation") ? c.list("dilation") : std::vector<int64_t>{1, 1};
  const Tensor& weight = c["weight"];  // (C_out, C_in / groups, K, L)
  const Tensor x = pad(pad(c["x"], 2, padding[0], padding[0]), 3, padding[1], padding[1]);
  const int64_t K = weight.dim(2), L = weight.dim(3), B = x.dim(0), groups = c.integer("groups");
  const int64_t M = (x.dim(2) - (K - 1) * dilation[0] - 1) / stride[0] + 1,
                N = (x.dim(3) - (L - 1) * dilation[1] - 1) / stride[1] + 1;
  const int64_t in = x.dim(1) / groups, out = weight.dim(0) / groups;
  std::vector<Tensor> parts;
  for (int64_t g = 0; g < groups; ++g) {
    Tensor part = Tensor::zeros({B, out, M * N}, Dtype::f64);
    for (int64_t k = 0; k < K; ++k)
      for (int64_t l = 0; l < L; ++l) {
        const Tensor seen = strided(strided(slice(x, 1, g * in, (g + 1) * in), 2, k * dilation[0], stride[0], M), 3,
                                    l * dilation[1], stride[1], N);
        part = part + matmul(select(select(slice(weight, 0, g * out, (g + 1) * out), 3, l), 2, k),
                             reshape(seen, {B, in, M * N}));
      }
    parts.push_back(reshape(part, {B, out, M, N}));
  }
  return concat(parts, 1) + reshape(c["bias"], {weight.dim(0), 1, 1});
}

// A convolution of x spread out with zeros, the kernel reversed and its channels exchanged.
Tensor conv_transpose1d_case(const Case& c) {
  const Tensor& x = c["x"];
  const int64_t stride = c.integer("stride"), ends = c["weight"].dim(2) - 1 - c.integer("padding");
  const Tensor spread = flatten(pad(unsqueeze(x, 3), 3, 0, stride - 1), 2, 3);
  const Tensor wide = pad(slice(spread, 2, 0, (x.dim(2) - 1) * stride + 1), 2, ends, ends);
  return conv1d(wide, flip(transpose(c["weight"], 0, 1), 2), c["bias"]);
}

// The K windows of an axis, as a new first axis.
Tensor windows(const Tensor& x, int axis, int64_t K, int64_t stride) {
  std::vector<Tensor> seen;
  for (int64_t k = 0; k < K; ++k) seen.push_back(strided(x, axis, k, stride, (x.dim(axis) - K) / stride + 1));
  return stack(seen, 0);
}

Tensor pool(const Case& c, double outside, const std::vector<int>& axes, Tensor (*choose)(const Tensor&)) {
  Tensor x = c["x"];
  const int64_t padding = c.integer("padding");
  for (int axis : axes) {
    if (padding > 0) x = pad(x, axis, padding, padding, outside);
    x = choose(windows(x, axis, c.integer("kernel"), c.integer("stride")));
  }
  return x;
}
Tensor largest(const Tensor& x) { return max(x, 0); }
Tensor average(const Tensor& x) { return mean(x, 0); }

}  // namespace

void add_convolutions(Handlers& h) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  h["conv1d"] = [](Case& c) { return y(conv1d_case(c)); };
  h["conv2d"] = [](Case& c) { return y(conv2d_case(c)); };
  h["conv_transpose1d"] = [](Case& c) { return y(conv_transpose1d_case(c)); };
  h["max_pool1d"] = [](Case& c) { return y(pool(c, -kInf, {2}, largest)); };
  h["avg_pool1d"] = [](Case& c) { return y(pool(c, 0, {2}, average)); };
  h["max_pool2d"] = [](Case& c) { return y(pool(c, -kInf, {2, 3}, largest)); };
  h["avg_pool2d"] = [](Case& c) { return y(pool(c, 0, {2, 3}, average)); };
}

}  // namespace grim::parity
