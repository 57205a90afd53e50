#include "grimoire/op/routing.h"

#include <algorithm>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/gather_cpu.h"
#include "grimoire/op/index_check.h"
#include "grimoire/op/routing_cpu.h"
#include "grimoire/op/run.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {

Routing routing(const Tensor& chosen_any, int64_t experts, int64_t capacity) {
  GRIM_CHECK(chosen_any.ndim() == 2, shape, "routing", "chosen: got {}, expected (N, k)", chosen_any.shape());
  GRIM_CHECK(experts > 0 && capacity >= 0, argument, "routing", "got {} experts of capacity {}, expected at least 1 and 0", experts, capacity);
  check_places("routing", "expert", chosen_any, experts);
  const Tensor chosen = cast(contiguous(chosen_any), Dtype::i64);
  Routing r{.row = {}, .place = chosen.like(), .begin = {0}, .chosen = std::vector<int64_t>(static_cast<size_t>(experts), 0)};
  const int64_t twice = GRIM_RUN(count_choices, chosen, std::span(r.chosen));
  GRIM_CHECK(twice < 0, argument, "routing", "row {} chose an expert twice", twice);
  for (const int64_t n : r.chosen) r.begin.push_back(r.begin.back() + (capacity > 0 ? std::min(n, capacity) : n));
  r.row = chosen.like({r.places()});
  GRIM_RUN(place_rows, chosen, std::span<const int64_t>(r.begin), r.row, r.place);
  return r;
}

// y[p] = x[row[p]]:  dx[n] = sum of dy over the places that row n has.
Tensor dispatched(const Tensor& x, const Routing& r) {
  GRIM_CHECK(x.ndim() == 2 && x.dim(0) == r.rows(), shape, "dispatched", "x: got {}, expected ({}, C)", x.shape(), r.rows());
  const Tensor from = contiguous(x), y = from.like({r.places(), x.dim(1)});
  GRIM_RUN(take_slices, view::unsqueeze(from, 0), r.row, view::unsqueeze(y, 0));
  return record(y, {x}, [place = r.place](const Tensor& dy_any, Grads dx) {
    const Tensor dy = contiguous(dy_any);
    dx.write(0, [&](const Tensor& d, float beta) { GRIM_RUN(add_places, dy, place, d, beta); });
  });
}

namespace {

void check_combined(const std::vector<Tensor>& y, const Tensor& weights, const Routing& r) {
  GRIM_CHECK(y.size() + 1 == r.begin.size(), shape, "combined", "got rows of {} experts, expected {}", y.size(), r.begin.size() - 1);
  GRIM_CHECK(weights.shape() == r.place.shape(), shape, "combined", "weights: got {}, expected {}", weights.shape(), r.place.shape());
  const auto first = std::ranges::find_if(y, [](const Tensor& t) { return t.defined(); });
  GRIM_CHECK(first != y.end(), shape, "combined", "got no rows");
  for (size_t e = 0; e < y.size(); ++e) {
    const bool fits = y[e].defined() ? y[e].shape() == Shape{r.load(e), first->dim(-1)} && y[e].dtype() == first->dtype() : r.load(e) == 0;
    GRIM_CHECK(fits, shape, "combined", "expert {}: got {}, expected {} rows of {}", e, y[e].defined() ? str("{}", y[e].shape()) : "none", r.load(e),
               first->dim(-1));
  }
  GRIM_CHECK(weights.dtype() == computed_in(first->dtype()), dtype, "combined", "weights: got {} beside rows of {}, expected {}", name_of(weights.dtype()),
             name_of(first->dtype()), name_of(computed_in(first->dtype())));
}

}  // namespace

// out[n] = sum_j w[n][j] y[p(n, j)]:  dy[p(n, j)] = w[n][j] dout[n],  dw[n][j] = dout[n] . y[p(n, j)].
Tensor combined(const std::vector<Tensor>& y_any, const Tensor& weights_any, const Routing& r) {
  check_combined(y_any, weights_any, r);
  std::vector<Tensor> inputs = y_any, y;
  inputs.push_back(weights_any);
  for (const Tensor& t : y_any) y.push_back(t.defined() ? saved(contiguous(t)) : Tensor());
  const Tensor weights = saved(contiguous(weights_any));
  const Tensor& first = *std::ranges::find_if(y, [](const Tensor& t) { return t.defined(); });
  const Tensor out = first.like({r.rows(), first.dim(1)});
  GRIM_RUN(combine, std::span<const Tensor>(y), std::span<const int64_t>(r.begin), weights, r.place, out);
  return record(out, inputs, [y, weights, r](const Tensor& dout_any, Grads dx) {
    const Tensor dout = contiguous(dout_any);
    std::vector<Tensor> dy(y.size());
    for (size_t e = 0; e < y.size(); ++e)
      if (y[e].defined() && dx.wants(static_cast<int>(e))) dy[e] = y[e].like();
    GRIM_RUN(combine_backward, dout, weights, r, std::span<const Tensor>(dy));
    for (size_t e = 0; e < y.size(); ++e)
      if (dy[e].defined()) dx.add(static_cast<int>(e), dy[e]);
    const int last = static_cast<int>(y.size());
    if (!dx.wants(last)) return;
    const Tensor dw = weights.like();
    GRIM_RUN(combine_weights_backward, dout, std::span<const Tensor>(y), std::span<const int64_t>(r.begin), r.place, dw);
    dx.add(last, dw);
  });
}

}  // namespace grim
