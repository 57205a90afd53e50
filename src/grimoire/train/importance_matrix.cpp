#include "grimoire/train/importance_matrix.h"

#include <algorithm>

#include "grimoire/autograd/tape.h"
#include "grimoire/hub/gguf_model.h"
#include "grimoire/nn/observed.h"
#include "grimoire/train/rolling.h"

namespace grim {

ImportanceMatrix measure_importance(CausalLm& model, std::span<const int64_t> ids, int64_t context) {
  check_rolling(model, ids, context, context);
  const std::vector<ObservedLayer> layers = observe_layers(model);
  const NoGrad evaluated;
  for (int64_t at = 0; at < std::ssize(ids); at += context) {
    const int64_t T = std::min(context, std::ssize(ids) - at);
    Pass pass = Pass::evaluation();
    model.logits(Tensor::from(std::vector<int64_t>(ids.begin() + at, ids.begin() + at + T), {1, T}), pass);
  }
  ImportanceMatrix all;
  for (const ObservedLayer& layer : layers) {
    if (layer.product->rows == 0) continue;
    const std::vector<double>& squares = layer.product->squares;
    all[gguf_name(layer.path + ".weight")] = {{squares.begin(), squares.end()}, static_cast<double>(layer.product->rows)};
  }
  return all;
}

}  // namespace grim
