// How many numbers a model has, from its config.json alone.
#include <algorithm>

#include "grimoire/model/bow.h"
#include "grimoire/model/gpt.h"
#include "grimoire/model/language_model.h"
#include "grimoire/model/mlp.h"
#include "grimoire/model/recurrent.h"
#include "grimoire/model/wavenet.h"

namespace grim {
namespace {

double count(const GptConfig& c) {
  const double V = double(c.vocab_size), T = double(c.n_positions), C = double(c.n_embd), F = double(c.inner()), bias = c.biases ? 1 : 0;
  const double block = 4 * C * C + 2 * C * F + 2 * C + bias * (4 * C + F + C + 2 * C);  // q, k, v, out; in, out; two norms
  return (c.tied ? V * C : 2 * V * C) + T * C + double(c.n_layer) * block + C + bias * C;
}

double count(const MlpConfig& c) {
  const double V = double(c.vocab_size), E = double(c.n_embd), H = double(c.n_hidden);
  const double beside = c.batch_norm ? 2 * H : H;  // of each hidden layer: its norm, or its bias
  return V * E + double(c.context) * E * H + beside + double(c.n_layer - 1) * (H * H + beside) + H * V + V;
}

double count(const WaveNetConfig& c) {
  const double V = double(c.vocab_size), H = double(c.n_hidden);
  double width = double(c.n_embd), sum = V * width;
  for (int64_t T = c.context; T > 1; T /= 2, width = H) sum += 2 * width * H + 2 * H;
  return sum + width * V + V;
}

double count(const BowConfig& c) {
  const double V = double(c.vocab_size), E = double(c.n_embd), H = double(c.n_hidden);
  return V * E + double(c.context) * E + E * H + H + H * E + E + E * V + V;
}

double count(const RecurrentConfig& c) {
  const double V = double(c.vocab_size), H = double(c.n_hidden), gates = double(gate_count(c.cell));
  const auto cell = [&](double in) { return gates * (in * H + H * H + 2 * H); };
  return V * double(c.n_embd) + cell(double(c.n_embd)) + double(c.n_layer - 1) * cell(H) + H * V + V;
}

double count_of(const Json& config) {
  const std::string type = config.text("model_type");
  if (type == "gpt2") return count(GptConfig::from_json(config));
  if (type == "mlp") return count(MlpConfig::from_json(config));
  if (type == "wavenet") return count(WaveNetConfig::from_json(config));
  if (type == "bow") return count(BowConfig::from_json(config));
  if (type == "rnn" || type == "gru" || type == "lstm") return count(RecurrentConfig::from_json(config));
  const double V = double(config.integer("vocab_size"));
  return type == "neural-bigram" ? V * V : 0;
}

}  // namespace

int64_t parameter_count(const Json& config) { return static_cast<int64_t>(std::min(count_of(config), 4e18)); }

}  // namespace grim
