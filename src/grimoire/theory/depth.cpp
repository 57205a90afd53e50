#include <algorithm>
#include <cmath>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/nn/linear.h"
#include "grimoire/op/loss.h"
#include "grimoire/optim/optimizer.h"
#include "grimoire/tensor/random.h"
#include "grimoire/theory/experiment.h"

namespace grim {
namespace {

constexpr int64_t kDeepLayers = 5, kDeepWidth = 16, kBatch = 128, kGrid = 1024;
constexpr uint64_t kStarts = 4;

int64_t tent_cells(int64_t k) {
  GRIM_CHECK(k >= 1 && k <= 24, argument, "tents", "k {}, expected 1 to 24", k);
  return int64_t{2} << k;  // every bend of T^k lies on this grid, and so does a point between each two of them
}

// A net on a line: hidden ReLU layers of one width, one number out. Both kinds start so that the bends of the first layer lie spread
// over the interval.
struct LineNet : Module {
  LineNet(int64_t layers, int64_t width, Rng& rng) {
    for (int64_t l = 0; l < layers; ++l)
      hidden.push_back(l == 0 ? std::make_unique<Linear>("hidden.0", *this, 1, width, rng)
                              : std::make_unique<Linear>(str("hidden.{}", l), *this, kaiming_normal({width, width}, Gain::relu, rng), zero_bias(width)));
    out = std::make_unique<Linear>("out", *this, width, 1, rng);
  }
  Tensor operator()(Tensor x) const {  // (N, 1) on [-1, 1]
    for (const auto& layer : hidden) x = (*layer)(x, Activation::relu);
    return (*out)(x);
  }
  std::vector<std::unique_ptr<Linear>> hidden;
  std::unique_ptr<Linear> out;
};

struct Points {
  Tensor x, y;  // (N, 1): places on [-1, 1], T^k of them moved to [0, 1]
};
Points points_at(const std::vector<float>& places, int64_t k) {
  std::vector<float> x, y;
  for (const float p : places) x.push_back(2 * p - 1), y.push_back(static_cast<float>(tents(p, k)));
  const auto n = static_cast<int64_t>(x.size());
  return {Tensor::from(x, {n, 1}), Tensor::from(y, {n, 1})};
}

// Root mean square error on a grid after `steps` steps of Adam, its rate falling in a straight line to 0.
double trained_error(int64_t layers, int64_t width, double rate, int64_t k, int64_t steps, uint64_t seed) {
  Rng init(RngMode::philox, seed, "init"), draws(RngMode::philox, seed, "batch");
  const LineNet net(layers, width, init);
  Parameters parameters(net.parameters());
  Adam adam(parameters, {});
  std::vector<float> places(kBatch);
  for (int64_t step = 0; step < steps; ++step) {
    draws.fill_uniform(std::span<float>(places));
    const Points batch = points_at(places, k);
    adam.zero_grad();
    backward(mse_loss(net(batch.x), batch.y));
    adam.step(rate * (1 - static_cast<double>(step) / static_cast<double>(steps)));
  }
  std::vector<float> grid;
  for (int64_t i = 0; i <= kGrid; ++i) grid.push_back(static_cast<float>(i) / kGrid);
  const Points all = points_at(grid, k);
  const NoGrad no_grad;
  return std::sqrt(mse_loss(net(all.x), all.y).item());
}

}  // namespace

double tents(double x, int64_t k) {
  for (int64_t i = 0; i < k; ++i) x = x < 0.5 ? 2 * x : 2 - 2 * x;
  return x;
}

// T(x) = 2 relu(x) - 4 relu(x - 1/2) on [0, 1]: each layer's two units read one number, the next layer's weights put it together.
double deep_tents(double x, int64_t k) {
  for (int64_t i = 0; i < k; ++i) x = 2 * std::max(x, 0.0) - 4 * std::max(x - 0.5, 0.0);
  return x;
}

int64_t tent_pieces(int64_t k) {
  const int64_t cells = tent_cells(k);
  int64_t pieces = 0;
  double slope = 0, before = deep_tents(0, k);
  for (int64_t i = 1; i <= cells; ++i) {
    const double now = deep_tents(static_cast<double>(i) / static_cast<double>(cells), k);
    if (now - before != slope) ++pieces;
    slope = now - before, before = now;
  }
  return pieces;
}

Experiment depth(const ExperimentSettings& settings) {
  Experiment e;
  e.question = "What can a deep net do with few units that a shallow one cannot, and does training find it?";
  e.columns = {"k", "pieces", "deep units", "deep error", "flat units >=", "deep trained", "flat trained"};
  const int64_t deep = 2 * kDeepWidth + (kDeepLayers - 1) * kDeepWidth * (kDeepWidth + 1) + kDeepWidth + 1, flat = (deep - 1) / 3;
  const int64_t steps = settings.repeats(5000, 20);
  Chart chart{.title = str("root mean square error after training, {} parameters each", deep), .x_label = "k", .y_label = "error", .series = {}};
  chart.series = {{.name = "deep", .x = {}, .y = {}}, {.name = "one hidden layer", .x = {}, .y = {}}};
  for (int64_t k = 1; k <= 6; ++k) {
    double worst = 0, errors[2] = {INFINITY, INFINITY};
    for (int64_t i = 0; i <= tent_cells(k); ++i) {
      const double x = static_cast<double>(i) / static_cast<double>(tent_cells(k));
      worst = std::max(worst, std::abs(deep_tents(x, k) - tents(x, k)));
    }
    for (uint64_t start = 0; start < kStarts; ++start) {  // the best of them
      settings.tell(str("k = {}", k));
      errors[0] = std::min(errors[0], trained_error(kDeepLayers, kDeepWidth, 6e-3, k, steps, kStarts * settings.seed + start));
      errors[1] = std::min(errors[1], trained_error(1, flat, 1e-2, k, steps, kStarts * settings.seed + start));
    }
    const double pieces = static_cast<double>(tent_pieces(k)), at = static_cast<double>(k);
    e.rows.push_back({at, pieces, 2 * at, worst, pieces - 1, errors[0], errors[1]});
    for (size_t s = 0; s < 2; ++s) chart.series[s].x.push_back(at), chart.series[s].y.push_back(errors[s]);
  }
  e.charts.push_back(std::move(chart));
  e.answer = str("Written down by hand, 2k units in k layers fold the line k times and are exact; one hidden layer bends once a unit and needs 2^k - 1. "
                 "Trained for {} steps with {} parameters each (deep: {} layers of {}; flat: {} units; the best of {} starts), both learn few pieces, and the "
                 "flat net is the first to give up, though it has units enough. With many pieces neither finds what the deep one could hold: both answer the "
                 "mean, whose error is {:.4f}. That a net can express a function does not say that gradient descent finds it.",
                 steps, deep, kDeepLayers, kDeepWidth, flat, kStarts, 1 / std::sqrt(12.0));
  return e;
}

}  // namespace grim
