// Golden cases of choosing, ordering, padding and products.
#include "grimoire/op/arrange.h"
#include "grimoire/op/gather.h"

#include <algorithm>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/embedding.h"
#include "grimoire/op/linear.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/sort.h"
#include "grimoire/op/view.h"
#include "parity/golden_case.h"

namespace grim::parity {
namespace {

Outputs pair(const Sorted& s) { return {{"values", s.values}, {"indices", s.indices}}; }

// How far outside 0..n-1 a place is reflected or held.
int64_t inside(int64_t i, int64_t n, bool reflect) {
  if (i < 0) return reflect ? -i : 0;
  return i < n ? i : reflect ? 2 * n - 2 - i : n - 1;
}

Tensor pad_axis(const Case& c, const Tensor& x, int axis, int64_t before, int64_t after) {
  const int64_t n = x.dim(axis);
  if (c.text("mode") == "constant") {
    const Tensor kept = slice(x, axis, std::max<int64_t>(0, -before), n - std::max<int64_t>(0, -after));
    return pad(kept, axis, std::max<int64_t>(0, before), std::max<int64_t>(0, after), c.real("value"));
  }
  std::vector<int64_t> ids;
  for (int64_t i = -before; i < n + after; ++i) ids.push_back(inside(i, n, c.text("mode") == "reflect"));
  return index_select(x, axis, Tensor::from(ids, {static_cast<int64_t>(ids.size())}));
}

// Pairs from the last axis on.
Tensor pad_case(const Case& c) {
  const std::vector<int64_t> pads = c.list("pads");
  Tensor x = c["x"];
  for (size_t i = 0; i + 1 < pads.size(); i += 2)
    x = pad_axis(c, x, x.ndim() - 1 - static_cast<int>(i / 2), pads[i], pads[i + 1]);
  return x;
}

// The row of the padding token takes no gradient.
Tensor embedding_case(const Case& c) {
  const Tensor& weight = c["weight"];
  const int64_t still = c.integer("padding_index", -1);
  if (still < 0) return embedding(weight, c["index"]);
  return embedding(concat({slice(weight, 0, 0, still), detach(slice(weight, 0, still, still + 1)),
                           slice(weight, 0, still + 1, weight.dim(0))}, 0), c["index"]);
}

}  // namespace

void add_indexing(Handlers& h) {
  h["topk"] = [](Case& c) {
    return pair(topk(c["x"], c.integer("k"), c.axis(), c.flag("largest") ? Order::descending : Order::ascending));
  };
  h["sort"] = [](Case& c) {
    return pair(sort(c["x"], c.axis(), c.flag("descending") ? Order::descending : Order::ascending));
  };
  h["pad"] = [](Case& c) { return y(pad_case(c)); };
  h["gather"] = [](Case& c) { return y(gather(c["x"], c.axis(), c["index"])); };
  h["scatter_add"] = [](Case& c) { return y(scatter_add(c["x"], c.axis(), c["index"], c["source"])); };
  h["embedding"] = [](Case& c) { return y(embedding_case(c)); };
  h["matmul"] = [](Case& c) {
    return y(c["z"].ndim() == 1 ? squeeze(matmul(c["x"], unsqueeze(c["z"], 1)), -1) : matmul(c["x"], c["z"]));
  };
  h["linear"] = [](Case& c) { return y(linear(c["x"], transpose(c["weight"], 0, 1), c["bias"])); };
}

}  // namespace grim::parity
