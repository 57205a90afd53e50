#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/rng.h"
#include "grimoire/nn/activation.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/norm.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"
#include "grimoire/optim/optimizer.h"
#include "grimoire/theory/experiment.h"
#include "grimoire/theory/wide_net.h"

namespace grim {
namespace {

constexpr int64_t V = 27, kContext = 3, kEmbedding = 10, kHidden = 128, kLayers = 6, kLooked = 2000;

struct Start {
  double gain, last_scale;
  bool norm, residual;
};

// x -> embedding -> 6 tanh layers -> logits; with residuals a layer adds its tanh to what it read, from the second layer on.
struct Net : Module {
  struct Layer : Module {
    Layer(const std::string& name, Module& parent, int64_t in, const Start& start, Rng& rng)
        : Module(name, parent), linear{"linear", *this, kaiming_normal({in, kHidden}, start.gain, rng), zero_bias(kHidden)},
          norm(start.norm ? std::make_unique<BatchNorm>("norm", *this, kHidden) : nullptr) {}
    Tensor operator()(const Tensor& x, const Pass& pass) const { return tanh(norm ? (*norm)(linear(x), pass) : linear(x)); }
    Linear linear;
    std::unique_ptr<BatchNorm> norm;
  };

  Net(const Start& start, Rng& rng) : wte("wte", *this, V, kEmbedding, rng), residual(start.residual) {
    for (int64_t l = 0; l < kLayers; ++l)
      layers.push_back(std::make_unique<Layer>(str("layers.{}", l), *this, l == 0 ? kContext * kEmbedding : kHidden, start, rng));
    out = std::make_unique<Linear>("out", *this, kaiming_normal({kHidden, V}, start.last_scale, rng), zero_bias(V));
  }

  struct Trace {
    std::vector<Tensor> units, streams;  // of each layer: what its tanh gives, and what the next layer reads
  };
  Tensor logits(const Tensor& tokens, const Pass& pass, Trace* trace = nullptr) const {
    Tensor h = flatten(wte(tokens), 1, 2);  // (N, context * embedding)
    for (size_t l = 0; l < layers.size(); ++l) {
      const Tensor unit = (*layers[l])(h, pass);
      h = residual && l > 0 ? h + unit : unit;
      if (trace) trace->units.push_back(unit), trace->streams.push_back(h);
    }
    return (*out)(h);
  }

  Embedding wte;
  bool residual;
  std::vector<std::unique_ptr<Layer>> layers;
  std::unique_ptr<Linear> out;
};

double deviation(const Tensor& x) {
  double sum = 0, square = 0;
  const double n = static_cast<double>(x.numel());
  for (const double v : x.to_vector<double>()) sum += v, square += v * v;
  return std::sqrt(square / n - sum / n * (sum / n));
}
double saturated(const Tensor& x) {
  double count = 0;
  for (const float v : x.to_vector<float>()) count += std::abs(v) > .97f;
  return count / static_cast<double>(x.numel());
}

// Words of a made-up language: each symbol is drawn by softmax(a[one before] + b[two before]), tables of normal numbers.
class Language {
 public:
  explicit Language(uint64_t seed) : rng(RngMode::philox, seed, "language"), a(V * V), b(V * V), weights(V) {
    rng.fill_normal(std::span<float>(a), 0, 1.5f), rng.fill_normal(std::span<float>(b), 0, 1.5f);
  }
  int64_t next(int64_t one, int64_t two) {
    weigh(one, two);
    return rng.multinomial(weights);
  }
  // Windows of 3 symbols (N, 3) and what follows each (N).
  std::pair<Tensor, Tensor> examples(int64_t n) {
    std::vector<int64_t> text = {0, 0, 0}, x;
    for (int64_t i = 0; i < n; ++i) text.push_back(next(text.back(), text[text.size() - 2]));
    for (int64_t i = 0; i < n; ++i) x.insert(x.end(), text.begin() + i, text.begin() + i + kContext);
    return {Tensor::from(x, {n, kContext}), Tensor::from(std::vector<int64_t>(text.begin() + kContext, text.end()), {n})};
  }
  // Mean -ln of the true probability of what follows: what nobody can beat but by luck.
  double surprise(const std::pair<Tensor, Tensor>& examples) {
    const std::vector<int64_t> x = examples.first.to_vector<int64_t>(), y = examples.second.to_vector<int64_t>();
    double sum = 0;
    for (size_t i = 0; i < y.size(); ++i) {
      weigh(x[3 * i + 2], x[3 * i + 1]);
      sum -= std::log(weights[static_cast<size_t>(y[i])] / std::accumulate(weights.begin(), weights.end(), 0.0));
    }
    return sum / static_cast<double>(y.size());
  }

 private:
  void weigh(int64_t one, int64_t two) {
    for (size_t v = 0; v < static_cast<size_t>(V); ++v) weights[v] = std::exp(a[static_cast<size_t>(one * V) + v] + b[static_cast<size_t>(two * V) + v]);
  }
  Rng rng;
  std::vector<float> a, b, weights;
};

// Share saturated in the first and last layer, deviation behind the last, gradient's deviation last over first, and the loss.
std::vector<double> look_at(const Net& net, const std::pair<Tensor, Tensor>& data) {
  Net::Trace trace;
  double first = 0, last = 0;
  const Tensor loss = cross_entropy(net.logits(data.first, Pass::train(0, 0), &trace), data.second);
  on_grad(trace.streams.front(), [&](Tensor& dx) { first = deviation(dx); });
  on_grad(trace.streams.back(), [&](Tensor& dx) { last = deviation(dx); });
  backward(loss);
  return {saturated(trace.units.front()), saturated(trace.units.back()), deviation(trace.streams.back()), last / first, loss.item()};
}

// Loss after `steps` steps of SGD at .1 in batches of 32.
double train(const Net& net, Language language, int64_t steps, const std::pair<Tensor, Tensor>& judge) {
  Parameters parameters(net.parameters());
  Sgd sgd(parameters, {});
  for (int64_t step = 0; step < steps; ++step) {
    const auto [x, y] = language.examples(32);
    sgd.zero_grad();
    backward(cross_entropy(net.logits(x, Pass::train(0, static_cast<uint32_t>(step))), y));
    sgd.step(.1);
  }
  const NoGrad no_grad;
  return cross_entropy(net.logits(judge.first, Pass::train(0, 0)), judge.second).item();
}

Chart wide_chart() {
  Chart chart{.title = "wide tanh layers, exactly", .x_label = "layer", .y_label = "sd of the activations", .series = {}};
  for (const auto& [gain, name] : {std::pair{1.0, "gain 1"}, {5.0 / 3, "gain 5/3"}, {3.0, "gain 3"}}) {
    Series series{.name = name, .x = {}, .y = {}};
    for (const WideTanhLayer& layer : wide_tanh_layers(gain, 20))
      series.x.push_back(static_cast<double>(series.x.size() + 1)), series.y.push_back(layer.deviation);
    chart.series.push_back(std::move(series));
  }
  return chart;
}

}  // namespace

Experiment initialisation(const ExperimentSettings& settings) {
  Experiment e;
  e.question = "What do the first weights of a deep tanh network do to its units, its gradients and its training?";
  e.columns = {"gain", "norm", "residual", "sat. first", "sat. last", "sd last", "grad l/f", "first loss", "then"};
  Language language(settings.seed);
  const std::pair<Tensor, Tensor> data = language.examples(kLooked);
  const int64_t steps = settings.repeats(500, 5);
  double quiet = 0;
  for (const bool norm : {false, true})
    for (const bool residual : {false, true})
      for (const double gain : {1.0, 5.0 / 3, 3.0}) {
        settings.tell(str("gain {:.3g}", gain));
        const auto net = [&](double last_scale) {
          Rng rng(RngMode::philox, settings.seed, "init");
          return std::make_unique<Net>(Start{gain, last_scale, norm, residual}, rng);
        };
        const auto loud = net(1), trained = net(.1);
        for (const NamedTensor& p : loud->parameters()) requires_grad(p.tensor);
        std::vector<double> row = {gain, norm ? 1.0 : 0.0, residual ? 1.0 : 0.0};
        for (const double v : look_at(*loud, data)) row.push_back(v);
        quiet = std::max(quiet, train(*net(.1), language, 0, data));
        row.push_back(train(*trained, language, steps, data));
        e.rows.push_back(row);
      }
  e.charts.push_back(wide_chart());
  e.answer = str("Without a norm the gain decides: at 1 signals fade layer by layer (wide layers: sd {:.4f} after 6) and so do gradients on their way "
                 "back, at 5/3 signals hold ({:.4f}), at 3 {:.0f} percent of the units are saturated and gradients grow towards the input. BatchNorm makes the "
                 "start the same for every gain. Residuals add up: the sum grows, gradients grow towards the input, and nothing fades at gain 1. The first "
                 "loss should be ln V = {:.4f}: a last layer at a tenth brings all twelve to {:.4f} or less, from which they were trained for {} steps. The "
                 "made-up language itself has {:.4f}.",
                 wide_tanh_layers(1, 6).back().deviation, wide_tanh_layers(5.0 / 3, 6).back().deviation, 100 * wide_tanh_layers(3, 6).back().saturated,
                 std::log(static_cast<double>(V)), quiet, steps, language.surprise(data));
  return e;
}

}  // namespace grim
