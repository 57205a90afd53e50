// Fits y = sin 3x with a small network: tensors, gradients and an optimiser in twenty lines.
#include <grimoire/grimoire.h>

#include <iostream>

using namespace grim;

int main() {
  Rng rng(RngMode::philox, 42);
  const Tensor x = rand({256, 1}, rng) * 2.0 - 1.0, y = sin(x * 3.0);
  Module net;
  Linear hidden("hidden", net, 1, 64, rng), out("out", net, 64, 1, rng);
  Parameters parameters(net.parameters());
  Adam adam(parameters, {});
  for (int step = 0; step <= 500; ++step) {
    const Tensor loss = mse_loss(out(hidden(x, Activation::tanh)), y);
    adam.zero_grad();
    backward(loss);
    adam.step(0.01);
    if (step % 250 == 0) std::cout << "step " << step << ": loss " << loss.item() << "\n";
  }
  save(net, "sine.safetensors");
  std::cout << slice(out(hidden(x, Activation::tanh)), 0, 0, 2) << "\n";
}
