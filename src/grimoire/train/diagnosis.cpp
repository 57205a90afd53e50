#include "grimoire/train/diagnosis.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/binary.h"
#include "grimoire/op/reduce.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/random.h"

namespace grim {
namespace {

constexpr size_t kBins = 32;
constexpr double kSaturated = 0.97;

void judge_start(Diagnosis& d) {
  if (std::isnan(d.uniform_loss) || std::isnan(d.initial_loss)) return;
  const bool good = d.initial_loss < d.uniform_loss + 0.3;
  d.verdicts.push_back({good ? Verdict::Tone::good : Verdict::Tone::warning,
                        good ? str("initial loss {:.3f}, ln V is {:.3f}: the first guess is indifferent, as it should be", d.initial_loss, d.uniform_loss)
                             : str("initial loss {:.3f}, ln V is {:.3f}: the output layer starts too sure of itself; scale its initial weights down",
                                   d.initial_loss, d.uniform_loss)});
}

void judge_layers(Diagnosis& d) {
  const auto warn = [&](const std::string& text) { d.verdicts.push_back({Verdict::Tone::warning, text}); };
  const size_t before = d.verdicts.size();
  double smallest = INFINITY, largest = 0;
  for (const LayerReport& l : d.layers) {
    if (!l.activation.finite || !l.gradient.finite) warn(str("{}: its values or gradients are not finite", l.name));
    if (l.activation.bounded) d.saturated = std::max(d.saturated, l.activation.saturated);
    if (l.activation.bounded && l.activation.saturated > 0.2)
      warn(str("{}: {:.0f} % of its tanh values lie beyond 0.97: its inputs are too wide, the gain is too high", l.name, 100 * l.activation.saturated));
    if (l.activation.zeros > 0.9 && l.activation.low >= 0) warn(str("{}: {:.0f} % of its values are zero: dead units", l.name, 100 * l.activation.zeros));
    if (l.activation.std < 1e-4) warn(str("{}: its values hardly differ (std {:.1e}): the signal is lost here", l.name, l.activation.std));
    if (l.gradient.std > 0) {
      smallest = std::min(smallest, l.gradient.std);
      largest = std::max(largest, l.gradient.std);
    }
  }
  if (largest > 1000 * smallest) warn(str("gradients differ {:.0f}-fold between layers: they vanish or explode on the way back", largest / smallest));
  if (d.verdicts.size() == before) d.verdicts.push_back({Verdict::Tone::good, "no layer is saturated or dead, and gradients reach all of them"});
}

void judge_updates(Diagnosis& d) {
  std::vector<double> ratios;
  for (const WeightReport& w : d.weights)
    if (w.shape.ndim() >= 2 && w.update_to_data > 0) ratios.push_back(std::log10(w.update_to_data));
  if (ratios.empty()) return;
  std::nth_element(ratios.begin(), ratios.begin() + static_cast<int64_t>(ratios.size() / 2), ratios.end());
  const double middle = d.update = ratios[ratios.size() / 2];
  const std::string said = str("a step moves weights by 10^{:.1f} of their size (10^-3 is a good value)", middle);
  if (middle > -1.5) d.verdicts.push_back({Verdict::Tone::warning, said + ": the learning rate is too high"});
  else if (middle < -5.5) d.verdicts.push_back({Verdict::Tone::warning, said + ": the learning rate is too low, or training is over"});
  else d.verdicts.push_back({Verdict::Tone::good, said});
}

void judge_back(Diagnosis& d) {
  if (d.back.shares.empty()) return;
  const double largest = *std::ranges::max_element(d.back.shares);
  const int64_t tenth = d.back.tenth(), steps = std::ssize(d.back.shares) - 1;
  const auto say = [&](Verdict::Tone tone, const std::string& what) {
    d.verdicts.push_back({tone, str("{}: of a gradient at its last state {}", d.back.cell, what)});
  };
  if (largest > 10) say(Verdict::Tone::warning, str("comes {:.0f} times as much on the way back: it explodes; clip gradients", largest));
  else if (tenth < 0) say(Verdict::Tone::good, str("more than a tenth is left {} steps back, at its first", steps));
  else say(Verdict::Tone::good, str("a tenth is left {} of {} steps back: of what stood before it hardly learns", tenth, steps));
}

Json json_of(const Spread& s) {
  return Json::object({{"mean", s.mean}, {"std", s.std}, {"low", s.low}, {"high", s.high}, {"saturated", s.saturated}, {"zeros", s.zeros},
                       {"finite", s.finite}, {"histogram", Json::array_of(s.histogram)}});
}

// f(value) of every element; a dense tensor is read in place.
template <class F> void each_value(const Tensor& x, F&& f) {
  const Tensor dense = contiguous(x);
  const auto walk = [&](const auto* p) { std::for_each(p, p + dense.numel(), [&](auto v) { f(static_cast<double>(v)); }); };
  if (x.dtype() == Dtype::f32) walk(dense.data<float>());
  else if (x.dtype() == Dtype::f64) walk(dense.data<double>());
  else for (double v : dense.to_vector<double>()) f(v);
}

double std_of_difference(const Tensor& a, const Tensor& b) {
  const std::vector<double> x = a.to_vector<double>(), y = b.to_vector<double>();
  double sum = 0, squares = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    sum += x[i] - y[i];
    squares += (x[i] - y[i]) * (x[i] - y[i]);
  }
  const auto n = static_cast<double>(x.size());
  return std::sqrt(std::max(0.0, squares / n - sum / n * (sum / n)));
}

}  // namespace

Spread spread_of(const Tensor& x) {
  Spread s;
  s.histogram.assign(kBins, 0);
  if (x.numel() == 0) return s;
  double sum = 0, squares = 0;
  s.low = INFINITY;
  s.high = -INFINITY;
  int64_t saturated = 0, zeros = 0;
  each_value(x, [&](double value) {
    s.finite = s.finite && std::isfinite(value);
    sum += value;
    squares += value * value;
    s.low = std::min(s.low, value);
    s.high = std::max(s.high, value);
    saturated += std::abs(value) > kSaturated;
    zeros += value == 0;
  });
  const auto n = static_cast<double>(x.numel());
  s.mean = sum / n;
  s.std = std::sqrt(std::max(0.0, squares / n - s.mean * s.mean));
  s.zeros = static_cast<double>(zeros) / n;
  s.bounded = s.low >= -1 && s.high <= 1 && s.low < 0;
  s.saturated = s.bounded ? static_cast<double>(saturated) / n : 0;
  const double width = s.high - s.low;
  if (s.finite)
    each_value(x, [&](double value) {
      ++s.histogram[width > 0 ? std::min(kBins - 1, static_cast<size_t>((value - s.low) / width * static_cast<double>(kBins))) : kBins / 2];
    });
  return s;
}

bool Diagnosis::healthy() const {
  return std::none_of(verdicts.begin(), verdicts.end(), [](const Verdict& v) { return v.tone == Verdict::Tone::warning; });
}

int64_t BackThroughTime::tenth() const {
  const auto found = std::ranges::find_if(shares, [](double share) { return share <= 0.1; });
  return found == shares.end() ? -1 : found - shares.begin();
}

// A state's gradient is complete in the middle of the backward pass: what it is behind that is that of all paths to the last state.
BackThroughTime back_through_time(Task& task, std::span<const int64_t> rows) {
  BackThroughTime back;
  std::map<const Module*, std::string> names;
  task.model().visit_modules([&](const std::string& name, Module& module) { names[&module] = name; });
  const Module* last = nullptr;
  std::vector<Tensor> states;
  Pass pass;
  Tensor loss;  // holds the graph
  {
    const Tap tap([&](const Site& site, const Tensor& y) {
      if (site.kind != SiteKind::state || !tracked(y)) return Tensor();
      if (&site.layer != last) states.clear();
      last = &site.layer;
      states.push_back(y);
      return Tensor();
    });
    loss = task.loss(rows, pass);
  }
  if (states.size() < 2) return back;
  std::vector<double> norms(states.size());
  for (size_t i = 0; i < states.size(); ++i)
    on_grad(states[i], [&norms, i](Tensor& g) {
      double squares = 0;
      each_value(g, [&](double v) { squares += v * v; });
      norms[i] = std::sqrt(squares);
    });
  Rng rng(RngMode::philox, 1, "back through time");
  backward(sum(states.back() * randn(states.back().shape(), rng)));
  back.cell = names[last];
  for (size_t i = norms.size(); i-- > 0;) back.shares.push_back(norms.back() > 0 ? norms[i] / norms.back() : 0);
  return back;
}

double initial_loss(const RunConfig& config, const TaskSource& source, const std::string& checkpoint) {
  if (!config.init_from.empty() && !exists(config.init_from)) return NAN;  // what it began with has gone since
  return Trainer(config, source, config.init_from.empty() ? checkpoint : "").step().loss;
}

Diagnosis diagnose(Trainer& trainer, double initial_loss) {
  Task& task = trainer.task();
  std::map<const Module*, std::string> names;
  task.model().visit_modules([&](const std::string& name, Module& module) { names[&module] = name; });
  Diagnosis d;
  d.initial_loss = initial_loss;
  d.step = trainer.position.step;
  d.uniform_loss = task.guessing();
  std::vector<int64_t> rows(static_cast<size_t>(std::min<int64_t>(task.rows(), 32)));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  d.back = back_through_time(task, rows);
  std::vector<Tensor> before;
  for (const Parameters::Range& r : trainer.parameters().ranges()) before.push_back(copy(r.tensor));
  std::vector<LayerReport> layers;
  {
    const Tap tap([&](const Site& site, const Tensor& y) {
      if (site.kind != SiteKind::output) return Tensor();
      layers.push_back({names[&site.layer], spread_of(y), {}});
      if (tracked(y)) on_grad(y, [&layers, at = layers.size() - 1](Tensor& g) { layers[at].gradient = spread_of(g); });
      return Tensor();
    });
    const Trainer::Step step = trainer.step();
    d.loss = step.loss;
    d.epochs = static_cast<double>(d.step) * step.weight / task.full_weight();
    d.lr = step.lr;
  }
  d.layers = std::move(layers);
  for (size_t i = 0; i < before.size(); ++i) {
    const Parameters::Range& r = trainer.parameters().ranges()[i];
    WeightReport w{r.name, r.tensor.shape(), spread_of(before[i]), 0, 0};
    const Tensor g = grad(r.tensor);
    if (w.weight.std > 0) {
      w.gradient_to_data = g.defined() ? spread_of(g).std / w.weight.std : 0;
      w.update_to_data = std_of_difference(r.tensor, before[i]) / w.weight.std;
    }
    d.weights.push_back(std::move(w));
  }
  judge_start(d);
  judge_layers(d);
  judge_updates(d);
  judge_back(d);
  return d;
}

void judge_learning(Diagnosis& d, const Curves& curves, const std::string& folder, const std::string& rival, double target) {
  d.learning = judge_learning(curves, {.uniform_loss = d.uniform_loss, .first_loss = d.initial_loss, .target = target, .update = d.update,
                                       .saturated = d.saturated, .epochs = d.epochs, .step = d.step, .folder = folder, .rival = rival});
  const bool good = d.learning.kind == LearningKind::good;
  std::string text = d.learning.text;
  if (!d.learning.advice.empty()) text += ". Next: " + d.learning.advice;
  d.verdicts.insert(d.verdicts.begin(), {good ? Verdict::Tone::good : Verdict::Tone::warning, text});
  if (curves.cut_line && d.learning.kind != LearningKind::unknown)  // else it says so
    d.verdicts.push_back({Verdict::Tone::good, str("{}, as a killed run leaves it: that line is not read", curves.cut_in_words())});
}

Json to_json(const Diagnosis& d) {
  Json layers = Json::array(), weights = Json::array(), verdicts = Json::array();
  for (const LayerReport& l : d.layers)
    layers.push(Json::object({{"name", l.name}, {"activation", json_of(l.activation)}, {"gradient", json_of(l.gradient)}}));
  for (const WeightReport& w : d.weights)
    weights.push(Json::object({{"name", w.name}, {"shape", Json::array_of(w.shape)}, {"weight", json_of(w.weight)},
                               {"gradient_to_data", w.gradient_to_data}, {"update_to_data", w.update_to_data}}));
  for (const Verdict& v : d.verdicts)
    verdicts.push(Json::object({{"tone", v.tone == Verdict::Tone::good ? "good" : "warning"}, {"text", v.text}}));
  return Json::object({{"step", d.step}, {"checkpoint", d.source}, {"healthy", d.healthy()}, {"initial_loss", d.initial_loss}, {"uniform_loss", d.uniform_loss},
                       {"loss", d.loss}, {"lr", d.lr}, {"learning", to_json(d.learning)}, {"verdicts", verdicts}, {"layers", layers}, {"weights", weights},
                       {"back_through_time", Json::object({{"cell", d.back.cell}, {"shares", Json::array_of(d.back.shares)}})}});
}

}  // namespace grim
