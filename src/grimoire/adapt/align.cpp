#include "grimoire/adapt/align.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <set>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/model/causal_lm.h"
#include "grimoire/model/register.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/view.h"
#include "grimoire/optim/optimizer.h"
#include "grimoire/stats/assignment.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

double inner_product(const Tensor& x, const Tensor& y) {
  double sum = 0;
  for (int64_t i = 0; i < x.numel(); ++i) sum += static_cast<double>(x.data<float>()[i]) * static_cast<double>(y.data<float>()[i]);
  return sum;
}
Tensor products_of_rows(const Tensor& x, const Tensor& y) { return matmul(x, transpose(y, 0, 1)); }  // (n, m), (k, m) -> (n, k)
double trace(const Tensor& x) {
  double sum = 0;
  for (int64_t i = 0; i < x.dim(0); ++i) sum += static_cast<double>(x.data<float>()[i * (x.dim(1) + 1)]);
  return sum;
}
bool same_axis(const UnitAxis& a, const UnitAxis& b) { return a.tensor == b.tensor && a.axis == b.axis && a.offset == b.offset; }

// How a group's units are to stand, and how much better that is than as they stand.
struct Found {
  Order order = {};
  std::vector<std::vector<Order>> inside = {};  // [set of axes][place of a head]
  double gain = 0, before = 0;
  bool better() const { return gain > before + 1e-7 * std::abs(before); }
};

Found found(const Tensor& gains) {
  const stats::Assignment best = stats::greatest_assignment(gains);
  return {.order = best.column, .gain = best.cost, .before = trace(gains)};
}

// Heads are paired so that each pair is laid as well as the places inside it allow: gain(i, j) is that of the best order inside, set by set.
// `inside(set, i, j)`: (D, D) gains of places; `fixed`: (H, H) gains of what has no order inside.
template <class F> Found found_heads(int64_t heads, size_t sets, const Tensor& fixed, F&& inside) {
  const Tensor gains = copy(fixed);
  std::vector<std::vector<Order>> orders(sets, std::vector<Order>(static_cast<size_t>(heads * heads)));
  double before = trace(fixed);
  for (size_t s = 0; s < sets; ++s)
    for (int64_t i = 0; i < heads; ++i)
      for (int64_t j = 0; j < heads; ++j) {
        const Tensor places = inside(s, i, j);
        const stats::Assignment best = stats::greatest_assignment(places);
        gains.data<float>()[i * heads + j] += static_cast<float>(best.cost);
        orders[s][static_cast<size_t>(i * heads + j)] = best.column;
        if (i == j) before += trace(places);
      }
  Found f = found(gains);
  f.before = before;
  f.inside.resize(sets);
  for (size_t s = 0; s < sets; ++s)
    for (int64_t i = 0; i < heads; ++i) f.inside[s].push_back(orders[s][static_cast<size_t>(i * heads + f.order[static_cast<size_t>(i)])]);
  return f;
}

void apply(const ModelTensors& model, const UnitGroup& group, const Found& f) {
  reorder(model, group, f.order);
  for (size_t s = 0; s < f.inside.size(); ++s)
    for (int64_t head = 0; head < group.units; ++head) reorder_inside(model, group.inner[s], head, f.inside[s][static_cast<size_t>(head)]);
}

// --- by weights ----------------------------------------------------------------------------------------------------

Tensor gains_of_axes(const ModelTensors& a, const ModelTensors& b, const std::vector<UnitAxis>& axes, int64_t units) {
  Tensor sum = Tensor::zeros({units, units});
  for (const UnitAxis& axis : axes) add_into(sum, products_of_rows(rows_of_units(a, axis, units), rows_of_units(b, axis, units)));
  return sum;
}

// (D, D): of the places inside head i of the one model with those inside head j of the other.
Tensor gains_inside(const ModelTensors& a, const ModelTensors& b, const UnitGroup& g, const std::vector<UnitAxis>& axes, int64_t i, int64_t j) {
  Tensor sum;
  for (const UnitAxis& axis : axes) {
    const Tensor products = products_of_rows(rows_of_units(a, axis, g.units, i), rows_of_units(b, axis, g.units, j));
    if (sum.defined()) add_into(sum, products);
    else sum = products;
  }
  return sum;
}

Found found_by_weights(const ModelTensors& a, const ModelTensors& b, const UnitGroup& g) {
  if (g.inner.empty()) return found(gains_of_axes(a, b, g.axes, g.units));
  std::vector<UnitAxis> rest = g.axes;
  for (const auto& set : g.inner)
    std::erase_if(rest, [&](const UnitAxis& axis) { return std::ranges::any_of(set, [&](const UnitAxis& s) { return same_axis(s, axis); }); });
  return found_heads(g.units, g.inner.size(), gains_of_axes(a, b, rest, g.units),
                     [&](size_t s, int64_t i, int64_t j) { return gains_inside(a, b, g, g.inner[s], i, j); });
}

// Heads stay; of the places inside them those of the sets from `first` on move.
void match_inside_by_weights(const ModelTensors& a, const ModelTensors& b, const UnitGroup& g, size_t first) {
  for (size_t s = first; s < g.inner.size(); ++s)
    for (int64_t head = 0; head < g.units; ++head)
      if (const Found f = found(gains_inside(a, b, g, g.inner[s], head, head)); f.better()) reorder_inside(b, g.inner[s], head, f.order);
}

// Group by group, each given the others, in an order that is drawn anew for each sweep, until none can be bettered (section 3.2, algorithm 1). The product
// of all weights grows with every step, so that it ends.
int64_t match_weights(const ModelTensors& a, const ModelTensors& b, const std::vector<UnitGroup>& groups, int64_t sweeps, Rng& rng) {
  for (int64_t sweep = 1; sweep <= sweeps; ++sweep) {
    bool any = false;
    for (const int64_t g : rng.permutation(std::ssize(groups))) {
      const UnitGroup& group = groups[static_cast<size_t>(g)];
      const Found f = found_by_weights(a, b, group);
      if (f.better()) apply(b, group, f), any = true;
    }
    if (!any) return sweep;
  }
  return sweeps;
}

// --- by activations ------------------------------------------------------------------------------------------------

// What a model's units answer to a batch, by group: (tokens, units) of what they give; of heads all their places.
using Answers = std::map<const UnitGroup*, Tensor>;

class Listener {
 public:
  Listener(const Pretrained& model, const std::vector<UnitGroup>& groups) : groups_(groups) {
    const_cast<Pretrained&>(model).visit_modules([&](const std::string& name, Module& m) { names_[&m] = name; });
  }
  Answers hear(const CausalLm& model, const Tensor& tokens) const {
    std::map<const UnitGroup*, std::vector<Tensor>> heard;
    {
      NoTaps none;
      const Tap tap([&](const Site& site, const Tensor& y) {
        const auto name = names_.find(&site.layer);
        if (name != names_.end())
          for (const UnitGroup& g : groups_)
            if (belongs(g, site.kind, name->second, y)) heard[&g].push_back(contiguous(reshape(y, {-1, y.dim(-1)})));
        return Tensor();
      });
      const NoGrad no_grad;
      Pass pass = Pass::evaluation();
      model.logits(tokens, pass);
    }
    Answers all;
    for (const auto& [g, parts] : heard) all[g] = concat_rows(parts);
    return all;
  }

 private:
  static Tensor concat_rows(const std::vector<Tensor>& parts) {
    int64_t rows = 0;
    for (const Tensor& p : parts) rows += p.dim(0);
    const Tensor all = Tensor::empty({rows, parts[0].dim(1)});
    float* out = all.data<float>();
    for (const Tensor& p : parts) out = std::copy_n(p.data<float>(), p.numel(), out);
    return all;
  }
  static bool belongs(const UnitGroup& g, SiteKind kind, const std::string& module, const Tensor& y) {
    if (g.kind == UnitGroup::Kind::stream) return kind == SiteKind::residual && y.dim(-1) == g.units;
    const std::string& first = g.axes[0].tensor;
    if (!first.starts_with(module + ".")) return false;
    if (g.kind == UnitGroup::Kind::heads) return kind == SiteKind::heads;
    return kind == SiteKind::output && first.find('.', module.size() + 1) == first.npos && y.dim(-1) == g.units;
  }
  const std::vector<UnitGroup>& groups_;
  std::map<const Module*, std::string> names_;
};

// Sums from which the correlation of every unit of one model with every unit of the other follows.
struct Correlation {
  std::vector<double> sum_a = {}, sum_b = {}, square_a = {}, square_b = {};
  Tensor products = {};
  double n = 0;

  void add(const Tensor& a, const Tensor& b) {
    const Tensor both = matmul(transpose(a, 0, 1), b);
    if (!products.defined()) products = Tensor::zeros(both.shape(), Dtype::f64);
    const auto moments = [](const Tensor& x, std::vector<double>& sum, std::vector<double>& square) {
      sum.resize(static_cast<size_t>(x.dim(1))), square.resize(sum.size());
      for (int64_t i = 0; i < x.numel(); ++i) {
        const double v = x.data<float>()[i];
        sum[static_cast<size_t>(i % x.dim(1))] += v, square[static_cast<size_t>(i % x.dim(1))] += v * v;
      }
    };
    moments(a, sum_a, square_a), moments(b, sum_b, square_b);
    for (int64_t i = 0; i < both.numel(); ++i) products.data<double>()[i] += static_cast<double>(both.data<float>()[i]);
    n += static_cast<double>(a.dim(0));
  }
  // Units that never change correlate with none.
  Tensor matrix() const {
    const int64_t rows = products.dim(0), columns = products.dim(1);
    const Tensor r = Tensor::zeros({rows, columns});
    const auto spread = [&](double sum, double square) { return std::sqrt(std::max(0.0, square / n - sum * sum / n / n)); };
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j) {
        const auto a = static_cast<size_t>(i), b = static_cast<size_t>(j);
        const double both = spread(sum_a[a], square_a[a]) * spread(sum_b[b], square_b[b]);
        const double together = products.data<double>()[i * columns + j] / n - sum_a[a] * sum_b[b] / n / n;
        if (both > 0) r.data<float>()[i * columns + j] = static_cast<float>(together / both);
      }
    return r;
  }
};

void match_activations(const CausalLm& to, CausalLm& model, const ModelTensors& a, const ModelTensors& b, const std::vector<UnitGroup>& groups,
                       const AlignBatches& batches, int64_t rounds, std::vector<std::string>& notes) {
  const Listener ours(to, groups), theirs(model, groups);
  std::map<const UnitGroup*, Correlation> all;
  for (int64_t i = 0; i < rounds; ++i) {
    const Tensor tokens = batches().first;
    const Answers x = ours.hear(to, tokens), y = theirs.hear(model, tokens);
    for (const auto& [g, heard] : x) all[g].add(heard, y.at(g));
  }
  std::vector<std::string> unheard;
  for (const UnitGroup& g : groups) {
    const auto heard = all.find(&g);
    if (heard == all.end()) {
      unheard.push_back(g.name);
      if (const Found f = found_by_weights(a, b, g); f.better()) apply(b, g, f);
      continue;
    }
    const Tensor r = heard->second.matrix();
    Found f;
    if (g.kind != UnitGroup::Kind::heads) f = found(r);
    else {
      const int64_t H = g.units, D = r.dim(0) / H;
      const auto block = [&](int64_t i, int64_t j) { return contiguous(slice(slice(r, 0, i * D, (i + 1) * D), 1, j * D, (j + 1) * D)); };
      const bool inside = !g.inner.empty() && g.inner[0][0].inner == D;
      const Tensor fixed = Tensor::zeros({H, H});
      for (int64_t i = 0; i < H && !inside; ++i)
        for (int64_t j = 0; j < H; ++j) fixed.data<float>()[i * H + j] = static_cast<float>(trace(block(i, j)));
      f = found_heads(H, inside ? 1 : 0, fixed, [&](size_t, int64_t i, int64_t j) { return block(i, j); });
    }
    apply(b, g, f);
    if (g.kind == UnitGroup::Kind::heads) match_inside_by_weights(a, b, g, f.inside.size());
  }
  if (!unheard.empty()) notes.push_back(str("{} shows no activations: matched by weights", first_few(unheard)));
}

// --- by the loss half way --------------------------------------------------------------------------------------------

// w is free; the model is judged at (a + pi(b)) / 2, where pi brings b's units next to w's, and w takes the gradient there as if pi(b) were w (section 3.3,
// algorithm 2). The order with the least loss is kept.
int64_t match_midpoint(const ModelTensors& a, const ModelTensors& b, const Pretrained& like, const std::vector<UnitGroup>& groups, const AlignOptions& o,
                       const AlignBatches& batches, Rng& rng) {
  constexpr size_t kBatches = 4;
  std::vector<std::pair<Tensor, Tensor>> seen;
  while (seen.size() < kBatches) seen.push_back(batches());
  Rng nothing_drawn(RngMode::unset, 0);
  const std::unique_ptr<CausalLm> judged = build_causal_lm(like.config(), nothing_drawn), free = build_causal_lm(like.config(), nothing_drawn);
  const ModelTensors middle(*judged), w(*free);
  check_same_shape(middle, b);
  Parameters of_middle(judged->parameters()), of_w(free->parameters());
  int64_t sweeps = match_weights(a, b, groups, o.sweeps, rng);
  for (size_t k = 0; k < w.all().size(); ++k) copy_into(w.all()[k].tensor, b.all()[k].tensor);
  Adam adam(of_w, {});
  ModelTensors best = b.copied();
  double least = 0;
  for (int64_t step = 0; step <= o.steps; ++step) {
    if (step > 0) sweeps += match_weights(w, b, groups, 2, rng);
    for (size_t k = 0; k < middle.all().size(); ++k) {
      const float *const x = a.all()[k].tensor.data<float>(), *const y = b.all()[k].tensor.data<float>();
      float* const out = middle.all()[k].tensor.data<float>();
      for (int64_t j = 0, n = middle.all()[k].tensor.numel(); j < n; ++j) out[j] = 0.5f * (x[j] + y[j]);
    }
    of_middle.zero_grad();
    double loss = 0;
    for (const auto& [tokens, targets] : seen) {
      Pass pass = Pass::evaluation();
      const Tensor own = judged->loss(tokens, targets, pass);
      backward(own);
      loss += own.item() / static_cast<double>(kBatches);
    }
    if (step == 0 || loss < least) {
      least = loss;
      for (size_t k = 0; k < b.all().size(); ++k) copy_into(best.all()[k].tensor, b.all()[k].tensor);
    }
    copy_into(of_w.gradients(), of_middle.gradients());
    adam.step(o.rate);
  }
  for (size_t k = 0; k < b.all().size(); ++k) copy_into(b.all()[k].tensor, best.all()[k].tensor);
  return sweeps;
}

// Which units ended elsewhere: told by their numbers, each unit with those that it had.
std::vector<Aligned::Moved> moved_units(const ModelTensors& before, const ModelTensors& now, const std::vector<UnitGroup>& groups) {
  std::vector<Aligned::Moved> all;
  for (const UnitGroup& g : groups) {
    Aligned::Moved m{.group = g.name, .units = g.units};
    // Another group may have reordered a unit's own numbers; their sum of squares stays with it.
    std::vector<double> was(static_cast<size_t>(g.units)), is(was.size());
    for (const UnitAxis& axis : g.axes) {
      const Tensor x = rows_of_units(before, axis, g.units), y = rows_of_units(now, axis, g.units);
      for (int64_t i = 0; i < x.numel(); ++i) {
        const auto u = static_cast<size_t>(i / x.dim(1));
        was[u] += std::pow(static_cast<double>(x.data<float>()[i]), 2), is[u] += std::pow(static_cast<double>(y.data<float>()[i]), 2);
      }
    }
    for (size_t u = 0; u < was.size(); ++u) m.moved += std::abs(was[u] - is[u]) > 1e-9 * (was[u] + is[u]);
    all.push_back(std::move(m));
  }
  return all;
}

}  // namespace

void check_same_shape(const ModelTensors& a, const ModelTensors& b) {
  GRIM_CHECK(a.all().size() == b.all().size(), input, "align", "one model has {} tensors and the other {}: expected one shape", a.all().size(), b.all().size());
  for (size_t i = 0; i < a.all().size(); ++i) {
    const NamedTensor &x = a.all()[i], &y = b.all()[i];
    GRIM_CHECK(x.name == y.name && x.tensor.shape() == y.tensor.shape(), input, "align", "one model has '{}' {}, the other '{}' {}: expected one shape", x.name,
               x.tensor.shape(), y.name, y.tensor.shape());
  }
}

double cosine_of_weights(const ModelTensors& a, const ModelTensors& b) {
  double both = 0, x = 0, y = 0;
  for (size_t i = 0; i < a.all().size(); ++i) {
    both += inner_product(a.all()[i].tensor, b.all()[i].tensor);
    x += inner_product(a.all()[i].tensor, a.all()[i].tensor), y += inner_product(b.all()[i].tensor, b.all()[i].tensor);
  }
  return x * y > 0 ? both / std::sqrt(x * y) : 0;
}

Aligned align_units(const Pretrained& to, Pretrained& model, const AlignOptions& options, const AlignBatches& batches) {
  const ModelTensors a(to), b(model);
  check_same_shape(a, b);
  UnitGroups groups = unit_groups(model, options.seed);
  Aligned made{.before = cosine_of_weights(a, b), .notes = std::move(groups.notes)};
  const ModelTensors before = b.copied();
  Rng rng(RngMode::philox, options.seed, "align");
  if (options.by == AlignBy::weights) {
    made.sweeps = match_weights(a, b, groups.all, options.sweeps, rng);
  } else {
    const auto* const first = dynamic_cast<const CausalLm*>(&to);
    auto* const second = dynamic_cast<CausalLm*>(&model);
    GRIM_CHECK(batches, argument, "align", "got no text, expected one to match {} on", options.by == AlignBy::midpoint ? "losses" : "activations");
    GRIM_CHECK(first && second, input, "align", "these models do not predict the next token: expected matching by weights");
    constexpr int64_t kRounds = 8;
    if (options.by == AlignBy::midpoint) made.sweeps = match_midpoint(a, b, model, groups.all, options, batches, rng);
    else match_activations(*first, *second, a, b, groups.all, batches, kRounds, made.notes), made.sweeps = 1;
  }
  made.groups = moved_units(before, b, groups.all);
  made.after = cosine_of_weights(a, b);
  return made;
}

}  // namespace grim
