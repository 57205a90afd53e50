// What an outside program can do to a trained gpt without touching the library: train an adapter of its own on TEXT, and put the residual
// stream of one run into another.   seams RUN TEXT
#include <grimoire/grimoire.h>

#include <iostream>

#include "lora.h"
#include "patch.h"

using namespace grim;

int main(int argc, char** argv) try {
  if (argc != 3) throw Error(ErrorKind::usage, "expected RUN TEXT");
  const TrainedModel trained = load_trained(argv[1]);
  CausalLm& model = *trained.model;
  const std::vector<int64_t> ids = trained.tokenizer->encode(argv[2], "the text");
  const auto T = static_cast<int64_t>(ids.size()) - 1;
  if (T < 2 || T > model.context()) throw Error(ErrorKind::usage, str("the text has {} tokens, expected 3 to {}", T + 1, model.context() + 1));
  const Tensor all = Tensor::from(ids, {1, T + 1}), tokens = slice(all, 1, 0, T), targets = slice(all, 1, 1, T + 1);
  const auto loss = [&] {
    Pass pass = Pass::train(0, 0);
    return model.loss(tokens, targets, pass);
  };

  Rng rng(RngMode::philox, 1, "lora");
  const double before = loss().item();
  Parameters adapters(add_lora(model, {"attn.c_attn", "mlp.c_fc", "lm_head"}, 4, 8, rng));
  const double untrained = loss().item();
  Adam adam(adapters, {});
  for (int step = 0; step < 60; ++step) {
    adam.zero_grad();
    backward(loss());
    adam.step(0.01);
  }
  const double after = loss().item();
  std::cout << adapters.count() << " numbers trained: loss " << before << ", with the adapter " << untrained << ", trained " << after << "\n";

  const Tensor other = Tensor::full({1, T}, static_cast<double>(ids[0]), Dtype::i64);
  const Tensor residual = kept_residual(model, "transformer.h.0", tokens);
  const NoGrad no_grad;
  Pass pass = Pass::evaluation();
  const Tensor wanted = model.logits(tokens, pass), plain = model.logits(other, pass), patched = patched_logits(model, "transformer.h.0", other, residual);
  const double apart = max(abs(plain - wanted)).item(), left = max(abs(patched - wanted)).item();
  std::cout << "other tokens: logits " << apart << " apart, patched " << left << " apart\n";
  return after < 0.5 * before && apart > 0 && left == 0 ? 0 : 1;
} catch (const Error& e) {
  std::cerr << "error: " << e.what() << "\n";
  return 2;
}
