#include "grimoire/nn/experts.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/nn/init.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/sort.h"
#include "grimoire/op/view.h"
#include "grimoire/op/with_loss.h"
#include "grimoire/tensor/random.h"

namespace grim {
namespace {

constexpr double kGateStd = 0.02;
thread_local RouterScope* innermost = nullptr;
thread_local bool even = false;

ExpertOptions checked(const ExpertOptions& o) {
  GRIM_CHECK(o.experts > 0 && o.per_token > 0 && o.per_token <= o.experts, argument, "experts",
             "a token visits " GRIM_SETTING("experts-per-token") " of " GRIM_SETTING("experts") ": got {} of {}, expected from 1 to as many as there are",
             o.per_token, o.experts);
  return o;
}

int64_t capacity_of(const ExpertOptions& o, int64_t tokens) {
  if (o.capacity <= 0) return 0;
  return std::max<int64_t>(1, std::llround(std::ceil(o.capacity * static_cast<double>(o.per_token * tokens) / static_cast<double>(o.experts))));
}

Tensor in_turn(int64_t rows, const ExpertOptions& o) {
  std::vector<int64_t> chosen;
  for (int64_t i = 0; i < rows * o.per_token; ++i) chosen.push_back(i % o.experts);
  return Tensor::from(chosen, {rows, o.per_token});
}

}  // namespace

EvenRouting::EvenRouting() : before_(std::exchange(even, true)) {}
EvenRouting::~EvenRouting() { even = before_; }

Routed routed(const Tensor& scores, const ExpertOptions& o, bool training) {
  const Tensor chosen = even ? in_turn(scores.dim(0), o) : topk(detach(scores), o.per_token).indices;
  const Tensor weights = o.weights == RouterWeights::chosen ? softmax(gather(scores, 1, chosen), -1) : gather(softmax(scores, -1), 1, chosen);
  return {chosen, weights, routing(chosen, o.experts, training ? capacity_of(o, scores.dim(0)) : 0)};
}

// L = E sum_e f_e P_e: f has no slope, dL/dp_ne = E f_e / N.
Tensor balance_loss(const Tensor& scores, const Routing& r) {
  const auto E = static_cast<double>(r.chosen.size());
  const auto all = static_cast<double>(std::accumulate(r.chosen.begin(), r.chosen.end(), int64_t{0}));
  std::vector<double> shares;
  for (const int64_t n : r.chosen) shares.push_back(E * static_cast<double>(n) / all);
  const Tensor f = convert(Tensor::from(shares, {std::ssize(shares)}), scores.dtype());
  return sum(mean(softmax(scores, -1), 0) * f);
}

// log sum_e exp(s_e) = s_0 - log softmax(s)_0
Tensor router_z_loss(const Tensor& scores) {
  const Tensor z = select(scores, 1, 0) - select(log_softmax(scores, -1), 1, 0);
  return mean(z * z);
}

// --- what they did ---------------------------------------------------------------------------------------------------

double RouterLog::Layer::busiest() const {
  const auto all = static_cast<double>(std::accumulate(load.begin(), load.end(), int64_t{0}));
  return all > 0 ? static_cast<double>(std::ranges::max(load)) * static_cast<double>(load.size()) / all : 0;
}

void RouterLog::add(const Module& layer, const Tensor& scores, const Routed& to) {
  const NoGrad no_grad;
  auto at = std::ranges::find(layers, &layer, &Layer::layer);
  if (at == layers.end()) at = layers.insert(at, {.layer = &layer, .load = std::vector<int64_t>(to.routing.chosen.size(), 0)});
  std::ranges::transform(at->load, to.routing.chosen, at->load.begin(), std::plus());
  at->tokens += to.routing.rows();
  at->choices += to.routing.place.numel();
  at->dropped += to.routing.dropped();
  ++at->passes;
  at->balance += balance_loss(scores, to.routing).item();
  at->z += router_z_loss(scores).item();
  const Tensor log_p = log_softmax(scores, -1);
  at->entropy -= sum(exp(log_p) * log_p).item();
}

double RouterLog::busiest() const {
  double most = 0;
  for (const Layer& l : layers) most = std::max(most, l.busiest());
  return most;
}

double RouterLog::mean_balance() const {
  double sum = 0;
  for (const Layer& l : layers) sum += l.mean_balance();
  return layers.empty() ? 0 : sum / static_cast<double>(layers.size());
}

double RouterLog::dropped() const {
  int64_t choices = 0, dropped = 0;
  for (const Layer& l : layers) choices += l.choices, dropped += l.dropped;
  return choices > 0 ? static_cast<double>(dropped) / static_cast<double>(choices) : 0;
}

RouterScope::RouterScope(double weight, RouterLog* log) : weight_(weight), log_(log), before_(std::exchange(innermost, this)) {}
RouterScope::~RouterScope() { innermost = before_; }

// --- the layer -------------------------------------------------------------------------------------------------------

Experts::Experts(const std::string& name, Module& parent, const ExpertOptions& options, int64_t width, Rng& rng, const Make& make)
    : FeedForward(name, parent), options_(checked(options)),
      gate_("gate", *this, std::make_unique<Dense>(normal_init({options.experts, width}, kGateStd, rng), WeightLayout::out_in)) {
  for (int64_t e = 0; e < options.experts; ++e) experts_.push_back(make("experts." + std::to_string(e), *this, 1));
  if (options.shared > 0) shared_ = make("shared_expert", *this, options.shared);
}

Tensor Experts::operator()(const Tensor& x, Pass& pass) const {
  const Tensor rows = reshape(x, {-1, x.dim(-1)});  // (N, C)
  if (rows.dim(0) == 0) return x;
  Tensor seen = widened(rows);  // the choice is made in f32, whatever else is computed in
  if (pass.training && options_.jitter > 0) {
    const DropoutKey key = pass.next_key();
    Rng rng(RngMode::philox, key.seed, key.stream, key.step);
    seen = seen * uniform(seen.shape(), 1 - options_.jitter, 1 + options_.jitter, rng, seen.dtype());
  }
  const Tensor scores = gate_(seen);  // (N, E)
  const Routed to = routed(scores, options_, pass.training);
  const Tensor sent = dispatched(rows, to.routing);  // (M, C)
  std::vector<Tensor> answers;
  for (size_t e = 0; e < experts_.size(); ++e) {
    const int64_t begin = to.routing.begin[e], end = to.routing.begin[e + 1];
    answers.push_back(begin == end ? Tensor() : (*experts_[e])(slice(sent, 0, begin, end), pass));
  }
  Tensor y = combined(answers, to.weights, to.routing);  // (N, C)
  if (shared_) y = y + (*shared_)(rows, pass);
  if (innermost && innermost->log_) innermost->log_->add(*this, scores, to);
  if (pass.training && grad_enabled()) {
    const double weight = innermost ? innermost->weight_ : 1;
    if (options_.balance_loss > 0) y = with_loss(y, balance_loss(scores, to.routing), options_.balance_loss * weight);
    if (options_.z_loss > 0) y = with_loss(y, router_z_loss(scores), options_.z_loss * weight);
  }
  return reshape(y, x.shape());
}

std::vector<std::pair<std::string, const Experts*>> experts_in(Module& root) {
  std::vector<std::pair<std::string, const Experts*>> all;
  root.visit_modules([&](const std::string& path, Module& module) {
    if (const auto* const layer = dynamic_cast<const Experts*>(&module)) all.emplace_back(path, layer);
  });
  return all;
}

}  // namespace grim
